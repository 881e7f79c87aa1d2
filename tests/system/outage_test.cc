// A service that is down, up to the first document that gets through again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "tests/support/http_server.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

using test::Received;
using test::Reply;

constexpr const char* kTask =
    R"({"task_id":"task-1","status":"Starting","message":"","created_at":"2025-04-24T09:00:00Z",)"
    R"("configuration":{},"output":{"chunks":[]}})";

// What a proxy without its service answers: no task was made, so nothing is in doubt.
class Service {
 public:
  Service() {
    server_.otherwise([this](const Received& head) {
      if (head.target == "/health") return up ? Reply::text(200, "OK") : Reply::text(503, "no upstream");
      if (head.method == "POST" && !up) return Reply::text(404, "no upstream");
      return Reply::json(kTask);
    });
  }
  int port() const { return server_.port(); }

  /// The questions so far, one letter each, in their order: `h`ealth, `s`ubmit, `.` for any other.
  std::string asked() const {
    std::string letters;
    for (const Received& request : server_.requests())
      letters += request.target == "/health" ? 'h' : request.method == "POST" ? 's' : '.';
    return letters;
  }

  std::atomic<bool> up = false;

 private:
  test::HttpServer server_;
};

TEST(AnOutage, EndsByAskingForHealthBeforeADocumentIsTried) {
  Service service;
  Installation home;
  home.use_service(service.port());
  home.limits = "submits_per_second: 1000, uploads: 1";
  home.start_daemon();
  for (int i = 0; i < 8; ++i) home.drop("document-" + std::to_string(i) + ".txt", "content");
  ASSERT_TRUE(home.wait_for_log("submits paused (breaker)")) << home.daemon_log();
  ASSERT_TRUE(eventually([&] { return std::ranges::count(service.asked(), 'h') >= 3; })) << service.asked();
  const std::string down = service.asked();
  EXPECT_EQ(down.substr(0, 8), "ssssshhh") << "five failures open the breaker; then no document is tried";
  EXPECT_EQ(down.find('s', 5), std::string::npos);

  service.up = true;
  ASSERT_TRUE(eventually([&] { return service.asked().find('s', 5) != std::string::npos; }))
      << service.asked();
  ASSERT_TRUE(home.wait_for_log("submits resumed (breaker)")) << home.daemon_log();
  const std::string all = service.asked();
  EXPECT_EQ(all[all.find('s', 5) - 1], 'h') << all;
  const double refused = home.metric(R"(chunkrd_api_requests_total{class="5xx",operation="health"})");
  EXPECT_GE(refused, 3);
  EXPECT_EQ(home.metric(R"(chunkrd_api_requests_total{class="2xx",operation="health"})"), 1);
  EXPECT_EQ(static_cast<double>(std::ranges::count(all, 'h')), refused + 1);
}

}  // namespace
}  // namespace chunkrd::tests
