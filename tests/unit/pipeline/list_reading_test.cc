// How far the task list has to be read before a task counts as not there.
#include "pipeline/list_reading.h"

#include <gtest/gtest.h>

namespace chunkrd::pipeline {
namespace {

using namespace std::chrono_literals;
using taskapi::Task;
using taskapi::TaskPage;

constexpr WallTime kNow{std::chrono::milliseconds(1'764'000'000'000)};

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
  ListReading reading(kNow, 1h);
  reading.add(minutes(0, 60));
  EXPECT_FALSE(reading.is_enough());
  reading.add(minutes(61, 75));
  EXPECT_FALSE(reading.is_enough()) << "a part of the page is not older";
  reading.add(minutes(76, 90));
  EXPECT_TRUE(reading.is_enough());
}

TEST(ListReading, GoesBackFromTheServicesNewestTaskWhereOurClockIsAhead) {
  ListReading reading(kNow + 24h, 1h);
  reading.add(minutes(0, 30));
  EXPECT_FALSE(reading.is_enough());
}

TEST(ListReading, ATaskOfTheFutureHidesNoOther) {
  ListReading reading(kNow, 1h);
  TaskPage page = minutes(0, 30);
  page.tasks.insert(page.tasks.begin(), task(1000, kNow + 24h * 365));
  reading.add(page);
  reading.add(minutes(31, 40));
  EXPECT_FALSE(reading.is_enough());
  reading.add(minutes(80, 90));
  EXPECT_TRUE(reading.is_enough());
}

TEST(ListReading, OneEmptyPageIsNotTheEndTwoAre) {
  ListReading reading(kNow, 1h);
  reading.add(minutes(0, 10));
  reading.add({});
  EXPECT_FALSE(reading.is_enough());
  reading.add(minutes(11, 20));
  reading.add({});
  reading.add({});
  EXPECT_TRUE(reading.is_enough());
}

TEST(ListReading, APageOfWhatCannotBeReadIsNoEmptyOne) {
  ListReading reading(kNow, 1h);
  for (int i = 0; i < 5; ++i) reading.add({.tasks = {}, .odd = {{}}});
  EXPECT_FALSE(reading.is_enough());
}

TEST(ListReading, InAListOutOfItsOrderTimeSaysNothing) {
  ListReading oldest_first(kNow, 1h);
  for (int page = 9; page >= 1; --page) {
    TaskPage backwards = minutes(page * 100, page * 100 + 9);
    std::reverse(backwards.tasks.begin(), backwards.tasks.end());
    oldest_first.add(backwards);
    EXPECT_FALSE(oldest_first.is_enough());
  }
  ListReading mixed(kNow, 1h);
  TaskPage page = minutes(0, 10);
  page.tasks.push_back(task(500, kNow - 24h));
  page.tasks.push_back(task(501, kNow - 12h));
  mixed.add(page);
  mixed.add(minutes(700, 710));
  EXPECT_FALSE(mixed.is_enough());
}

TEST(ListReading, TasksThatWerePushedDownByNewerOnesAreNoDisorder) {
  ListReading reading(kNow, 1h);
  reading.add(minutes(0, 50));
  reading.add(minutes(40, 74));
  reading.add(minutes(76, 90));
  EXPECT_TRUE(reading.is_enough());
}

TEST(ListReading, IsStuckWhereEachPageIsTheSame) {
  ListReading reading(kNow, 1h);
  for (int i = 0; i < 3; ++i) {
    reading.add(minutes(0, 10));
    EXPECT_FALSE(reading.is_stuck());
  }
  reading.add(minutes(0, 10));
  EXPECT_TRUE(reading.is_stuck());
  EXPECT_FALSE(reading.is_enough());
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
