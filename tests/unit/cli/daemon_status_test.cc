#include "cli/daemon_status.h"

#include <gtest/gtest.h>

#include "core/iso_time.h"

namespace chunkrd::cli {
namespace {

DaemonStatus sample() {
  const WallTime start = from_iso("2026-11-24T03:04:05.678Z").value();
  return {.pid = 4711,
          .version = "0.1.0",
          .started_at = start,
          .pauses = {{"auth", start + std::chrono::minutes(1), std::nullopt,
                      "the key was refused; put a valid one into /k"},
                     {"breaker", start, start + std::chrono::seconds(30), ""}},
          .rate = 2.5,
          .draining = true,
          .inboxes = {{"/srv/in", 3, "/srv/in/.chunkrd/spool"}}};
}

TEST(WhatTheDaemonTells, ComesBackAsItWasWritten) {
  EXPECT_EQ(daemon_status_from(to_json(sample())), sample());
  EXPECT_EQ(daemon_status_from(to_json(DaemonStatus{})), DaemonStatus{});
}

TEST(WhatTheDaemonTells, HasTheShapeThatIsDocumented) {
  DaemonStatus status = sample();
  status.pauses.pop_back();
  EXPECT_EQ(
      to_json(status),
      R"({"pid":4711,"version":"0.1.0","started_at":"2026-11-24T03:04:05.678Z","pauses":[{"cause":"auth",)"
      R"("since":"2026-11-24T03:05:05.678Z","until":null,"detail":"the key was refused; put a valid one into /k"}],)"
      R"("rate":2.5E0,"draining":true,"inboxes":[{"path":"/srv/in","unclaimed":3,"spool":"/srv/in/.chunkrd/spool"}]})");
}

TEST(WhatTheDaemonTells, IsNothingWhenItIsSomethingElse) {
  for (const char* text :
       {"", "{}", "[]", "null", R"({"pid":"1"})",
        R"({"pid":1,"version":"1","started_at":"now","pauses":[],"rate":1,"draining":false})"})
    EXPECT_EQ(daemon_status_from(text), std::nullopt) << text;
}

TEST(WhatTheDaemonTells, OfAnEarlierVersionHasNoInboxes) {
  DaemonStatus status = sample();
  status.inboxes.clear();
  std::string earlier = to_json(status);
  earlier.replace(earlier.find(R"(,"inboxes":[])"), 13, "");
  EXPECT_EQ(daemon_status_from(earlier), status);
}

TEST(WhatTheDaemonTells, OfAnEarlierVersionDoesNotNameSpools) {
  DaemonStatus status = sample();
  status.inboxes.front().spool.clear();
  std::string earlier = to_json(status);
  earlier.replace(earlier.find(R"(,"spool":"")"), 11, "");
  EXPECT_EQ(daemon_status_from(earlier), status);
}

TEST(WhatTheDaemonTells, MayHaveMoreInALaterVersion) {
  std::string later = to_json(sample());
  later.insert(1, R"("mood":"good",)");
  EXPECT_EQ(daemon_status_from(later), sample());
}

}  // namespace
}  // namespace chunkrd::cli
