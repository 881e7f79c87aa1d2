// What lies in an outbox, and is somebody else's, or goes away: with the programs as they are installed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>

#include "tests/system/harness/command.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kFakeParser = "- do: {parse: {instead: text}}\n";

TEST(OutboxOfOthers, AReprocessLeavesWhatIsNotOursAndNoResultLandsInAnothersFolder) {
  Installation home;
  home.inbox_options = "settle: 50ms, layout: folder";
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("report.pdf.txt", "The report.");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  fs::create_directory(home.inbox / "report.pdf.txt");
  home.drop("report.pdf.txt/annex.txt", "The annex.");
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  write_file(home.outbox / "report.pdf.txt" / "notes.txt", "mine");
  const std::vector<std::string> all{"report.pdf.txt/",
                                     "report.pdf.txt/notes.txt",
                                     "report.pdf.txt/report.pdf.txt.json",
                                     "report.pdf.txt/report.pdf.txt.md",
                                     "report.pdf.txt~folder/",
                                     "report.pdf.txt~folder/annex.txt/",
                                     "report.pdf.txt~folder/annex.txt/annex.txt.json",
                                     "report.pdf.txt~folder/annex.txt/annex.txt.md"};
  EXPECT_EQ(files_below(home.outbox), all);

  const fs::path json = home.outbox / "report.pdf.txt" / "report.pdf.txt.json";
  const Ran ran = run({CHUNKRD_PROGRAM, "reprocess", "--config", home.config_file(), json, "--set",
                       "ocr_strategy=All", "--wait", "60"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(files_below(home.outbox), all);
  EXPECT_EQ(read_file(home.outbox / "report.pdf.txt" / "notes.txt"), "mine");
  EXPECT_THAT(read_file(json), HasSubstr("\"ocr_strategy\":\"All\""));
}

TEST(OutboxOfOthers, AnOutboxThatIsRemovedAndMadeAgainIsDeliveredInto) {
  Installation home;
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("one.txt", "The first.");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  fs::remove_all(home.outbox);
  fs::create_directory(home.outbox);
  home.drop("two.txt", "The second.");
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  EXPECT_THAT(files_below(home.outbox), ElementsAre("two.txt.json", "two.txt.md"));
  EXPECT_EQ(home.tasks_by_document()["two.txt"].created, 1);
}

TEST(KeptOriginals, ThatAreTouchedChangeNothingAndThatAreEditedReplaceTheirResult) {
  Installation home;
  home.inbox_options = "settle: 50ms, rescan: 1s, originals: keep";
  home.start_service("", {"--statistics"});
  home.start_daemon();
  home.drop("a.txt", "The first version.");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  const std::string first = read_file(home.outbox / "a.txt.json");

  fs::last_write_time(home.inbox / "a.txt", fs::file_time_type::clock::now() - std::chrono::hours(1));
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  home.drop("a.txt", "The first version.");  // restored: another inode
  ASSERT_TRUE(home.wait_for_ends(3)) << home.daemon_log();
  EXPECT_EQ(read_file(home.outbox / "a.txt.json"), first);
  EXPECT_EQ(home.tasks_by_document()["a.txt"].created, 1);
  EXPECT_THAT(files_below(home.state / "spool"), IsEmpty());

  home.drop("a.txt", "The second version.");
  ASSERT_TRUE(home.wait_for_ends(4)) << home.daemon_log();
  EXPECT_EQ(home.tasks_by_document()["a.txt"].created, 2);
  EXPECT_THAT(files_below(home.outbox), ElementsAre("a.txt.json", "a.txt.md"));
  EXPECT_THAT(read_file(home.outbox / "a.txt.md"), HasSubstr("second version"));
}

}  // namespace
}  // namespace chunkrd::tests
