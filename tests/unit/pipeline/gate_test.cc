#include "pipeline/gate.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace chunkrd::pipeline {
namespace {

using namespace std::chrono_literals;
using lifecycle::Signal;
using Kind = Signal::Kind;
using Source = Signal::Source;
using Pass = Gate::Pass;

// A gate with a clock of its own: a day at the door.
class Day {
 public:
  explicit Day(double submits_per_second = 10) : gate(submits_per_second) {}

  void pass(Duration time) { now += time; }
  /// Where /health is to be asked first, the service is there.
  Pass ask() {
    const Pass got = gate.ask(now);
    if (got != Pass::health) return got;
    health_says(Kind::healthy);
    return gate.ask(now);
  }
  void health_says(Kind kind, std::optional<Duration> wait = {}) {
    submit_says(kind, wait);
    gate.ended(Pass::health);
  }
  void submit_says(Kind kind, std::optional<Duration> wait = {}) {
    gate.hear({kind, wait, Source::submit}, now, 0.999);
  }
  void others_say(Kind kind, std::optional<Duration> wait = {}) {
    gate.hear({kind, wait, Source::other}, now, 0.999);
  }
  /// A submit that is let through and whose answer comes at once.
  Pass submit(Kind answer, std::optional<Duration> wait = {}) {
    const Pass got = ask();
    if (got == Pass::no) return got;
    submit_says(answer, wait);
    gate.ended(got);
    return got;
  }
  /// Waits for the next time that makes sense, and says how long that was.
  Duration wait() {
    const WallTime next = gate.next(now).value();
    EXPECT_GE(next, now);
    const Duration waited = next - now;
    now = next;
    return waited;
  }
  /// Submits that get through in `time`, each taken by the service.
  int submits_in(Duration time) {
    int count = 0;
    for (const WallTime end = now + time; now < end;) {
      if (submit(Kind::good) != Pass::no)
        ++count;
      else
        now = std::max(gate.next(now).value_or(end), now + 1ms);
    }
    return count;
  }

  Gate gate;
  WallTime now{std::chrono::hours(490'000)};
};

// --- rate ---

TEST(Gate, LetsABurstOfOneSecondThroughAndThenTheRate) {
  Day day(10);
  int burst = 0;
  while (day.ask() == Pass::yes) ++burst;
  EXPECT_EQ(burst, 10);
  EXPECT_EQ(day.wait(), 100ms);
  EXPECT_EQ(day.ask(), Pass::yes);
  EXPECT_EQ(day.ask(), Pass::no);
}

TEST(Gate, KeepsTheRateOverAMinute) {
  Day day(10);
  const int count = day.submits_in(1min);
  EXPECT_GE(count, 600);
  EXPECT_LE(count, 611);
}

TEST(Gate, ASlowRateStillHasOneSubmitAtATime) {
  Day day(0.1);
  EXPECT_EQ(day.ask(), Pass::yes);
  EXPECT_EQ(day.ask(), Pass::no);
  EXPECT_EQ(day.wait(), 10s);
  EXPECT_EQ(day.ask(), Pass::yes);
}

TEST(Gate, ARateOfNothingIsVerySlowButNoFault) {
  Day day(0);
  EXPECT_EQ(day.ask(), Pass::yes);
  day.wait();
  EXPECT_EQ(day.ask(), Pass::yes);
}

TEST(Gate, ANewRateCountsAtOnce) {
  Day day(10);
  day.gate.set_rate(1);
  EXPECT_EQ(day.ask(), Pass::yes);
  EXPECT_EQ(day.ask(), Pass::no);
  EXPECT_EQ(day.wait(), 1s);
}

// --- 401 ---

TEST(Gate, ARefusedKeyPausesEverySubmit) {
  Day day;
  day.submit(Kind::refused_key);
  EXPECT_TRUE(day.gate.paused(Pause::auth));
  EXPECT_FALSE(day.gate.open());
  EXPECT_EQ(day.ask(), Pass::no);
}

TEST(Gate, OneProbeAtATimeLeavesThePause) {
  Day day;
  day.submit(Kind::refused_key);
  day.wait();
  EXPECT_EQ(day.ask(), Pass::probe);
  EXPECT_EQ(day.ask(), Pass::no);
  EXPECT_EQ(day.gate.next(day.now), std::nullopt) << "what the probe says is to be waited for";
  day.submit_says(Kind::good);
  day.gate.ended(Pass::probe);
  EXPECT_TRUE(day.gate.open());
  EXPECT_EQ(day.ask(), Pass::yes);
}

TEST(Gate, EachProbeThatIsRefusedWaitsLongerUpToFiveMinutes) {
  Day day;
  day.submit(Kind::refused_key);
  Duration before{0};
  for (int i = 0; i < 20; ++i) {
    const Duration waited = day.wait();
    EXPECT_GE(waited, before);
    EXPECT_LE(waited, 5min);
    before = waited;
    EXPECT_EQ(day.submit(Kind::refused_key), Pass::probe);
  }
  EXPECT_GT(before, 4min);
}

TEST(Gate, RefusalsThatWereUnderWaySayNothingNew) {
  Day day;
  for (int i = 0; i < 8; ++i) day.submit_says(Kind::refused_key);
  EXPECT_LE(day.wait(), 15s);
}

TEST(Gate, AProbeThatEndsWithoutAWordIsFollowedByAnother) {
  Day day;
  day.submit(Kind::refused_key);
  day.wait();
  EXPECT_EQ(day.submit(Kind::none), Pass::probe);
  day.wait();
  EXPECT_EQ(day.ask(), Pass::probe);
}

TEST(Gate, APollThatIsAnsweredAgainEndsAPauseThatPollsHaveFeltToo) {
  Day day;
  day.others_say(Kind::refused_key);
  day.others_say(Kind::reachable);
  EXPECT_TRUE(day.gate.open());
}

// A key that may read but not submit: polls say nothing about it, and each probe uploads a whole document.
TEST(Gate, PollsDoNotEndAPauseThatOnlySubmitsHaveFelt) {
  Day day;
  day.submit(Kind::refused_key);
  day.others_say(Kind::reachable);
  day.others_say(Kind::processed);
  EXPECT_TRUE(day.gate.paused(Pause::auth));
}

TEST(Gate, APauseThatIsLiftedByHandLetsTheNextSubmitTry) {
  Day day;
  day.submit(Kind::refused_key);
  day.gate.lift(Pause::auth);
  EXPECT_EQ(day.ask(), Pass::yes);
}

TEST(Gate, APauseLiftedDuringItsProbeDoesNotWaitForTheProbe) {
  Day day(1);
  day.submit(Kind::refused_key);
  day.wait();
  ASSERT_EQ(day.ask(), Pass::probe);
  day.gate.lift(Pause::auth);
  ASSERT_TRUE(day.gate.next(day.now).has_value());
  day.wait();
  EXPECT_EQ(day.ask(), Pass::yes);
}

// --- quota ---

TEST(Gate, ASpentQuotaPausesAMinuteAndLongerEachTimeUpToAnHour) {
  Day day;
  day.submit(Kind::over_quota);
  EXPECT_TRUE(day.gate.paused(Pause::quota));
  Duration waited = day.wait();
  EXPECT_GE(waited, 30s);
  EXPECT_LE(waited, 1min);
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(day.submit(Kind::over_quota), Pass::probe);
    waited = day.wait();
  }
  EXPECT_GT(waited, 50min);
  EXPECT_LE(waited, 1h);
}

TEST(Gate, AQuotaPauseLastsAsLongAsTheServiceSays) {
  Day day;
  day.submit(Kind::over_quota, 2h);
  EXPECT_EQ(day.wait(), 2h);
  EXPECT_EQ(day.submit(Kind::good), Pass::probe);
  EXPECT_TRUE(day.gate.open());
}

TEST(Gate, ARetryAfterThatComesLaterPaysRegardToo) {
  Day day;
  day.submit_says(Kind::over_quota);
  day.submit_says(Kind::over_quota, 2h);
  EXPECT_EQ(day.wait(), 2h);
}

TEST(Gate, AQuotaPauseOfAYearIsNotBelieved) {
  Day day;
  day.submit(Kind::over_quota, Duration(24h * 365));
  EXPECT_EQ(day.wait(), 24h);
}

TEST(Gate, ATaskThatSucceedsDoesNotEndAPauseThatSubmitsWereRefusedFor) {
  Day day;
  day.submit(Kind::over_quota);
  day.others_say(Kind::processed);
  EXPECT_TRUE(day.gate.paused(Pause::quota));
}

// The service takes the submit and fails the task (contract): a submit that is taken proves nothing.
TEST(Gate, WhereTasksFailForTheQuotaOneDocumentAPauseIsTried) {
  Day day;
  day.others_say(Kind::over_quota);
  int uploads = 0;
  for (const WallTime end = day.now + 24h; day.now < end;) {
    day.wait();
    EXPECT_EQ(day.submit(Kind::good), Pass::probe);
    ++uploads;
    EXPECT_EQ(day.ask(), Pass::no) << "the next one waits for what becomes of this one's task";
    day.pass(10s);
    day.others_say(Kind::over_quota);
  }
  EXPECT_LT(uploads, 24 + 10);
  EXPECT_TRUE(day.gate.paused(Pause::quota));
}

TEST(Gate, ATaskThatSucceedsEndsAPauseThatTasksHaveFailedFor) {
  Day day;
  day.others_say(Kind::over_quota);
  day.wait();
  day.submit(Kind::good);
  EXPECT_TRUE(day.gate.paused(Pause::quota));
  day.others_say(Kind::processed);
  EXPECT_TRUE(day.gate.open());
}

// --- breaker ---

TEST(Gate, OneBadConnectionIsNoOutage) {
  Day day;
  for (int i = 0; i < 4; ++i) day.submit_says(Kind::trouble);
  EXPECT_TRUE(day.gate.open());
  day.submit_says(Kind::good);
  for (int i = 0; i < 4; ++i) day.submit_says(Kind::trouble);
  EXPECT_TRUE(day.gate.open());
  day.submit_says(Kind::trouble);
  EXPECT_TRUE(day.gate.paused(Pause::breaker));
}

TEST(Gate, TheBreakerOpensHalfForOneProbeAndClosesWithIt) {
  Day day;
  for (int i = 0; i < 5; ++i) day.submit_says(Kind::trouble);
  EXPECT_EQ(day.ask(), Pass::no);
  EXPECT_LE(day.wait(), 1s);
  EXPECT_EQ(day.ask(), Pass::probe);
  EXPECT_EQ(day.ask(), Pass::no);
  day.submit_says(Kind::good);
  day.gate.ended(Pass::probe);
  EXPECT_EQ(day.ask(), Pass::yes);
}

TEST(Gate, AFailedProbeKeepsTheBreakerOpenLongerUpToAMinute) {
  Day day;
  for (int i = 0; i < 5; ++i) day.submit_says(Kind::trouble);
  Duration waited{0};
  for (int i = 0; i < 10; ++i) {
    waited = day.wait();
    EXPECT_LE(waited, 1min);
    EXPECT_EQ(day.submit(Kind::trouble), Pass::probe);
  }
  EXPECT_GT(waited, 30s);
}

// Every submit would be uploaded whole, lost, looked for and uploaded again, until the inbox is a heap of
// dead letters, while polls and lists go on as if nothing were wrong.
void open_breaker(Day& day) {
  for (int i = 0; i < 5; ++i) ASSERT_EQ(day.submit(Kind::trouble), Pass::yes);
  ASSERT_TRUE(day.gate.paused(Pause::breaker));
  day.wait();
}

TEST(Gate, HealthIsAskedBeforeASubmitLeavesTheBreaker) {
  Day day;
  open_breaker(day);
  EXPECT_EQ(day.gate.ask(day.now), Pass::health);
  EXPECT_EQ(day.gate.ask(day.now), Pass::no) << "one question at a time";
  EXPECT_FALSE(day.gate.next(day.now)) << "until it is answered nothing can change";
  day.health_says(Kind::healthy);
  EXPECT_TRUE(day.gate.paused(Pause::breaker)) << "that it is there does not say that it takes submits";
  EXPECT_EQ(day.gate.next(day.now), day.now);
  EXPECT_EQ(day.gate.ask(day.now), Pass::probe);
  EXPECT_EQ(day.gate.ask(day.now), Pass::no) << "one probe at a time";
  day.submit_says(Kind::good);
  day.gate.ended(Pass::probe);
  EXPECT_TRUE(day.gate.open());
}

TEST(Gate, WhileHealthDoesNotAnswerNoSubmitTriesAndTheBreakerGetsLonger) {
  Day day;
  open_breaker(day);
  Duration last = 0ms;
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(day.gate.ask(day.now), Pass::health);
    day.health_says(Kind::trouble);
    ASSERT_EQ(day.gate.ask(day.now), Pass::no);
    const Duration waited = day.wait();
    EXPECT_GE(waited, last);
    EXPECT_LE(waited, 60s);
    last = waited;
  }
  EXPECT_GT(last, 30s);
}

TEST(Gate, EveryProbeIsPrecededByItsOwnQuestion) {
  Day day;
  open_breaker(day);
  ASSERT_EQ(day.submit(Kind::trouble), Pass::probe);
  day.wait();
  EXPECT_EQ(day.gate.ask(day.now), Pass::health);
  day.health_says(Kind::healthy);
  ASSERT_EQ(day.gate.ask(day.now), Pass::probe);
  day.gate.ended(Pass::probe);
  EXPECT_EQ(day.gate.ask(day.now), Pass::health) << "one that ended without a word proves nothing";
}

TEST(Gate, ThePausesThatAreNoOutageAreLeftWithoutAskingForHealth) {
  for (const Kind kind : {Kind::refused_key, Kind::over_quota}) {
    Day day;
    ASSERT_EQ(day.submit(kind), Pass::yes);
    day.wait();
    EXPECT_EQ(day.gate.ask(day.now), Pass::probe);
  }
}

TEST(Gate, ABreakerThatIsLiftedDuringTheQuestionDoesNotWaitForItsAnswer) {
  Day day;
  open_breaker(day);
  ASSERT_EQ(day.gate.ask(day.now), Pass::health);
  day.gate.lift(Pause::breaker);
  EXPECT_EQ(day.gate.ask(day.now), Pass::yes);
  day.health_says(Kind::healthy);
  EXPECT_EQ(day.gate.ask(day.now), Pass::yes);
}

TEST(Gate, AWaitThatHealthAsksForIsKept) {
  Day day;
  open_breaker(day);
  ASSERT_EQ(day.gate.ask(day.now), Pass::health);
  day.health_says(Kind::trouble, 90s);
  EXPECT_EQ(day.wait(), 90s);
}

TEST(Gate, WhatEndsByTimeEndsAlsoWhileNobodyAsks) {
  Day day;
  day.gate.set_budget({.documents = 1, .pages = 0});
  day.gate.spend({1, 1}, day.now);
  ASSERT_TRUE(day.gate.paused(Pause::budget));
  day.gate.look(day.now + 24h);
  EXPECT_FALSE(day.gate.paused(Pause::budget));
}

TEST(Gate, SubmitsThatFailWhilePollsSucceedOpenTheBreaker) {
  Day day;
  for (int i = 0; i < 5; ++i) {
    day.submit_says(Kind::trouble);
    day.others_say(Kind::reachable);
  }
  EXPECT_TRUE(day.gate.paused(Pause::breaker));
  day.others_say(Kind::reachable);
  EXPECT_TRUE(day.gate.paused(Pause::breaker));
}

TEST(Gate, AnOutageThatAllHaveFeltIsOverWithTheFirstAnswer) {
  Day day;
  for (int i = 0; i < 5; ++i) {
    day.submit_says(Kind::trouble);
    day.others_say(Kind::trouble);
  }
  EXPECT_TRUE(day.gate.paused(Pause::breaker));
  day.others_say(Kind::reachable);
  EXPECT_TRUE(day.gate.open());
}

TEST(Gate, ADocumentThatIsRefusedProvesThatSubmitsArrive) {
  Day day;
  for (int i = 0; i < 5; ++i) day.submit_says(Kind::trouble);
  day.wait();
  EXPECT_EQ(day.submit(Kind::reachable), Pass::probe);
  EXPECT_TRUE(day.gate.open());
}

// --- slow down ---

TEST(Gate, HoldsAsLongAsItIsAskedTo) {
  Day day;
  day.submit(Kind::slow_down, 7s);
  EXPECT_TRUE(day.gate.open()) << "no pause: nobody has to do anything";
  EXPECT_EQ(day.ask(), Pass::no);
  EXPECT_EQ(day.wait(), 7s);
  EXPECT_EQ(day.ask(), Pass::yes);
}

TEST(Gate, AHoldOfAYearIsNotBelieved) {
  Day day;
  day.submit(Kind::slow_down, Duration(24h * 365));
  EXPECT_EQ(day.wait(), 5min);
}

TEST(Gate, TooFastWithoutAWaitHalvesTheRateUntilSubmitsSucceed) {
  Day day(10);
  while (day.ask() == Pass::yes) continue;
  for (int i = 0; i < 8; ++i) day.submit_says(Kind::slow_down);  // the burst's answers are one sign
  EXPECT_EQ(day.wait(), 1s);
  int burst = 0;
  while (day.ask() == Pass::yes) ++burst;
  EXPECT_EQ(burst, 5);
  EXPECT_EQ(day.wait(), 200ms);
  day.submits_in(1min);
  const int count = day.submits_in(1min);
  EXPECT_GE(count, 590);
}

TEST(Gate, ARateThatIsHalvedAgainAndAgainHasAFloor) {
  Day day(10);
  for (int i = 0; i < 100; ++i) {
    day.submit_says(Kind::slow_down);
    day.pass(2s);
  }
  EXPECT_GE(day.submits_in(1min), 30);
}

TEST(Gate, TroubleWithARetryAfterHoldsToo) {
  Day day;
  day.submit_says(Kind::trouble, 20s);
  EXPECT_EQ(day.ask(), Pass::no);
  EXPECT_EQ(day.wait(), 20s);
}

// --- disk ---

TEST(Gate, AFullDiskIsNotItsMatter) {
  Day day;
  day.others_say(Kind::disk_full);
  EXPECT_TRUE(day.gate.open());
  EXPECT_EQ(day.ask(), Pass::yes);
}

// --- the clock ---

TEST(Gate, WhatHoldsUpTheQueueEndsOnlyWhenTheQueueSaysSo) {
  Day day;
  day.gate.pause_for_queue(day.now);
  for (const Duration time : {Duration(1s), Duration(1h), Duration(48h)}) {
    day.pass(time);
    EXPECT_EQ(day.submit(Kind::good), Pass::no);
  }
  day.gate.lift(Pause::queue);
  EXPECT_EQ(day.submit(Kind::good), Pass::yes);
}

TEST(Gate, WhatMayBePaidForCountsInTheDaysBudgetUntilItIsKnown) {
  Day day;
  day.gate.set_budget({.documents = 3});
  EXPECT_EQ(day.ask(), Pass::yes);
  day.gate.ended(Pass::yes);
  day.gate.set_in_doubt(1, day.now);
  day.gate.spend({.documents = 1}, day.now);
  EXPECT_EQ(day.ask(), Pass::yes);
  day.gate.ended(Pass::yes);
  day.gate.set_in_doubt(2, day.now);
  EXPECT_EQ(day.ask(), Pass::no);
  EXPECT_TRUE(day.gate.paused(Pause::budget));
  day.gate.set_in_doubt(1, day.now);
  EXPECT_EQ(day.ask(), Pass::yes) << "one of them has not arrived";
}

TEST(Gate, ABudgetsDayIsTheWallClocksAndAClockThatIsSetMakesNoRoomInIt) {
  for (const Duration set : {Duration(24h), Duration(-24h), Duration(-20 * 365 * 24h)}) {
    Day day;
    day.gate.set_budget({.documents = 2, .pages = 0});
    day.gate.spend({2, 2}, day.now);
    ASSERT_TRUE(day.gate.paused(Pause::budget));
    day.gate.set_ahead(set, day.now);
    EXPECT_TRUE(day.gate.paused(Pause::budget));
    const WallTime turns = day.gate.paused_until(Pause::budget);
    EXPECT_EQ((turns + set).time_since_epoch() % 24h, 0h) << "midnight as the wall clock has it";
    EXPECT_TRUE(turns > day.now && turns <= day.now + 24h);
    day.gate.look(turns);
    EXPECT_FALSE(day.gate.paused(Pause::budget));
  }
}

// --- whatever happens ---

Signal any_signal() {
  Signal signal{static_cast<Kind>(*rc::gen::inRange(0, static_cast<int>(Kind::disk_full) + 1)),
                {},
                static_cast<Source>(*rc::gen::inRange(0, 2))};
  if (*rc::gen::inRange(0, 3) == 0) signal.wait = Duration(*rc::gen::inRange<std::int64_t>(-10, 100'000'000));
  return signal;
}

RC_GTEST_PROP(GateProperty, AskingAtNextAlwaysLetsASubmitThroughInTheEnd, ()) {
  Day day(*rc::gen::inRange(1, 200) / 10.0);
  std::vector<Pass> under_way;
  for (int i = 0; i < 200; ++i) {
    day.pass(Duration(*rc::gen::inRange(-1000, 60'000)));
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        day.gate.hear(any_signal(), day.now, *rc::gen::inRange(0, 1000) / 1000.0);
        break;
      case 1:
        if (const Pass pass = day.ask(); pass != Pass::no) under_way.push_back(pass);
        break;
      default:
        if (!under_way.empty()) {
          day.gate.ended(under_way.back());
          under_way.pop_back();
        }
    }
    const auto probes = std::ranges::count(under_way, Pass::probe);
    RC_ASSERT(probes <= 1);
  }
  for (const Pass pass : under_way) day.gate.ended(pass);
  int asked = 0;
  while (day.ask() == Pass::no) {
    const auto next = day.gate.next(day.now);
    RC_ASSERT(next.has_value());
    RC_ASSERT(*next >= day.now);
    RC_ASSERT(*next - day.now <= 25h);
    day.now = std::max(*next, day.now + 1ms);
    RC_ASSERT(++asked < 10);
  }
}

}  // namespace
}  // namespace chunkrd::pipeline
