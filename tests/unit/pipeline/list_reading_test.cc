// How far the task list has to be read before a task counts as not there.
#include "pipeline/list_reading.h"

#include <gtest/gtest.h>

#include "core/iso_time.h"

namespace chunkrd::pipeline {
namespace {

using namespace std::chrono_literals;
using taskapi::Task;
using taskapi::TaskPage;

constexpr WallTime kNow{std::chrono::milliseconds(1'764'000'000'000)};
constexpr int kLimit = 100;

Task task(int number, WallTime created_at) {
  Task task;
  task.task_id = "task-" + std::to_string(number);
  task.created_at = created_at;
  return task;
}

/// Tasks `first` to `last`, one a minute, the newest of them all now.
TaskPage minutes(int first, int last) {
  TaskPage page;
  for (int i = first; i <= last; ++i) page.tasks.push_back(task(i, kNow - i * 1min));
  return page;
}

TEST(ListReading, EndsWhereTheSubmitsTimeIsPassed) {
  ListReading reading(kLimit, kNow, 1h);
  reading.add(minutes(0, 60));
  EXPECT_FALSE(reading.is_enough());
  reading.add(minutes(61, 75));
  EXPECT_FALSE(reading.is_enough()) << "a part of the page is not older";
  reading.add(minutes(76, 90));
  EXPECT_TRUE(reading.is_enough());
}

TEST(ListReading, GoesBackFromTheServicesNewestTaskWhereOurClockIsAhead) {
  ListReading reading(kLimit, kNow + 24h, 1h);
  reading.add(minutes(0, 30));
  EXPECT_FALSE(reading.is_enough());
}

TEST(ListReading, ATaskOfTheFutureHidesNoOther) {
  ListReading reading(kLimit, kNow, 1h);
  TaskPage page = minutes(0, 30);
  page.tasks.insert(page.tasks.begin(), task(1000, kNow + 24h * 365));
  reading.add(page);
  reading.add(minutes(31, 40));
  EXPECT_FALSE(reading.is_enough());
  reading.add(minutes(80, 90));
  EXPECT_TRUE(reading.is_enough());
}

TEST(ListReading, OneEmptyPageIsNotTheEndTwoAre) {
  ListReading reading(kLimit, kNow, 1h);
  reading.add(minutes(0, 10));
  reading.add({});
  EXPECT_FALSE(reading.is_enough());
  reading.add(minutes(11, 20));
  reading.add({});
  reading.add({});
  EXPECT_TRUE(reading.is_enough());
}

TEST(ListReading, APageOfWhatCannotBeReadIsNoEmptyOne) {
  ListReading reading(kLimit, kNow, 1h);
  for (int i = 0; i < 5; ++i) reading.add({.tasks = {}, .odd = {{}}});
  EXPECT_FALSE(reading.is_enough());
}

TEST(ListReading, InAListOutOfItsOrderTimeSaysNothing) {
  ListReading oldest_first(kLimit, kNow, 1h);
  for (int page = 9; page >= 1; --page) {
    TaskPage backwards = minutes(page * 100, page * 100 + 9);
    std::reverse(backwards.tasks.begin(), backwards.tasks.end());
    oldest_first.add(backwards);
    EXPECT_FALSE(oldest_first.is_enough());
  }
  ListReading mixed(kLimit, kNow, 1h);
  TaskPage page = minutes(0, 10);
  page.tasks.push_back(task(500, kNow - 24h));
  page.tasks.push_back(task(501, kNow - 12h));
  mixed.add(page);
  mixed.add(minutes(700, 710));
  EXPECT_FALSE(mixed.is_enough());
}

TEST(ListReading, TasksThatWerePushedDownByNewerOnesAreNoDisorder) {
  ListReading reading(kLimit, kNow, 1h);
  reading.add(minutes(0, 50));
  reading.add(minutes(40, 74));
  reading.add(minutes(76, 90));
  EXPECT_TRUE(reading.is_enough());
}

TEST(ListReading, IsStuckWhereEachPageIsTheSame) {
  ListReading reading(kLimit, kNow, 1000h);
  for (int i = 0; i < 3; ++i) {
    reading.add(minutes(0, 96));
    EXPECT_FALSE(reading.is_stuck());
  }
  reading.add(minutes(0, 96));
  EXPECT_TRUE(reading.is_stuck());
  EXPECT_FALSE(reading.is_enough()) << "broken tasks are dropped from full pages: there may be more";
}

TEST(ListReading, IsStuckAlsoWhereTheServiceMayHaveALimitOfItsOwn) {
  for (const int last : {9, 24, 49}) {  // pages of 10, 25 and 50
    ListReading reading(kLimit, kNow, 1000h);
    for (int i = 0; i < 4; ++i) reading.add(minutes(0, last));
    EXPECT_TRUE(reading.is_stuck()) << last;
    EXPECT_FALSE(reading.is_enough()) << last;
  }
}

TEST(ListReading, WhereThereAreNoPagesAllOfItComesEachTime) {
  for (const int last : {8, 150}) {
    ListReading reading(kLimit, kNow, 1000h);
    for (int i = 0; i < 3; ++i) {
      reading.add(minutes(0, last));
      EXPECT_FALSE(reading.is_enough());
    }
    reading.add(minutes(0, last));
    EXPECT_TRUE(reading.is_enough()) << last;
  }
}

TEST(ListReading, GoesOnWithTheLastReadingsPage) {
  ListReading reading(kLimit, kNow, 1h, 48);
  EXPECT_EQ(reading.next().page, 1);
  reading.add(minutes(0, 10));
  EXPECT_EQ(reading.next().page, 48);
  reading.add(minutes(11, 20));
  EXPECT_EQ(reading.next().page, 49);
  EXPECT_EQ(reading.page(), 48);
}

TaskPage followed_by(TaskPage page, std::optional<std::string> cursor) {
  page.by_cursor = true;
  page.next = std::move(cursor);
  return page;
}

TEST(ListReading, ACursorIsGivenBackAsItCameAndItsEndIsTheEnd) {
  ListReading reading(kLimit, kNow, 1000h, 48);
  EXPECT_EQ(reading.next().cursor, std::nullopt);
  reading.add(followed_by(minutes(0, 10), "opaque-1"));
  EXPECT_EQ(reading.next().cursor, "opaque-1");
  reading.add(followed_by({}, "opaque-2"));
  reading.add(followed_by({}, "opaque-3"));
  EXPECT_FALSE(reading.is_enough()) << "empty pages in the middle";
  reading.add(followed_by(minutes(11, 20), "opaque-4"));
  EXPECT_EQ(reading.page(), 4);
  EXPECT_FALSE(reading.is_enough());
  reading.add(followed_by(minutes(21, 21), std::nullopt));
  EXPECT_TRUE(reading.is_enough());
  EXPECT_FALSE(reading.is_stuck());
}

TEST(ListReading, ByCursorsTimeCountsToo) {
  ListReading reading(kLimit, kNow, 1h);
  reading.add(followed_by(minutes(0, 60), "a"));
  EXPECT_FALSE(reading.is_enough());
  reading.add(followed_by(minutes(80, 90), "b"));
  EXPECT_TRUE(reading.is_enough());
}

// Tasks of one millisecond around the end of a page: the cursor is that moment, and what follows is older.
TEST(ListReading, ACursorThatIsATimeIsFollowedWithAnOverlap) {
  ListReading reading(kLimit, kNow, 1000h);
  const std::string end = to_iso(kNow - 10min);
  reading.add(followed_by(minutes(0, 10), end));
  EXPECT_EQ(reading.next().cursor, to_iso(kNow - 10min + 1ms));
  reading.add(followed_by(minutes(10, 10), end));
  EXPECT_EQ(reading.next().cursor, end) << "the overlap has shown nothing new: on without it";
  // Any other time may mean anything.
  reading.add(followed_by(minutes(11, 12), to_iso(kNow)));
  EXPECT_EQ(reading.next().cursor, to_iso(kNow));
}

TEST(ListReading, AnOldestFirstListIsNotOverlappedTheWrongWay) {
  ListReading reading(kLimit, kNow, 1000h);
  TaskPage page = minutes(0, 10);
  std::reverse(page.tasks.begin(), page.tasks.end());
  reading.add(followed_by(page, to_iso(kNow)));
  EXPECT_EQ(reading.next().cursor, to_iso(kNow));
}

TEST(ListReading, IsStuckWhereACursorLeadsToItself) {
  ListReading reading(kLimit, kNow, 1000h);
  reading.add(followed_by(minutes(0, 10), "same"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(reading.is_stuck());
    reading.add(followed_by(i == 1 ? TaskPage{} : minutes(0, 10), "same"));
  }
  EXPECT_TRUE(reading.is_stuck());
}

TEST(ListReading, IsStuckWhereThereIsMoreAndNoWayToIt) {
  ListReading reading(kLimit, kNow, 1000h);
  TaskPage page = followed_by(minutes(0, 10), std::nullopt);
  page.is_cut = true;
  reading.add(page);
  EXPECT_FALSE(reading.is_enough());
  EXPECT_TRUE(reading.is_stuck());
}

TEST(ListReading, OfTheWholeListGoesToItsEnd) {
  ListReading reading(kLimit);
  reading.add(minutes(0, 10));
  reading.add(minutes(100'000, 100'010));
  EXPECT_FALSE(reading.is_enough());
  reading.add({});
  reading.add({});
  EXPECT_TRUE(reading.is_enough());
}

TEST(ListReading, EachHasItsSeamsElsewhere) {
  for (int place = 1; place < 600; ++place) {
    int at_a_seam = 0;
    for (int reading = 0; reading < 3; ++reading) at_a_seam += place % tasks_a_page(reading) == 0;
    EXPECT_LE(at_a_seam, 1) << place;
  }
}

}  // namespace
}  // namespace chunkrd::pipeline
