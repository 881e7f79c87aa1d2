// Disks that are full or read-only: they hold up the inboxes that need them, nobody else, and nothing is paid
// for whose result, or original, could not be put into its place.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "tests/support/small_disk.h"
#include "tests/system/harness/command.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

// Two inboxes. A folder of the first lies on a disk of its own.
class FullDisks : public ::testing::Test {
 protected:
  FullDisks() {
    for (const char* name : {"other", "other-outbox", "other-failed", "other-archive"})
      fs::create_directories(home.folder() / name);
    home.more_inboxes = fmt::format(
        "  - {{path: {0}, outbox: {0}-outbox, failed: {0}-failed, archive: {0}-archive, settle: 50ms}}\n",
        (home.folder() / "other").native());
    home.start_service("", {"--statistics"});
  }

  void drop_ready(const std::string& name) const {
    home.drop(name, "Document " + name);
    ASSERT_TRUE(home.wait_for_log("name=\"" + name + "\" state=ready")) << home.daemon_log();
  }
  // A document of the other inbox goes all its way.
  void other_goes_on(const std::string& name) const {
    write_file(home.folder() / "other" / ".part", "Document " + name);
    fs::rename(home.folder() / "other" / ".part", home.folder() / "other" / name);
    ASSERT_TRUE(home.wait_for_log("name=\"" + name + "\" state=done")) << home.daemon_log();
    EXPECT_TRUE(fs::exists(home.folder() / "other-outbox" / (name + ".json")));
  }
  static std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  }
  bool is_paused() const { return home.metric("chunkrd_paused{reason=\"disk\"}") == 1; }
  int tasks_of(const std::string& name) const {
    const auto tasks = home.tasks_by_document();
    const auto found = tasks.find(name);
    return found == tasks.end() ? 0 : found->second.created;
  }

  void expect_told_once(const fs::path& folder, const std::string& why) const {
    ASSERT_TRUE(eventually([&] { return is_paused(); })) << home.daemon_log();
    const auto status = [&] { return home.command({"status"}).out; };
    EXPECT_TRUE(eventually([&] { return status().contains(folder.native() + " cannot be written to"); }))
        << status();
    EXPECT_EQ(count(status(), folder.native() + " "), 1u) << status();
    EXPECT_THAT(status(), HasSubstr(why));
    EXPECT_THAT(status(), HasSubstr("submits of " + home.inbox.native() + " wait"));
    EXPECT_TRUE(eventually([&] { return home.get_from_daemon("/readyz").status == 503; }));
    EXPECT_EQ(count(home.get_from_daemon("/readyz").body, folder.native() + " "), 1u);
    EXPECT_EQ(home.metric("chunkrd_pauses_total{reason=\"disk\"}"), 1);
    EXPECT_EQ(count(home.daemon_log(), "submits paused (disk)"), 1u) << home.daemon_log();
  }
  // All of them, each paid for once.
  void expect_that_it_resumes(int ends) {
    ASSERT_TRUE(home.wait_for_ends(ends)) << home.daemon_log();
    for (const auto& [name, tasks] : home.tasks_by_document()) EXPECT_EQ(tasks.created, 1) << name;
    EXPECT_EQ(home.metric("chunkrd_documents_total{outcome=\"delivered\"}"), ends);
    EXPECT_TRUE(eventually([&] { return home.get_from_daemon("/readyz").status == 200; }))
        << home.daemon_log();
    EXPECT_FALSE(is_paused());
  }

  Installation home;
};

TEST_F(FullDisks, AnOutboxThatBecomesFullHoldsTheSubmitsOfItsInboxUntilThereIsSpace) {
  const SmallDisk disk(home.outbox);
  if (!disk.is_there()) GTEST_SKIP() << "needs leave to mount";
  home.start_daemon();
  home.drop("first.txt", "A document.");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  disk.fill();
  drop_ready("meets-it.txt");
  expect_told_once(home.outbox, "No space left on device");
  drop_ready("held.txt");
  other_goes_on("other.txt");
  EXPECT_EQ(tasks_of("held.txt"), 0);
  EXPECT_THAT(home.command({"status"}).out, Not(HasSubstr("folder")));
  disk.free();
  expect_that_it_resumes(4);
}

TEST_F(FullDisks, AnOutboxThatIsFullBeforeItsFirstUseIsPaidNothingFor) {
  const SmallDisk disk(home.outbox);
  if (!disk.is_there()) GTEST_SKIP() << "needs leave to mount";
  disk.fill();
  home.start_daemon();
  expect_told_once(home.outbox, "No space left on device");
  drop_ready("held.txt");
  other_goes_on("other.txt");
  EXPECT_EQ(tasks_of("held.txt"), 0);
  EXPECT_EQ(home.metric("chunkrd_folders_missing"), 0) << "it is there";
  disk.free();
  expect_that_it_resumes(2);
}

TEST_F(FullDisks, AnOutboxThatIsMountedReadOnlyHoldsTheSubmitsOfItsInboxUntilItIsWritable) {
  const SmallDisk disk(home.outbox);
  if (!disk.is_there()) GTEST_SKIP() << "needs leave to mount";
  home.start_daemon();
  home.drop("first.txt", "A document.");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  ASSERT_TRUE(disk.make_read_only());
  drop_ready("meets-it.txt");
  expect_told_once(home.outbox, "Read-only file system");
  drop_ready("held.txt");
  other_goes_on("other.txt");
  EXPECT_EQ(tasks_of("held.txt"), 0);
  ASSERT_TRUE(disk.make_writable());
  expect_that_it_resumes(4);
}

// Where originals go is needed as much as where results go.
TEST_F(FullDisks, AnArchiveThatIsReadOnlyAtTheStartIsPaidNothingForAndTheOthersGoOn) {
  const SmallDisk disk(home.archive);
  if (!disk.is_there()) GTEST_SKIP() << "needs leave to mount";
  home.start_daemon();
  home.drop("first.txt", "A document.");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  ASSERT_TRUE(home.stop_daemon());
  ASSERT_TRUE(disk.make_read_only());
  home.start_daemon();
  drop_ready("held.txt");
  expect_told_once(home.archive, "Read-only file system");
  other_goes_on("other.txt");
  EXPECT_EQ(tasks_of("held.txt"), 0);
  EXPECT_THAT(home.command({"resume"}).out, HasSubstr("disk"));
  ASSERT_TRUE(disk.make_writable());
  ASSERT_TRUE(home.wait_for_ends(3)) << home.daemon_log();
  EXPECT_EQ(tasks_of("held.txt"), 1);
  EXPECT_EQ(read_file(home.archive / "held.txt"), "Document held.txt");
}

}  // namespace
}  // namespace chunkrd::tests
