#include "metrics/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/metrics/samples.h"

namespace chunkrd::metrics {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

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

Overview overview() {
  Overview all;
  all.now = WallTime(1'000'000s);
  all.version = "1.2.3";
  all.started_at = WallTime(990'000s);
  all.counts[static_cast<std::size_t>(queue::State::ready)] = 7;
  all.counts[static_cast<std::size_t>(queue::State::submitted)] = 2;
  all.counts[static_cast<std::size_t>(queue::State::done)] = 1000;
  all.oldest = WallTime(999'400s);
  all.running.push_back({"submitting", "big.pdf", WallTime(999'990s)});
  all.running_count = 3;
  all.inboxes.push_back({"/srv/in", 4, 1, true});
  all.failures.push_back({"scan <b>&\"'.pdf", "01m8hx55gkty32", WallTime(999'940s), "task_failed",
                          "no text in it\x1b[31m", std::nullopt});
  all.deliveries.push_back({"report.pdf", "01m8hx55gkty33", WallTime(999'000s), "", "", 12});
  all.last_hour = {.length = 1h, .delivered = 41, .failed = 1};
  all.today = {3, 30};
  all.budget = {0, 1000};
  return all;
}

class ThePageForPeople : public ::testing::Test {
 protected:
  ThePageForPeople() { health_.set_ready(); }
  std::string shown(Overview what) {
    board_.put(std::move(what));
    return page_at("/", {.metrics = {}, .health = &health_, .board = &board_}).body;
  }
  Health health_;
  Board board_;
};

TEST_F(ThePageForPeople, SaysThatItWorksAndShowsWhatAPersonLooksFor) {
  const std::string page = shown(overview());
  for (const char* part :
       {"chunkrd is working</h1>", "<b class=\"\">41</b><small>delivered in the last hour",
        "9</b><small>on their way", "30</b><small>of 1000 pages paid for today", "submitting</td><td>big.pdf",
        "and 2 more", "ready <small>ready to be submitted</small></td><td class=\"number\">7<", "4 settling",
        "1 files that nobody works on", "chunkrd retry 01m8hx55gkty32", "report.pdf", "12 pages"})
    EXPECT_THAT(page, HasSubstr(part));
}

TEST_F(ThePageForPeople, EscapesWhatOthersHaveNamedAndSaid) {
  const std::string page = shown(overview());
  EXPECT_THAT(page, HasSubstr("scan &lt;b&gt;&amp;&quot;&#39;.pdf"));
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
  EXPECT_EQ(page.find("<script"), std::string::npos);
}

TEST_F(ThePageForPeople, SaysWhyItIsPausedAndWhatEndsIt) {
  Overview paused = overview();
  paused.pauses.push_back(
      {"auth", WallTime(999'000s), WallTime(1'000'060s), "put a valid key into api.key_file"});
  health_.set_not_ready({"submits are paused: auth"});
  const std::string page = shown(std::move(paused));
  EXPECT_THAT(page, HasSubstr("chunkrd is paused</h1>"));
  EXPECT_THAT(
      page, HasSubstr("<b>auth</b> <small>since 1970-01-12 13:30 UTC, tried again at 1970-01-12 13:47 UTC"));
  EXPECT_THAT(page, HasSubstr("put a valid key into api.key_file"));
}

TEST_F(ThePageForPeople, SaysWhatIsWrong) {
  health_.set_not_ready({"inbox /srv/<in> cannot be read"});
  EXPECT_THAT(shown(overview()), ::testing::AllOf(HasSubstr("chunkrd needs somebody</h1>"),
                                                  HasSubstr("inbox /srv/&lt;in&gt; cannot be read")));
  Health stuck(std::chrono::nanoseconds(-1));
  stuck.beat();
  stuck.set_ready();
  EXPECT_THAT(page_at("/", {.metrics = {}, .health = &stuck, .board = &board_}).body,
              HasSubstr("Nothing has moved for"));
}

TEST_F(ThePageForPeople, IsThereBeforeTheDaemonHasToldAnything) {
  const Page page = page_at("/", {.metrics = {}, .health = &health_, .board = &board_});
  EXPECT_EQ(page.status, 200U);
  EXPECT_THAT(page.body, HasSubstr("chunkrd is starting"));
  EXPECT_THAT(page.policy, HasSubstr("default-src 'none'; style-src 'sha256-"));
}

TEST(Hourly, ForgetsWhatIsOlderThanAnHour) {
  Hourly hourly;
  const Hourly::Clock::time_point start{};
  hourly.look(start, 5);
  EXPECT_EQ(hourly.grown(), 0);
  hourly.look(start + 30min, 12);
  EXPECT_EQ(hourly.grown(), 7);
  hourly.look(start + 30min + 1s, 13);
  EXPECT_EQ(hourly.grown(), 8);
  hourly.look(start + 70min, 20);
  EXPECT_EQ(hourly.grown(), 8);
}

}  // namespace
}  // namespace chunkrd::metrics
