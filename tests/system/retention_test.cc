// What is over is forgotten by a real daemon as its configuration says; nothing is lost or paid for again by
// it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "tests/system/harness/command.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kFakeParser = "- do: {parse: {instead: text}}\n";

class Retention : public ::testing::Test {
 protected:
  Ran chunkrd(std::vector<std::string> arguments) { return home.command(std::move(arguments)); }
  std::string of(const std::string& name) { return (home.inbox / name).native(); }
  bool is_known(const std::string& name) { return chunkrd({"show", of(name)}).exit_code == 0; }
  double pruned(const std::string& what) {
    return home.metric("chunkrd_pruned_total{what=\"" + what + "\"}");
  }
  bool wait_for_pruned(const std::string& what, double number) {
    return eventually([&] { return pruned(what) >= number; });
  }
  std::size_t manifests() {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(home.outbox / ".chunkrd/manifests"), {}));
  }

  Installation home;
};

TEST_F(Retention, TakesArchivedOriginalsAndRowsAndLeavesResultsAndWhatFailed) {
  home.top_level = "retention: {finished_after: 2s, archive_after: 1s}";
  home.start_service(kFakeParser);
  home.start_daemon();
  write_file(home.inbox / "report.txt.chunkr.yaml", "priority: 5\n");
  home.drop("report.txt", "A report.");
  home.drop("a/b/other.txt", "In a folder.");
  home.drop("empty.txt", "");
  ASSERT_TRUE(wait_for_pruned("originals", 2)) << home.daemon_log();
  ASSERT_TRUE(wait_for_pruned("documents", 3)) << home.daemon_log();
  EXPECT_THAT(files_below(home.archive), IsEmpty());
  EXPECT_THAT(files_below(home.outbox), ElementsAre("a/", "a/b/", "a/b/other.txt.json", "a/b/other.txt.md",
                                                    "report.txt.json", "report.txt.md"));
  EXPECT_THAT(files_below(home.failed), ElementsAre("empty.txt", "empty.txt.error.json"));
  ASSERT_TRUE(eventually([&] { return manifests() == 0; }));
  EXPECT_TRUE(home.wait_for_log("retention: pruned documents="));
  const Ran gone = chunkrd({"show", of("report.txt")});
  EXPECT_EQ(gone.exit_code, 66);
  EXPECT_THAT(gone.err, HasSubstr("retention"));
  EXPECT_EQ(chunkrd({"jobs"}).out.find("report.txt"), std::string::npos);
  EXPECT_EQ(pruned("originals"), 2);
  EXPECT_EQ(pruned("documents"), 3);
}

TEST_F(Retention, NeverForgetsADocumentThatLiesInItsInbox) {
  home.inbox_options = "settle: 50ms, rescan: 1s, originals: keep";
  home.top_level = "retention: {finished_after: 1s}";
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("kept.txt", "Stays.");
  home.drop("moved.txt", "Is moved away.");
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  fs::rename(home.inbox / "moved.txt", home.folder() / "moved.txt");
  ASSERT_TRUE(wait_for_pruned("documents", 1)) << home.daemon_log();
  // Several rounds and scans later, and after a start.
  home.drop("next.txt", "Another one.");
  ASSERT_TRUE(home.wait_for_ends(3));
  fs::remove(home.inbox / "next.txt");
  ASSERT_TRUE(wait_for_pruned("documents", 2)) << home.daemon_log();
  ASSERT_TRUE(home.stop_daemon());
  home.start_daemon();
  home.drop("last.txt", "The last one.");
  ASSERT_TRUE(home.wait_for_ends(4)) << home.daemon_log();
  EXPECT_TRUE(is_known("kept.txt"));
  EXPECT_FALSE(is_known("moved.txt"));
  EXPECT_EQ(home.tasks_by_document()["kept.txt"].created, 1);
}

TEST_F(Retention, ForgetsNothingOfAnInboxThatIsDesertedLikeAMissingMount) {
  home.inbox_options = "settle: 50ms, rescan: 1s, originals: keep";
  home.top_level = "retention: {finished_after: 1s}";
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("disk/kept.txt", "On a disk that is taken out.");
  home.drop("other.txt", "Elsewhere.");
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  fs::rename(home.inbox / "disk", home.folder() / "disk");
  fs::create_directory(home.inbox / "disk");
  fs::remove(home.inbox / "other.txt");
  ASSERT_TRUE(wait_for_pruned("documents", 1)) << home.daemon_log();
  EXPECT_TRUE(is_known("disk/kept.txt"));
  fs::remove(home.inbox / "disk");
  fs::rename(home.folder() / "disk", home.inbox / "disk");
  home.drop("last.txt", "The last one.");
  ASSERT_TRUE(home.wait_for_ends(3)) << home.daemon_log();
  EXPECT_TRUE(is_known("disk/kept.txt"));
  EXPECT_EQ(home.tasks_by_document()["kept.txt"].created, 1);
}

TEST_F(Retention, BeginsAtAReloadAndKeepsTheNewest) {
  home.start_service(kFakeParser);
  home.start_daemon();
  for (const std::string name : {"one.txt", "two.txt", "three.txt"}) {
    home.drop(name, "The document " + name);
    ASSERT_TRUE(eventually([&] { return fs::exists(home.archive / name); })) << home.daemon_log();
  }
  ASSERT_TRUE(home.wait_for_ends(3));
  home.top_level = "retention: {finished_after: never, finished_keep: 2, archive_keep: 1}";
  home.write_config();
  home.daemon().signal(SIGHUP);
  ASSERT_TRUE(wait_for_pruned("documents", 1)) << home.daemon_log();
  EXPECT_FALSE(is_known("one.txt"));
  EXPECT_TRUE(is_known("two.txt"));
  EXPECT_TRUE(is_known("three.txt"));
  EXPECT_THAT(files_below(home.archive), ElementsAre("three.txt"));
}

TEST_F(Retention, WhatIsMissingForAReprocessIsSaid) {
  home.top_level = "retention: {archive_after: 1s}";
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("report.txt", "A report.");
  ASSERT_TRUE(wait_for_pruned("originals", 1)) << home.daemon_log();
  EXPECT_THAT(chunkrd({"show", of("report.txt")}).out,
              AllOf(HasSubstr("original_pruned"), HasSubstr("deleted from the archive"),
                    Not(HasSubstr("archive/report"))));
  const Ran updated = chunkrd({"reprocess", of("report.txt"), "--set", "ocr_strategy=All", "--wait", "60"});
  EXPECT_EQ(updated.exit_code, 0) << "an update needs no original: " << updated.err;
  EXPECT_THAT(files_below(home.archive), IsEmpty());
  ASSERT_EQ(chunkrd({"delete", of("report.txt")}).exit_code, 0);
  const Ran ran = chunkrd({"reprocess", of("report.txt"), "--set", "ocr_strategy=Auto", "--resubmit"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("its original was deleted from the archive (retention"));
}

TEST_F(Retention, AnOriginalThatWasChangedInTheArchiveStays) {
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("report.txt", "A report.");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  write_file(home.archive / "report.txt", "Somebody's own notes.");
  home.top_level = "retention: {archive_after: 1s, finished_after: 1s}";
  home.write_config();
  home.daemon().signal(SIGHUP);
  ASSERT_TRUE(wait_for_pruned("documents", 1)) << home.daemon_log();
  EXPECT_EQ(read_file(home.archive / "report.txt"), "Somebody's own notes.");
  EXPECT_EQ(pruned("originals"), 0);
}

}  // namespace
}  // namespace chunkrd::tests
