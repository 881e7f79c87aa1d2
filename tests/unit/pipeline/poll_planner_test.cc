#include "pipeline/poll_planner.h"

#include <gtest/gtest.h>

namespace chunkrd::pipeline {
namespace {

using namespace std::chrono_literals;

PollPlanner taught(Duration usual) {
  PollPlanner planner;
  for (int i = 0; i < 10; ++i) planner.learn("default", usual);
  return planner;
}

struct Followed {
  int polls = 0;
  Duration noticed_after{0};  ///< from the task's end
};

Followed follow(const PollPlanner& planner, Duration task) {
  Duration waited = planner.first("default");
  int polls = 1;
  for (; waited < task; ++polls) waited += planner.next("default", waited);
  return {polls, waited - task};
}

TEST(PollPlanner, AsksAfterAFewSecondsWhenItKnowsNothing) {
  EXPECT_EQ(PollPlanner().first("default"), 3s);
}

TEST(PollPlanner, LearnsHowLongTasksOfAProfileTake) {
  PollPlanner planner = taught(100s);
  planner.learn("small", 1s);
  EXPECT_EQ(planner.first("default"), 120s);
  EXPECT_EQ(planner.first("small"), 1200ms);
  EXPECT_EQ(planner.first("unknown"), 3s);
}

TEST(PollPlanner, FollowsAServiceThatGetsSlower) {
  PollPlanner planner = taught(10s);
  for (int i = 0; i < 8; ++i) planner.learn("default", 100s);
  EXPECT_GT(planner.first("default"), 90s);
}

TEST(PollPlanner, OneOddTaskChangesLittle) {
  PollPlanner planner = taught(10s);
  planner.learn("default", 20s);
  EXPECT_LT(planner.first("default"), 16s);
}

TEST(PollPlanner, LearnsFromEveryTaskThatHasEnded) {
  using enum taskapi::Status;
  taskapi::Task task;
  task.finished_at = task.created_at + 1s;
  for (const auto status : {Starting, Processing, Cancelled}) {
    task.status = status;
    PollPlanner planner = taught(300s);
    planner.see("default", task, 400s);
    EXPECT_EQ(planner.first("default"), 360s);
  }
  for (const auto status : {Succeeded, Failed}) {
    task.status = status;
    PollPlanner planner = taught(300s);
    for (int i = 0; i < 20; ++i) planner.see("default", task, 400s);
    EXPECT_LT(planner.first("default"), 5s) << "only the service's own times count, not when we looked";
  }
}

TEST(PollPlanner, ATaskFromAFutureClockDoesNoHarm) {
  PollPlanner planner;
  planner.learn("default", -5s);
  EXPECT_GE(planner.first("default"), 250ms);
}

TEST(PollPlanner, AsksNeitherAtOnceNorNever) {
  for (const Duration usual : {0ms, 1ms, 300ms, 1000ms, 60'000ms, 3'600'000ms, 360'000'000ms}) {
    const PollPlanner planner = taught(usual);
    EXPECT_GE(planner.first("default"), 250ms);
    EXPECT_LE(planner.first("default"), 10min);
    for (Duration waited = -1h; waited < 48h; waited += 7min) {
      EXPECT_GE(planner.next("default", waited), 250ms);
      EXPECT_LE(planner.next("default", waited), 10min);
    }
  }
}

TEST(PollPlanner, AUsualTaskNeedsOnePoll) {
  for (const Duration usual : {1000ms, 10'000ms, 60'000ms, 400'000ms})
    EXPECT_EQ(follow(taught(usual), usual).polls, 1);
}

TEST(PollPlanner, AMuchShorterTaskNeedsOnePoll) {
  for (const Duration usual : {1000ms, 10'000ms, 60'000ms, 400'000ms})
    EXPECT_EQ(follow(taught(usual), usual / 10).polls, 1);
}

TEST(PollPlanner, AMuchLongerTaskNeedsFewPollsAndItsEndIsNoticed) {
  for (const Duration usual : {1000ms, 10'000ms, 60'000ms, 600'000ms}) {
    const Followed task = follow(taught(usual), usual * 10);
    EXPECT_LE(task.polls, 30) << usual.count();
    EXPECT_LE(task.noticed_after, std::max<Duration>(usual * 10 / 3, 1min));
  }
}

TEST(PollPlanner, TasksOfHoursAreNotAskedEveryMinute) {
  EXPECT_LE(follow(taught(1h), 1h).polls, 10);
  EXPECT_LE(follow(PollPlanner(), 6h).polls, 80);
}

// The promise is three polls a document, over tasks that differ.
TEST(PollPlanner, TasksThatDifferNeedTwoPollsOnAverage) {
  const PollPlanner planner = taught(10s);
  int polls = 0;
  for (int i = 1; i <= 20; ++i) polls += follow(planner, Duration(i * 1000)).polls;
  EXPECT_LE(polls, 2 * 20);
}

}  // namespace
}  // namespace chunkrd::pipeline
