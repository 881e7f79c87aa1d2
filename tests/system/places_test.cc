// Folders that go and come back, and writers that go on: nothing is said of a document that is not so.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

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
