#include "core/timeline.h"

#include <gtest/gtest.h>

namespace chunkrd {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kToday{std::chrono::sys_days{std::chrono::year{2026} / 11 / 28}};
constexpr WallTime k1970{};
constexpr WallTime k2106{std::chrono::sys_days{std::chrono::year{2106} / 2 / 7}};
constexpr Duration kDay = 24h;

TEST(Timeline, WithoutAMarkBeginsWithTheWallClock) {
  const Timeline timeline(std::nullopt, 5s, kToday);
  EXPECT_EQ(timeline.date(5s), kToday);
  EXPECT_EQ(timeline.lived(7s), kToday + 2s);
  EXPECT_EQ(timeline.ahead(), 0s);
}

TEST(Timeline, DoesNotFollowAWallClockThatIsSetEitherWay) {
  for (const Duration jump :
       {kDay, -kDay, Duration(k1970 - kToday), Duration(k2106 - kToday), Duration(2min)}) {
    Timeline timeline(std::nullopt, 0s, kToday);
    EXPECT_EQ(timeline.look(10s, kToday + 10s + jump), jump);
    EXPECT_EQ(timeline.date(10s), kToday + 10s);
    EXPECT_EQ(timeline.lived(10s), kToday + 10s);
    EXPECT_EQ(timeline.ahead(), jump);
    EXPECT_EQ(timeline.look(20s, kToday + 20s + jump), 0s) << "told once";
    EXPECT_EQ(timeline.look(30s, kToday + 30s), -jump) << "and set right again";
    EXPECT_EQ(timeline.ahead(), 0s);
  }
}

TEST(Timeline, TakesLessThanASecondForNoJump) {
  Timeline timeline(std::nullopt, 0s, kToday);
  EXPECT_EQ(timeline.look(10s, kToday + 10s + 999ms), 0s);
  EXPECT_EQ(timeline.ahead(), 0s) << "what is told shall not tremble";
}

TEST(Timeline, CountsAStopByTheWallClockForTheDateAndAMinuteOfItAsLived) {
  const Timeline timeline(Mark(kToday), 0s, kToday + 3h);
  EXPECT_EQ(timeline.date(0s), kToday + 3h);
  EXPECT_EQ(timeline.lived(0s), kToday + 1min);
  EXPECT_EQ(timeline.not_lived(), 3h - 1min);
  const Timeline brief(Mark(kToday), 0s, kToday + 20s);
  EXPECT_EQ(brief.lived(0s), kToday + 20s);
  EXPECT_EQ(brief.not_lived(), 0s);
}

TEST(Timeline, DoesNotGoBackWhereTheWallClockWasSetBackDuringAStop) {
  const Timeline timeline(Mark(kToday), 0s, k1970);
  EXPECT_EQ(timeline.date(0s), kToday);
  EXPECT_EQ(timeline.lived(0s), kToday);
  EXPECT_EQ(timeline.set_back_before(), kToday - k1970);
  EXPECT_EQ(timeline.ahead(), k1970 - kToday);
}

TEST(Timeline, OfAMachineThatBootsIn1970AndIsSetByTheNetIsRightAgain) {
  Timeline timeline(Mark(kToday), 0s, k1970);
  timeline.look(60s, kToday + 1h);
  EXPECT_EQ(timeline.date(60s), kToday + 60s);
  EXPECT_EQ(timeline.date(60s) + timeline.ahead(), kToday + 1h);
}

TEST(Timeline, OfAMachineThatBootsIn2106LivesNoLonger) {
  Timeline timeline(Mark(kToday), 0s, k2106);
  EXPECT_EQ(timeline.lived(0s), kToday + 1min);
  timeline.look(60s, kToday + 1h);
  EXPECT_EQ(timeline.lived(60s), kToday + 2min);
  EXPECT_EQ(timeline.date(60s) + timeline.ahead(), kToday + 1h);
}

TEST(Timeline, KeepsWhatItWasAheadOverAStop) {
  Timeline first(std::nullopt, 0s, kToday);
  first.look(1s, kToday + 1s + kDay);
  const Mark last(first.lived(1s), first.date(1s), first.date(1s) + first.ahead());
  const Timeline second(last, 500s, kToday + 11s + kDay);
  EXPECT_EQ(second.date(500s), kToday + 11s);
  EXPECT_EQ(second.ahead(), kDay);
}

TEST(AMark, IsWrittenAndReadAgain) {
  const Mark mark(kToday, kToday + 5ms, k1970 - 1ms);
  EXPECT_EQ(mark_from(to_text(mark)), mark);
  for (const char* text : {"", "1", "1 2", "1 2 x", "1 2 3 ", "1  2 3", "1 2 99999999999999999999"})
    EXPECT_EQ(mark_from(text), std::nullopt) << text;
}

}  // namespace
}  // namespace chunkrd
