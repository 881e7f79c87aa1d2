// Folders that go and come back, and writers that go on: nothing is said of a document that is not so.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/system/harness/command.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

// Documents that lie in the spool and cannot be submitted: the service is not there.
class Places : public ::testing::Test {
 protected:
  void begin(int documents) {
    home.start_service();
    home.start_daemon();
    home.stop_service();
    for (int i = 0; i < documents; ++i) {
      home.drop(std::to_string(i) + ".txt", "Document " + std::to_string(i) + ".");
    }
    for (int i = 0; i < documents; ++i)
      ASSERT_TRUE(home.wait_for_log("name=\"" + std::to_string(i) + ".txt\" state=ready"))
          << home.daemon_log();
  }

  Installation home;
};

TEST_F(Places, ASpoolThatIsGoneIsAPauseAndItsDocumentsGoOnWhenItIsBack) {
  begin(5);
  fs::rename(home.state / "spool", home.state / "away");
  home.restart_service();
  ASSERT_TRUE(home.wait_for_log("is not there any more: its documents wait")) << home.daemon_log();
  EXPECT_FALSE(fs::exists(home.state / "spool")) << "not made anew";
  ASSERT_TRUE(home.stop_daemon());
  home.start_daemon();
  ASSERT_TRUE(home.wait_for_log("is not there any more: its documents wait")) << "nor by a restart";
  EXPECT_THAT(home.daemon_log(), Not(HasSubstr("given_up")));
  fs::rename(home.state / "away", home.state / "spool");
  ASSERT_TRUE(home.wait_for_ends(5)) << home.daemon_log();
  EXPECT_EQ(home.metric("chunkrd_documents_total{outcome=\"delivered\"}"), 5);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(read_file(home.archive / (std::to_string(i) + ".txt")), "Document " + std::to_string(i) + ".");
}

// A second inbox beside the usual one, with folders of its own.
class MissingPlaces : public Places {
 protected:
  MissingPlaces() {
    home.more_inboxes = fmt::format("  - {{path: {}, outbox: {}, failed: {}, archive: {}, settle: 50ms}}\n",
                                    there("inbox"), there("outbox"), there("failed"), there("archive"));
    fs::create_directory(away);
    home.start_service();
  }

  std::string there(const char* name) const { return away / name; }
  void drop_there(const std::string& name, const std::string& text) const {
    write_file(away / "inbox" / ("." + name), text);
    fs::rename(away / "inbox" / ("." + name), away / "inbox" / name);
  }
  std::string status() const { return run({CHUNKRD_PROGRAM, "status", "--config", home.config_file()}).out; }
  std::size_t lines_with(const std::string& text) const {
    const std::string log = home.daemon_log();
    std::size_t count = 0;
    for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++count;
    return count;
  }

  const fs::path away = home.folder() / "mount";
};

TEST_F(MissingPlaces, AnInboxThatIsNotThereAtTheStartIsWaitedForWhileTheOthersGoOn) {
  home.start_daemon();
  home.drop("here.txt", "A document.");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  ASSERT_TRUE(home.wait_for_log(there("inbox") + " is not there: its documents wait")) << home.daemon_log();
  EXPECT_EQ(lines_with(there("inbox") + " is not there"), 1u) << home.daemon_log();
  EXPECT_TRUE(eventually([&] { return status().contains(there("inbox") + " is not there"); })) << status();
  const auto check = run({CHUNKRD_PROGRAM, "check", "--config", home.config_file()});
  EXPECT_THAT(check.out, HasSubstr("inboxes[1].path (" + there("inbox") + "): does not exist"));
  EXPECT_THAT(home.get_from_daemon("/readyz").body, HasSubstr(there("inbox") + " is not there"));
  fs::create_directory(away / "inbox");
  drop_there("there.txt", "Another one.");
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  EXPECT_TRUE(fs::exists(away / "outbox/there.txt.json"));
  EXPECT_TRUE(eventually([&] { return !status().contains("is not there"); })) << status();
}

TEST_F(MissingPlaces, WhatAllLiesOnAMountThatIsGoneIsWaitedForByAStartAndByAReload) {
  fs::create_directory(away / "inbox");
  home.start_daemon();
  drop_there("0.txt", "The first.");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  home.stop_service();
  drop_there("1.txt", "The second.");
  ASSERT_TRUE(home.wait_for_log("name=\"1.txt\" state=ready")) << home.daemon_log();
  ASSERT_TRUE(home.stop_daemon());
  fs::rename(away, home.folder() / "elsewhere");
  home.start_daemon();
  home.daemon().signal(SIGHUP);
  ASSERT_TRUE(home.wait_for_log("configuration read again")) << home.daemon_log();
  home.restart_service();
  home.drop("here.txt", "A document.");
  ASSERT_TRUE(home.wait_for_log("name=\"here.txt\" state=done")) << home.daemon_log();
  EXPECT_FALSE(fs::exists(away)) << "nothing is made in its place";
  fs::rename(home.folder() / "elsewhere", away);
  ASSERT_TRUE(home.wait_for_log("name=\"1.txt\" state=done")) << home.daemon_log();
  EXPECT_TRUE(fs::exists(away / "outbox/1.txt.json"));
  EXPECT_EQ(read_file(away / "archive/1.txt"), "The second.");
}

TEST_F(MissingPlaces, APathThatIsAFileIsAMistakeStill) {
  write_file(away / "inbox", "");
  home.write_config();
  const auto [ended, output] = home.run_daemon_to_end();
  EXPECT_EQ(ended.exit_code, 66);
  EXPECT_THAT(output, HasSubstr("inboxes[1].path (" + there("inbox") + "): is not a folder"));
}

TEST_F(Places, WhatIsWrittenToADocumentAfterItWasTakenIsParsedToo) {
  begin(1);
  for (const auto& entry : fs::directory_iterator(home.state / "spool"))
    std::ofstream(entry.path(), std::ios::app) << " And its second half.";
  home.restart_service();
  ASSERT_TRUE(home.wait_for_log("state=done")) << home.daemon_log();
  EXPECT_EQ(read_file(home.archive / "0.txt"), "Document 0. And its second half.");
  EXPECT_THAT(read_file(home.outbox / "0.txt.md"), HasSubstr("second half"));
}

}  // namespace
}  // namespace chunkrd::tests
