// chunkrd as a process: signals, exit codes, reload, what the service manager is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>

#include "core/fd.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kFakeParser = "- do: {parse: {instead: text}}\n";

TEST(Signals, SigtermStopsCleanlyWhileNothingIsUnderWay) {
  Installation home;
  home.start_service(kFakeParser);
  home.start_daemon();
  const auto ended = home.stop_daemon();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->exit_code, 0);
  EXPECT_THAT(home.daemon_log(), HasSubstr("stopped"));
}

TEST(Signals, AnUploadThatOutlivesTheShutdownTimeoutIsReconciledAtTheNextStart) {
  Installation home;
  // The service takes the document and answers much later than shutdown_timeout.
  home.start_service("- match: {operation: create, nth: 1}\n  do: {delay: 8s}\n" + std::string(kFakeParser));
  home.top_level = "shutdown_timeout: 1s";
  home.start_daemon();
  home.drop("slow.txt", "Slowly taken.");
  ASSERT_TRUE(home.wait_for_log("claimed"));
  home.daemon().signal(SIGINT);
  const auto ended = home.daemon().wait(std::chrono::seconds(6));
  ASSERT_TRUE(ended) << "the daemon waits for the upload longer than shutdown_timeout";
  EXPECT_EQ(ended->exit_code, 0);
  home.start_daemon();
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  EXPECT_EQ(home.tasks_by_document()["slow.txt"].created, 1);
}

TEST(Signals, SighupTakesAGoodConfigurationAndRefusesABadOne) {
  Installation home;
  home.start_service(kFakeParser);
  home.start_daemon();

  home.profile_options = "artifacts: [json]";
  home.write_config();
  home.daemon().signal(SIGHUP);
  ASSERT_TRUE(home.wait_for_log("configuration read again"));
  home.drop("one.txt", "After the reload.");
  ASSERT_TRUE(home.wait_for_ends(1));
  EXPECT_EQ(files_below(home.outbox), std::vector<std::string>{"one.txt.json"});
  EXPECT_EQ(home.metric("chunkrd_config_last_reload_successful"), 1);

  home.profile_options = "artifacts: [jsn]";
  home.write_config();
  home.daemon().signal(SIGHUP);
  ASSERT_TRUE(home.wait_for_log("the configuration stays as it was"));
  EXPECT_THAT(home.daemon_log(), HasSubstr("chunkrd.yaml:6:"));
  EXPECT_EQ(home.metric("chunkrd_config_last_reload_successful"), 0);
  home.drop("two.txt", "After the refused reload.");
  ASSERT_TRUE(home.wait_for_ends(2));
  EXPECT_TRUE(fs::exists(home.outbox / "two.txt.json"));

  home.profile_options = "artifacts: [json]";
  home.state = home.folder() / "elsewhere";
  fs::create_directory(home.state);
  home.write_config();
  home.daemon().signal(SIGHUP);
  ASSERT_TRUE(home.wait_for_log("state cannot change while the daemon runs"));
  EXPECT_EQ(home.stop_daemon()->exit_code, 0);
}

TEST(ExitCodes, AWrongConfigurationIs78AndSaysWhereAndWhat) {
  Installation home;
  write_file(home.config_file(),
             "api: {url: \"http://127.0.0.1:1\"}\nstate: state\ninbox:\n  - {}\nlimits: {uploads: many}\n");
  const auto [ended, output] = home.run_daemon_to_end();
  EXPECT_EQ(ended.exit_code, 78);
  EXPECT_THAT(output, HasSubstr("chunkrd.yaml:3:1: inbox: unknown key; did you mean \"inboxes\"?"));
  EXPECT_THAT(output, HasSubstr("chunkrd.yaml:5:19: limits.uploads: "));
}

// One that is not there may be on a mount that comes: it is waited for.
TEST(ExitCodes, AFolderThatIsAFileIs66) {
  Installation home;
  home.inbox = home.folder() / "mistaken";
  write_file(home.inbox, "");
  home.write_config();
  const auto [ended, output] = home.run_daemon_to_end();
  EXPECT_EQ(ended.exit_code, 66);
  EXPECT_THAT(output, HasSubstr("mistaken"));
}

TEST(ExitCodes, ASecondDaemonOnTheSameStateIs75) {
  Installation home;
  home.start_service(kFakeParser);
  home.start_daemon();
  const auto [ended, output] = home.run_daemon_to_end();
  EXPECT_EQ(ended.exit_code, 75);
  EXPECT_THAT(output, HasSubstr("another chunkrd works with the state folder"));
}

TEST(ExitCodes, ADamagedQueueIs74AndIsLeftAsItIs) {
  Installation home;
  home.write_config();
  write_file(home.state / "queue.sqlite", std::string(8192, 'x'));
  const auto [ended, output] = home.run_daemon_to_end();
  EXPECT_EQ(ended.exit_code, 74);
  EXPECT_THAT(output, HasSubstr("queue.sqlite"));
  EXPECT_EQ(read_file(home.state / "queue.sqlite"), std::string(8192, 'x'));
}

TEST(ExitCodes, AWrongCommandLineIs64) {
  Installation home;
  Process process({CHUNKRD_PROGRAM, "walk"}, home.folder() / "out.log");
  EXPECT_EQ(process.wait(std::chrono::seconds(10))->exit_code, 64);
}

TEST(Pauses, ARefusedKeyPausesSubmitsUntilTheKeyFileIsRight) {
  Installation home;
  home.start_service(kFakeParser, {"--key", "right"});
  const fs::path key = home.folder() / "key";
  write_file(key, "wrong\n");
  fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
  home.api_options += ", key_file: " + key.native();
  home.start_daemon();
  home.drop("one.txt", "Waits for the key.");
  home.drop("two.txt", "Waits for the key, too.");
  ASSERT_TRUE(home.wait_for_log("submits paused (auth)"));
  ASSERT_TRUE(eventually([&] { return home.get_from_daemon("/readyz").status == 503; }));
  EXPECT_THAT(home.get_from_daemon("/readyz").body, HasSubstr("auth"));
  EXPECT_EQ(home.get_from_daemon("/healthz").status, 200);
  EXPECT_EQ(home.metric(R"(chunkrd_paused{reason="auth"})"), 1);
  EXPECT_THAT(files_below(home.failed), IsEmpty());
  EXPECT_THAT(home.daemon_log(), ::testing::Not(HasSubstr("wrong")));

  write_file(key, "right\n");
  home.daemon().signal(SIGHUP);
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  EXPECT_EQ(files_below(home.outbox).size(), 4u);
  ASSERT_TRUE(eventually([&] { return home.get_from_daemon("/readyz").status == 200; }));
}

TEST(Pauses, AnOutageOpensTheBreakerAndNothingIsLost) {
  Installation home;
  home.start_service(kFakeParser);
  home.start_daemon();
  home.stop_service();
  for (int i = 0; i < 20; ++i) home.drop("document-" + std::to_string(i) + ".txt", "content");
  ASSERT_TRUE(home.wait_for_log("submits paused (breaker)"));
  home.restart_service();
  ASSERT_TRUE(home.wait_for_ends(20)) << home.daemon_log();
  EXPECT_EQ(files_below(home.outbox).size(), 40u);
  EXPECT_THAT(files_below(home.failed), IsEmpty());
  for (const auto& [name, tasks] : home.tasks_by_document()) EXPECT_EQ(tasks.created, 1) << name;
}

// What sd_notify(3) sends, received as systemd would.
class NotifySocket {
 public:
  explicit NotifySocket(const fs::path& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("bind " + path.native());
  }

  bool hears(const std::string& text) {
    pollfd ready{socket_.get(), POLLIN, 0};
    while (::poll(&ready, 1, 30'000) > 0) {
      char buffer[4096];
      const ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, 0);
      if (got > 0 && std::string(buffer, static_cast<std::size_t>(got)).find(text) != std::string::npos)
        return true;
    }
    return false;
  }

 private:
  FileDescriptor socket_;
};

TEST(ServiceManager, IsToldReadyWatchdogReloadAndStopping) {
  Installation home;
  home.start_service(kFakeParser);
  NotifySocket manager(home.folder() / "notify");
  home.start_daemon(
      {.environment = {{"NOTIFY_SOCKET", home.folder() / "notify"}, {"WATCHDOG_USEC", "200000"}},
       .user = {}});
  EXPECT_TRUE(manager.hears("READY=1"));
  EXPECT_TRUE(manager.hears("WATCHDOG=1"));
  home.daemon().signal(SIGHUP);
  EXPECT_TRUE(manager.hears("RELOADING=1"));
  EXPECT_TRUE(manager.hears("READY=1"));
  home.daemon().signal(SIGTERM);
  EXPECT_TRUE(manager.hears("STOPPING=1"));
  EXPECT_EQ(home.daemon().wait(std::chrono::seconds(30))->exit_code, 0);
}

TEST(Originals, AreKeptOrDeletedAsConfigured) {
  for (const std::string originals : {"keep", "delete"}) {
    Installation home;
    home.inbox_options = "settle: 50ms, rescan: 1s, originals: " + originals;
    home.start_service(kFakeParser);
    home.start_daemon();
    home.drop("one.txt", "The original.");
    ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
    EXPECT_EQ(fs::exists(home.inbox / "one.txt"), originals == "keep");
    EXPECT_FALSE(fs::exists(home.archive / "one.txt"));
    EXPECT_THAT(files_below(home.state / "spool"), IsEmpty());
    // A daemon that starts anew knows the document that was kept.
    ASSERT_TRUE(home.stop_daemon());
    home.start_daemon();
    home.drop("two.txt", "Another one.");
    ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
    EXPECT_EQ(home.tasks_by_document()["one.txt"].created, 1);
  }
}

TEST(Layout, FolderShowsAllOfAResultAtOnce) {
  Installation home;
  home.inbox_options = "settle: 50ms, layout: folder";
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("sub/report.txt", "In a folder.");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  EXPECT_EQ(files_below(home.outbox),
            (std::vector<std::string>{"sub/", "sub/report.txt/", "sub/report.txt/report.txt.json",
                                      "sub/report.txt/report.txt.md"}));
}

TEST(Collisions, TheSameNameTwiceGivesTwoResults) {
  Installation home;
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("report.txt", "The first.");
  ASSERT_TRUE(home.wait_for_ends(1));
  home.drop("report.txt", "The second.");
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  EXPECT_EQ(files_below(home.outbox).size(), 4u);
  EXPECT_EQ(files_below(home.archive).size(), 2u);
}

}  // namespace
}  // namespace chunkrd::tests
