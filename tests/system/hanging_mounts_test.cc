// A file system that does not answer (a real FUSE mount whose server stands still) holds up what touches it,
// and nobody else.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <string_view>

#include "tests/support/hanging_mount.h"
#include "tests/support/http_server.h"
#include "tests/system/harness/command.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class HangingMounts : public ::testing::Test {
 protected:
  HangingMounts() {
    for (const char* name : {"source", "other", "other-outbox", "other-failed", "other-archive"})
      fs::create_directories(home.folder() / name);
    home.more_inboxes = fmt::format(
        "  - {{path: {0}, outbox: {0}-outbox, failed: {0}-failed, archive: {0}-archive, settle: 50ms}}\n",
        (home.folder() / "other").native());
    home.top_level = "shutdown_timeout: 3s\n";
  }
  // Before the mount goes: what hangs in it would not end.
  ~HangingMounts() override {
    if (mount) mount->go_on();
  }

  bool lies_on_mount(const fs::path& folder) {
    mount = std::make_unique<HangingMount>(home.folder() / "source", folder);
    return mount->is_there();
  }

  void drop_into_other(int documents, const std::string& name = "b") const {
    for (int i = 0; i < documents; ++i) {
      write_file(home.folder() / "other" / ".part", fmt::format("{} {}", name, i));
      fs::rename(home.folder() / "other" / ".part",
                 home.folder() / "other" / fmt::format("{}{}.txt", name, i));
    }
  }
  std::ptrdiff_t results_in(const fs::path& folder) const {
    return std::ranges::count_if(files_below(folder),
                                 [](const std::string& name) { return name.ends_with(".json"); });
  }

  // Eight documents are at the service, each for `delay`, when the mount hangs. The other inbox goes on.
  void hang_while_tasks_run(const char* delay) {
    home.start_service(fmt::format("- do: {{parse: {{instead: text, delay: {}}}}}\n", delay),
                       {"--workers", "16"});
    home.start_daemon();
    for (int i = 0; i < 8; ++i) home.drop(fmt::format("a{}.txt", i), fmt::format("document {}", i));
    ASSERT_TRUE(eventually([&] { return home.metric("chunkrd_queue_documents{state=\"submitted\"}") == 8; }))
        << home.daemon_log();
    mount->hang();
    drop_into_other(4);
    EXPECT_TRUE(eventually([&] { return results_in(home.folder() / "other-outbox") == 4; }))
        << home.daemon_log();
  }

  // Who asks how it goes is answered, and SIGTERM ends it.
  void expect_that_it_answers_and_ends() {
    EXPECT_EQ(home.get_from_daemon("/metrics").status, 200);
    EXPECT_GT(home.get_from_daemon("/readyz").status, 0);
    EXPECT_EQ(run({CHUNKRD_PROGRAM, "status", "--config", home.config_file()}).exit_code, 0);
    EXPECT_TRUE(home.stop_daemon(15s).has_value());
  }

  Installation home;
  std::unique_ptr<HangingMount> mount;
};

TEST_F(HangingMounts, ResultsComeInWhileTheirInboxHangsAndOtherInboxesGoOn) {
  if (!lies_on_mount(home.inbox)) GTEST_SKIP() << "needs bindfs, and leave to mount";
  hang_while_tasks_run("3s");
  if (HasFatalFailure()) return;
  EXPECT_TRUE(eventually([&] { return results_in(home.outbox) == 8; })) << home.daemon_log();
  expect_that_it_answers_and_ends();
}

TEST_F(HangingMounts, AnOutboxThatHangsHoldsUpNoOtherInbox) {
  if (!lies_on_mount(home.outbox)) GTEST_SKIP() << "needs bindfs, and leave to mount";
  hang_while_tasks_run("1s");
  if (HasFatalFailure()) return;
  ASSERT_TRUE(home.wait_for_log(home.outbox.native() + " does not answer")) << home.daemon_log();
  home.drop("held.txt", "Its result has no place to go.");
  ASSERT_TRUE(home.wait_for_log("name=\"held.txt\" state=ready")) << home.daemon_log();
  drop_into_other(4, "later");
  EXPECT_TRUE(eventually([&] { return results_in(home.folder() / "other-outbox") == 8; }))
      << home.daemon_log();
  EXPECT_FALSE(home.tasks_by_document().contains("held.txt"));
  EXPECT_EQ(home.metric("chunkrd_paused{reason=\"disk\"}"), 1);
  expect_that_it_answers_and_ends();
}

// Refuses everything while it is down, so that no task is in doubt.
class Service {
 public:
  Service() {
    server_.otherwise([this](const test::Received& head) {
      if (head.target == "/health") return up ? test::Reply::text(200, "OK") : test::Reply::text(503, "");
      if (head.method == "POST" && !up) return test::Reply::text(404, "no upstream");
      if (head.method == "POST") ++taken;
      return test::Reply::json(
          R"({"task_id":"task-1","status":"Starting","message":"","created_at":"2025-04-24T09:00:00Z",)"
          R"("configuration":{},"output":{"chunks":[]}})");
    });
  }
  int port() const { return server_.port(); }

  std::atomic<bool> up = false;
  std::atomic<int> taken = 0;

 private:
  test::HttpServer server_;
};

TEST_F(HangingMounts, AfterAnOutageAnotherInboxTriesWhetherItIsOver) {
  if (!lies_on_mount(home.inbox)) GTEST_SKIP() << "needs bindfs, and leave to mount";
  Service service;
  home.use_service(service.port());
  home.start_daemon();
  for (int i = 0; i < 8; ++i) home.drop(fmt::format("a{}.txt", i), fmt::format("document {}", i));
  ASSERT_TRUE(home.wait_for_log("submits paused (breaker)")) << home.daemon_log();
  drop_into_other(3);
  ASSERT_TRUE(eventually([&] { return home.metric("chunkrd_queue_documents{state=\"ready\"}") == 11; }))
      << home.daemon_log();
  mount->hang();
  service.up = true;
  EXPECT_TRUE(eventually([&] { return service.taken >= 3; }, 60s)) << home.daemon_log();
  expect_that_it_answers_and_ends();
}

// Each task has succeeded when it is made. The mount hangs as soon as something large is being transferred.
class InTransfer {
 public:
  explicit InTransfer(const HangingMount& mount) {
    server_.otherwise([this, &mount](const test::Received& head) {
      const auto length = head.headers.find("content-length");
      const bool sends_much = length != head.headers.end() && length->second.size() > 7;
      const bool fetches_much = result_bytes > 0 && head.target.contains("task/1?include_chunks=true");
      if ((sends_much || fetches_much) && !hangs) {
        mount.hang();
        hangs = true;
      }
      return answer(head);
    });
  }
  int port() const { return server_.port(); }

  std::atomic<std::size_t> result_bytes = 0;  ///< of the first task
  std::atomic<bool> hangs = false;

 private:
  test::Reply answer(const test::Received& head) {
    if (head.target == "/health") return test::Reply::text(200, "OK");
    if (head.target.starts_with("/api/v1/tasks")) return test::Reply::json("[]");
    constexpr std::size_t kBeforeId = std::string_view("/api/v1/task/").size();
    const std::string id = head.method == "POST"
                               ? std::to_string(++tasks_)
                               : head.target.substr(kBeforeId, head.target.find('?') - kBeforeId);
    const bool has_chunks = head.target.contains("include_chunks=true");
    const std::string chunks = has_chunks ? R"({"chunk_id":"c","chunk_length":1,"segments":[]})" : "";
    const std::string filling(has_chunks && id == "1" ? result_bytes.load() : 0, ' ');
    return test::Reply::json(
        R"({"message":"","created_at":"2025-04-24T09:00:00Z","configuration":{},"output":{"page_count":1,)" +
        fmt::format(R"("chunks":[{}]}},"status":"Succeeded",{}"task_id":"{}"}})", chunks, filling, id));
  }

  test::HttpServer server_;
  std::atomic<int> tasks_ = 0;
};

class HangingTransfers : public HangingMounts {
 protected:
  // The other inbox goes on, SIGTERM ends the daemon, and another one ends what that has begun.
  void expect_that_only_this_inbox_waits(const InTransfer& service) {
    ASSERT_TRUE(eventually([&] { return service.hangs.load(); })) << home.daemon_log();
    drop_into_other(4);
    EXPECT_TRUE(eventually([&] { return results_in(home.folder() / "other-outbox") == 4; }))
        << home.daemon_log();
    expect_that_it_answers_and_ends();
    mount->go_on();
    EXPECT_EQ(results_in(home.outbox), 0);
    home.start_daemon();
    EXPECT_TRUE(eventually([&] { return results_in(home.outbox) == 1; })) << home.daemon_log();
  }
};

TEST_F(HangingTransfers, AnUploadWhoseFileHangsHoldsUpNoOtherInbox) {
  if (!lies_on_mount(home.inbox)) GTEST_SKIP() << "needs bindfs, and leave to mount";
  const InTransfer service(*mount);
  home.use_service(service.port());
  home.start_daemon();
  home.drop("large.txt", std::string(8 << 20, 'a'));
  expect_that_only_this_inbox_waits(service);
}

TEST_F(HangingTransfers, ADownloadWhoseFileHangsHoldsUpNoOtherInbox) {
  if (!lies_on_mount(home.outbox)) GTEST_SKIP() << "needs bindfs, and leave to mount";
  InTransfer service(*mount);
  service.result_bytes = 8 << 20;
  home.use_service(service.port());
  home.start_daemon();
  home.drop("small.txt", "with a large result");
  expect_that_only_this_inbox_waits(service);
}

}  // namespace
}  // namespace chunkrd::tests
