// What the machine does under a daemon: clocks that are set, modes, folders of other users.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/system/harness/command.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* kFakeTime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
constexpr unsigned kNobody = 65534;

mode_t mode_of(const fs::path& file) {
  struct stat status{};
  return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Machine, AClockThatIsSetEitherWayEndsForgetsAndPaysNothing) {
  if (!fs::exists(kFakeTime)) GTEST_SKIP() << "needs libfaketime";
  Installation home;
  const fs::path offset = home.folder() / "offset";
  const auto set = [&](const char* to) {
    write_file(home.folder() / "new offset", to);
    fs::rename(home.folder() / "new offset", offset);
  };
  set("+0");
  home.start_service();
  home.start_daemon({.environment = {{"LD_PRELOAD", kFakeTime},
                                     {"FAKETIME_TIMESTAMP_FILE", offset},
                                     {"FAKETIME_NO_CACHE", "1"},
                                     {"NO_FAKE_STAT", "1"},
                                     {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
                                     {"DONT_FAKE_MONOTONIC", "1"}}});
  int documents = 0;
  for (const char* to : {"+0", "+172800", "-172800", "-31536000", "+31536000", "+0"}) {
    SCOPED_TRACE(to);
    home.stop_service();
    home.drop(fmt::format("{}.txt", documents), fmt::format("Document {}.", documents));
    ASSERT_TRUE(home.wait_for_log(fmt::format("name=\"{}.txt\" state=ready", documents)));
    set(to);
    home.restart_service();
    ++documents;
    ASSERT_TRUE(home.wait_for_ends(documents)) << home.daemon_log();
  }
  EXPECT_EQ(home.metric("chunkrd_documents_total{outcome=\"delivered\"}"), documents) << home.daemon_log();
  EXPECT_THAT(home.daemon_log(), HasSubstr("the clock of this machine was set"));
  for (const auto& [name, tasks] : home.tasks_by_document()) EXPECT_EQ(tasks.created, 1) << name;
}

TEST(Machine, AFileKeepsItsModeWhereverItIsPut) {
  Installation home;
  home.start_service();
  home.start_daemon();
  const auto drop_with = [&](const char* name, const char* text, mode_t mode) {
    write_file(home.inbox / ".part", text);
    ASSERT_EQ(::chmod((home.inbox / ".part").c_str(), mode), 0);
    fs::rename(home.inbox / ".part", home.inbox / name);
  };
  drop_with("good.txt", "A document.", 0640);
  drop_with("empty.txt", "", 0600);
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  EXPECT_EQ(mode_of(home.archive / "good.txt"), 0640);
  EXPECT_EQ(mode_of(home.failed / "empty.txt"), 0600);
}

TEST(Machine, InAStickyInboxOthersFilesWaitUntilTheyMayBeTaken) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to be two users";
  Installation home;
  home.start_service();
  for (const fs::path& folder : {home.state, home.outbox, home.failed, home.archive})
    ASSERT_EQ(::chown(folder.c_str(), kNobody, kNobody), 0);
  ASSERT_EQ(::chmod(home.folder().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(home.inbox.c_str(), 01777), 0);
  home.start_daemon({.user = kNobody});
  home.drop("theirs.txt", "Of another user.");
  home.drop("ours.txt", "Of the daemon's user.");
  ASSERT_EQ(::chown((home.inbox / "ours.txt").c_str(), kNobody, kNobody), 0);
  ASSERT_TRUE(home.wait_for_log("not_allowed")) << home.daemon_log();
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  EXPECT_TRUE(fs::exists(home.outbox / "ours.txt.json"));
  EXPECT_TRUE(fs::exists(home.inbox / "theirs.txt"));
  const auto check = run({CHUNKRD_PROGRAM, "check", "--config", home.config_file()});
  EXPECT_THAT(check.out, HasSubstr("theirs.txt"));
  EXPECT_THAT(check.out, HasSubstr("may not be moved by the daemon"));
  ASSERT_EQ(::chmod(home.inbox.c_str(), 0777), 0);
  ASSERT_TRUE(home.wait_for_ends(2, std::chrono::seconds(90))) << home.daemon_log();
  EXPECT_TRUE(fs::exists(home.outbox / "theirs.txt.json"));
  EXPECT_EQ(count(home.daemon_log(), "not_allowed"), 1u) << "told once: " << home.daemon_log();
}

}  // namespace
}  // namespace chunkrd::tests
