#include "metrics/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/metrics/samples.h"

namespace chunkrd::metrics {
namespace {

using ::testing::HasSubstr;

TEST(Healthz, SaysSoWhenTheLoopHasNotMovedForTooLong) {
  Health patient;
  EXPECT_EQ(page_at("/healthz", {.metrics = {}, .health = &patient}).status, 200U);
  // Any silence is too long for this one.
  Health impatient(std::chrono::nanoseconds(-1));
  impatient.beat();
  const Page page = page_at("/healthz", {.metrics = {}, .health = &impatient});
  EXPECT_EQ(page.status, 503U);
  EXPECT_THAT(page.body, HasSubstr("stuck: the event loop has not moved for 0 s"));
  impatient.set_ready();
  EXPECT_EQ(page_at("/readyz", {.metrics = {}, .health = &impatient}).status, 503U);
}

TEST(Readyz, GivesTheReasons) {
  Health health;
  const Sources sources{.metrics = {}, .health = &health};
  EXPECT_EQ(page_at("/readyz", sources).status, 503U);
  EXPECT_EQ(page_at("/readyz", sources).body, "not ready:\n- starting\n");
  health.set_ready();
  EXPECT_EQ(page_at("/readyz", sources).status, 200U);
  EXPECT_EQ(page_at("/readyz", sources).body, "ready\n");
  health.set_not_ready({"paused: auth", "inbox /in is not available"});
  EXPECT_EQ(page_at("/readyz", sources).status, 503U);
  EXPECT_EQ(page_at("/readyz", sources).body, "not ready:\n- paused: auth\n- inbox /in is not available\n");
}

TEST(TheStatusPage, ShowsTheNumbersAPersonLooksForFirst) {
  DaemonMetrics metrics("1.2.3");
  populate(metrics);
  Health health;
  health.set_ready();
  const Page page = page_at("/", {.metrics = {&metrics.registry()}, .health = &health});
  EXPECT_EQ(page.status, 200U);
  for (const char* line :
       {"chunkrd is ready", "  1.2.3  1\n", "  delivered  1\n", "  ready  7\n", "  quota  1\n"}) {
    EXPECT_THAT(page.body, HasSubstr(line));
  }
}

}  // namespace
}  // namespace chunkrd::metrics
