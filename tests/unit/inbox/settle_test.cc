#include "inbox/settle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace chunkrd::inbox {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Verdict = Settle::Verdict;

Settle::Time at(milliseconds time) {
  return Settle::Time(1h) + time;
}

Identity file(std::uint64_t size_bytes, std::uint64_t inode = 7) {
  return {.device = 1, .inode = inode, .size_bytes = size_bytes, .mtime_ns = 5, .ctime_ns = 6};
}

/// What is seen of one file, and what is to be thought of it.
struct Look {
  milliseconds time;
  Identity identity;
  Verdict verdict;
};

struct Story {
  const char* name;
  milliseconds settle;
  std::vector<Look> looks;
};

class Stories : public ::testing::TestWithParam<Story> {};

TEST_P(Stories, EndAsTold) {
  Settle settle(GetParam().settle, 10);
  for (const auto& look : GetParam().looks)
    EXPECT_EQ(settle.see("a.pdf", look.identity, at(look.time)), look.verdict) << "at " << look.time.count();
}

Identity with_mtime(std::int64_t mtime_ns) {
  auto changed = file(10);
  changed.mtime_ns = mtime_ns;
  return changed;
}

Identity with_ctime(std::int64_t ctime_ns) {
  auto changed = file(10);
  changed.ctime_ns = ctime_ns;
  return changed;
}

constexpr auto kWaiting = Verdict::waiting;
constexpr auto kSettled = Verdict::settled;

INSTANTIATE_TEST_SUITE_P(
    Settle, Stories,
    ::testing::Values(
        Story{"UnchangedForLongEnough", 5s, {{0s, file(10), kWaiting}, {5s, file(10), kSettled}}},
        Story{"NotAMillisecondEarlier", 5s, {{0s, file(10), kWaiting}, {4999ms, file(10), kWaiting}}},
        Story{"LooksInBetweenDoNotStartItAgain",
              5s,
              {{0s, file(10), kWaiting}, {3s, file(10), kWaiting}, {5s, file(10), kSettled}}},
        Story{"AFileThatGrowsStartsAgain",
              5s,
              {{0s, file(10), kWaiting},
               {5s, file(11), kWaiting},
               {9s, file(11), kWaiting},
               {10s, file(11), kSettled}}},
        Story{"AFileThatShrinksStartsAgain",
              5s,
              {{0s, file(10), kWaiting}, {5s, file(9), kWaiting}, {10s, file(9), kSettled}}},
        Story{"SameSizeButWrittenAgain",
              5s,
              {{0s, file(10), kWaiting}, {5s, with_mtime(8), kWaiting}, {10s, with_mtime(8), kSettled}}},
        Story{"MtimeSetBackIsSeenByCtime",
              5s,
              {{0s, file(10), kWaiting}, {5s, with_ctime(8), kWaiting}, {10s, with_ctime(8), kSettled}}},
        Story{"AnotherFileUnderTheSameName",
              5s,
              {{0s, file(10, 7), kWaiting}, {5s, file(10, 8), kWaiting}, {10s, file(10, 8), kSettled}}},
        Story{"EmptyWaitsTenTimesAsLong",
              1s,
              {{0s, file(0), kWaiting}, {9999ms, file(0), kWaiting}, {10s, file(0), kSettled}}},
        Story{"EmptyWaitsAMinuteAtMost", 30s, {{0s, file(0), kWaiting}, {60s, file(0), kSettled}}},
        Story{"EmptyNeverWaitsLessThanOthers",
              90s,
              {{0s, file(0), kWaiting}, {89s, file(0), kWaiting}, {90s, file(0), kSettled}}},
        Story{"FilledAfterAWhile",
              1s,
              {{0s, file(0), kWaiting}, {8s, file(10), kWaiting}, {9s, file(10), kSettled}}},
        Story{"ZeroSettleNeedsTwoLooks", 0s, {{0s, file(10), kWaiting}, {0s, file(10), kSettled}}}),
    [](const auto& story) { return story.param.name; });

TEST(Settle, AFileThatGrowsForADayIsNeitherTakenNorGivenUp) {
  Settle settle(5s, 10);
  std::uint64_t size_bytes = 1;
  for (auto time = 0s; time <= 24h; time += 5s)
    ASSERT_EQ(settle.see("a.pdf", file(size_bytes++), at(time)), Verdict::waiting);
  EXPECT_EQ(settle.next(), at(24h + 5s));
}

TEST(Settle, SaysWhenToLookNextAndAtWhat) {
  Settle settle(5s, 10);
  EXPECT_EQ(settle.next(), std::nullopt);
  settle.see("b.pdf", file(1), at(0s));
  settle.see("a.pdf", file(1), at(1s));
  EXPECT_EQ(settle.next(), at(5s));
  EXPECT_THAT(settle.due(at(4999ms), 10), IsEmpty());
  EXPECT_THAT(settle.due(at(5s), 10), ElementsAre("b.pdf"));
  EXPECT_THAT(settle.due(at(6s), 10), ElementsAre("b.pdf", "a.pdf"));
  EXPECT_THAT(settle.due(at(6s), 1), ElementsAre("b.pdf"));
}

TEST(Settle, FilesSeenTogetherComeByName) {
  Settle settle(5s, 10);
  for (const char* name : {"c", "a", "b/1", "b"}) settle.see(name, file(1), at(0s));
  EXPECT_THAT(settle.due(at(5s), 10), ElementsAre("a", "b", "b/1", "c"));
}

TEST(Settle, APostponedFileComesAgainAndIsStillSettled) {
  Settle settle(5s, 10);
  settle.see("a.pdf", file(1), at(0s));
  ASSERT_EQ(settle.see("a.pdf", file(1), at(5s)), Verdict::settled);
  settle.leave("a.pdf", at(10s));
  EXPECT_THAT(settle.due(at(9s), 10), IsEmpty());
  EXPECT_EQ(settle.see("a.pdf", file(1), at(9s)), Verdict::waiting);
  EXPECT_THAT(settle.due(at(10s), 10), ElementsAre("a.pdf"));
  EXPECT_EQ(settle.see("a.pdf", file(1), at(10s)), Verdict::settled);
}

TEST(Settle, AForgottenFileStartsFromTheBeginning) {
  Settle settle(5s, 10);
  settle.see("a.pdf", file(1), at(0s));
  EXPECT_TRUE(settle.forget("a.pdf"));
  EXPECT_FALSE(settle.forget("a.pdf"));
  EXPECT_EQ(settle.next(), std::nullopt);
  EXPECT_EQ(settle.see("a.pdf", file(1), at(5s)), Verdict::waiting);
}

TEST(Settle, MoreThanItMayHoldAreNotRemembered) {
  Settle settle(5s, 2);
  settle.see("a", file(1), at(0s));
  settle.see("b", file(1), at(0s));
  EXPECT_EQ(settle.see("c", file(1), at(0s)), Verdict::no_room);
  EXPECT_EQ(settle.size(), 2u);
  EXPECT_EQ(settle.see("b", file(1), at(5s)), Verdict::settled);
  settle.forget("b");
  EXPECT_EQ(settle.see("c", file(1), at(5s)), Verdict::waiting);
}

}  // namespace
}  // namespace chunkrd::inbox
