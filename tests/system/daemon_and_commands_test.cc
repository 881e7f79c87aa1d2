// Commands and daemons beside each other: who is killed meanwhile, who starts meanwhile, who must not be
// there.
#include <SQLiteCpp/Database.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <future>

#include "tests/system/harness/command.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kFakeParser = "- do: {parse: {instead: text}}\n";

class DaemonAndCommands : public ::testing::Test {
 protected:
  void start(const std::string& rules = kFakeParser) {
    home.start_service(rules);
    home.start_daemon();
  }
  Ran chunkrd(std::vector<std::string> arguments) { return home.command(std::move(arguments)); }
  void kill_daemon() {
    home.daemon().signal(SIGKILL);
    ASSERT_TRUE(home.daemon().wait(std::chrono::seconds(10)));
  }
  bool in_queue(const std::string& text) {
    return chunkrd({"jobs", "--json"}).out.find(text) != std::string::npos;
  }
  // It hangs from now on, but not while it writes: then nobody could ask it for anything.
  void halt_daemon() {
    SQLite::Database queue((home.state / "queue.sqlite").native(), SQLite::OPEN_READWRITE);
    ASSERT_TRUE(eventually([&] {
      home.daemon().signal(SIGSTOP);
      if (queue.tryExec("BEGIN IMMEDIATE") == SQLite::OK) {
        queue.exec("ROLLBACK");
        return true;
      }
      home.daemon().signal(SIGCONT);
      return false;
    }));
  }
  // Asked of a daemon that hangs and is then killed: the command has nobody left to answer it.
  Ran asked_of_a_daemon_that_is_killed(const std::vector<std::string>& command) {
    halt_daemon();
    auto asks = std::async(std::launch::async, [&] { return chunkrd(command); });
    EXPECT_TRUE(eventually(
        [&] { return chunkrd({"status"}).out.find("1 wait for the daemon") != std::string::npos; }));
    kill_daemon();
    return asks.get();
  }

  Installation home;
};

// --- wishes to a daemon that is killed

TEST_F(DaemonAndCommands, ADrainEndsWithTheDaemonThatWasAsked) {
  start();
  const Ran asked = asked_of_a_daemon_that_is_killed({"drain"});
  EXPECT_EQ(asked.exit_code, 1);
  EXPECT_THAT(asked.err, HasSubstr("the one that was asked has ended"));
  home.start_daemon();
  home.drop("a.txt", "Text.");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  EXPECT_TRUE(home.daemon().running());
  EXPECT_THAT(home.daemon_log(), Not(HasSubstr("draining")));
}

TEST_F(DaemonAndCommands, ADrainThatNobodyWaitedForEndsWithTheDaemonToo) {
  start();
  halt_daemon();
  // Killed as it waits: its wish stays in the queue.
  Process command({CHUNKRD_PROGRAM, "drain", "--config", home.config_file()}, home.folder() / "drain.log");
  ASSERT_TRUE(
      eventually([&] { return chunkrd({"status"}).out.find("1 wait for the daemon") != std::string::npos; }));
  command.signal(SIGKILL);
  ASSERT_TRUE(command.wait(std::chrono::seconds(10)));
  kill_daemon();
  home.start_daemon();
  home.drop("a.txt", "Text.");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  EXPECT_THAT(home.daemon_log(), Not(HasSubstr("draining")));
}

TEST_F(DaemonAndCommands, ADrainIsOverWhenItsDaemonIsKilledInTheMiddleOfIt) {
  start("- do: {parse: {instead: text, delay: 2s}}\n");
  home.drop("a.txt", "Text.");
  ASSERT_TRUE(home.wait_for_log("submitted job="));
  ASSERT_EQ(chunkrd({"drain"}).exit_code, 0);
  kill_daemon();
  home.start_daemon();
  home.drop("b.txt", "Another text.");
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  EXPECT_TRUE(home.daemon().running());
  for (const auto& [name, tasks] : home.tasks_by_document()) EXPECT_EQ(tasks.created, 1) << name;
}

TEST_F(DaemonAndCommands, APauseHoldsAfterAKillUntilALaterResume) {
  start();
  const Ran asked = asked_of_a_daemon_that_is_killed({"pause", "an invoice is checked"});
  EXPECT_EQ(asked.exit_code, 0) << asked.err;
  home.start_daemon();
  ASSERT_TRUE(home.wait_for_log("submits paused (operator)")) << home.daemon_log();
  home.drop("a.txt", "Text.");
  ASSERT_TRUE(eventually([&] { return in_queue("\"ready\""); }));
  halt_daemon();
  auto resumes = std::async(std::launch::async, [&] { return chunkrd({"resume"}); });
  ASSERT_TRUE(
      eventually([&] { return chunkrd({"status"}).out.find("1 wait for the daemon") != std::string::npos; }));
  kill_daemon();
  EXPECT_EQ(resumes.get().exit_code, 0);
  home.start_daemon();
  EXPECT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
}

// --- a daemon that starts while a command writes

TEST_F(DaemonAndCommands, ADaemonStartsInTheMiddleOfALongCommand) {
  if (!fs::exists("/usr/bin/strace")) GTEST_SKIP() << "needs strace";
  start();
  constexpr int kDocuments = 40;
  for (int i = 0; i < kDocuments; ++i) home.drop(fmt::format("{}.txt", i), "");
  ASSERT_TRUE(home.wait_for_ends(kDocuments)) << home.daemon_log();
  ASSERT_EQ(home.stop_daemon()->exit_code, 0);
  std::vector<std::string> command{"/usr/bin/strace",
                                   "-qq",
                                   "-f",
                                   "-o",
                                   "/dev/null",
                                   "-e",
                                   "trace=fdatasync",
                                   "-e",
                                   "inject=fdatasync:delay_exit=100000",
                                   CHUNKRD_PROGRAM,
                                   "retry",
                                   "--config",
                                   home.config_file()};
  for (int i = 0; i < kDocuments; ++i) command.push_back((home.inbox / fmt::format("{}.txt", i)).native());
  // Each change takes a tenth of a second, as on a slow disk.
  Process retries(command, home.folder() / "retry.log");
  const auto told = [&] { return read_file(home.folder() / "retry.log"); };
  ASSERT_TRUE(eventually([&] { return told().find("once the daemon runs") != std::string::npos; })) << told();
  EXPECT_THAT(chunkrd({"status"}).out, HasSubstr("not running"));
  home.start_daemon();
  EXPECT_TRUE(retries.running()) << "the daemon waited for all of it";
  EXPECT_THAT(chunkrd({"status"}).out, HasSubstr(fmt::format("pid {}", home.daemon().pid())));
  const auto ended = retries.wait(std::chrono::seconds(60));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->exit_code, 0) << told();
  EXPECT_TRUE(home.wait_for_ends(kDocuments)) << home.daemon_log();
}

// --- who is refused

TEST_F(DaemonAndCommands, ARunThatIsRefusedLeavesNoFolderBehind) {
  home.start_service(kFakeParser);
  for (const fs::path& folder : {home.state, home.outbox, home.failed, home.archive}) fs::remove(folder);
  home.write_config();
  const std::string good = read_file(home.config_file());
  const std::vector<std::pair<const char*, std::string>> mistakes{
      {"an unknown key", good + "mistake: 1\n"},
      {"a key that is not there",
       good + "notify:\n  - {url: \"http://127.0.0.1:1\", secret_file: /nowhere}\n"},
      {"a port that is taken",
       good.substr(0, good.find("metrics:")) +
           fmt::format("metrics: {{listen: \"127.0.0.1:{}\"}}\n", home.service_port())}};
  for (const auto& [what, text] : mistakes) {
    write_file(home.config_file(), text);
    const auto [ended, output] = home.run_daemon_to_end();
    EXPECT_NE(ended.exit_code, 0) << what;
    for (const fs::path& folder : {home.state, home.outbox, home.failed, home.archive})
      EXPECT_FALSE(fs::exists(folder)) << what << ": " << folder << "\n" << output;
    EXPECT_FALSE(fs::exists(home.inbox / ".chunkrd")) << what;
  }
}

// --- what nobody waits for

TEST_F(DaemonAndCommands, AQueueThatCannotBeReadEndsTheDaemonWithItsText) {
  if (!fs::exists("/usr/bin/strace")) GTEST_SKIP() << "needs strace";
  start();
  home.drop("a.txt", "Text.");
  ASSERT_TRUE(home.wait_for_ends(1));
  // Nobody asks for anything: the gauges' coroutine is the one that meets it.
  Process fault({"/usr/bin/strace", "-qq", "-f", "-o", "/dev/null", "-p", std::to_string(home.daemon().pid()),
                 "-P", home.state / "queue.sqlite", "-P", home.state / "queue.sqlite-wal", "-e",
                 "trace=pread64", "-e", "inject=pread64:error=EIO"},
                home.folder() / "strace.log");
  // Another connection's write makes what it has in memory old.
  ASSERT_TRUE(eventually([&] {
    chunkrd({"resume"});
    return !home.daemon().running();
  })) << home.daemon_log();
  const auto ended = home.daemon().wait(std::chrono::seconds(10));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->exit_code, 74) << home.daemon_log();
  EXPECT_THAT(home.daemon_log(), HasSubstr("chunkrd: queue: " + (home.state / "queue.sqlite").native()));
}

// --- who tidies up where a daemon works

TEST_F(DaemonAndCommands, AQueueThatIsRemovedUnderTheDaemonIsSavedAndGoesOnWithTheNext) {
  start("- do: {parse: {instead: text, delay: 2s}}\n");
  home.drop("a.txt", "Text.");
  ASSERT_TRUE(home.wait_for_log("submitted job="));
  for (const char* file : {"queue.sqlite", "queue.sqlite-wal", "queue.sqlite-shm", "lock"})
    fs::remove(home.state / file);
  const auto ended = home.daemon().wait(std::chrono::seconds(20));
  ASSERT_TRUE(ended) << "it goes on in a file that nobody will find";
  EXPECT_EQ(ended->exit_code, 74);
  EXPECT_THAT(home.daemon_log(), HasSubstr("was removed while it was in use; what it held is saved as "));
  home.start_daemon();
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  EXPECT_TRUE(fs::exists(home.outbox / "a.txt.json"));
  EXPECT_EQ(home.tasks_by_document()["a.txt"].created, 1);
}

}  // namespace
}  // namespace chunkrd::tests
