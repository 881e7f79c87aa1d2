// What a start makes of times that were written by a clock that was wrong, or before a long stop.
#include <gtest/gtest.h>

#include <chrono>

#include "queue/sqlite/sqlite_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/queue/jobs.h"

namespace chunkrd::queue {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = at(1'764'000'000'000);

class GoingOn : public ::testing::Test {
 protected:
  Job with(State state, WallTime due, std::optional<WallTime> submitted_at = std::nullopt) {
    Job job = found(++number);
    job.state = state;
    job.due = due;
    job.submitted_at = submitted_at;
    const Change change = insertion(job);
    EXPECT_TRUE(store.apply({&change, 1}, kNow).front());
    return job;
  }
  Job now(const Job& job) { return store.find(job.id).value(); }

  tests::TemporaryFolder folder;
  SqliteStore store{folder / "queue.sqlite", {.durability = Durability::none}};
  int number = 0;
};

TEST_F(GoingOn, ATimeInWhichNothingRanDoesNotCountForDeadlines) {
  const Job polled = with(State::submitted, kNow, kNow - 3h),
            looked_for = with(State::submitting, kNow, kNow - 3h),
            updated = with(State::reparsing, kNow, kNow - 3h), done = with(State::done, kNow - 3h, kNow - 3h);
  store.go_on(kNow, 2h);
  for (const Job& job : {polled, looked_for, updated}) EXPECT_EQ(now(job).submitted_at, kNow - 1h);
  EXPECT_EQ(now(done).submitted_at, kNow - 3h);
}

TEST_F(GoingOn, NoDeadlineBeginsInTheFuture) {
  const Job job = with(State::submitted, kNow, kNow + 24h);
  store.go_on(kNow, 0ms);
  EXPECT_EQ(now(job).submitted_at, kNow);
}

TEST_F(GoingOn, NoRowWaitsForAClockThatWasWrong) {
  for (const State state :
       {State::ready, State::submitting, State::submitted, State::claiming, State::removing}) {
    const Job far = with(state, kNow + 24h), near = with(state, kNow + 59min), past = with(state, kNow - 24h);
    store.go_on(kNow, 0ms);
    EXPECT_EQ(now(far).due, kNow);
    EXPECT_EQ(now(near).due, kNow + 59min) << "a Retry-After";
    EXPECT_EQ(now(past).due, kNow - 24h);
  }
}

TEST_F(GoingOn, NothingHasEndedInTheFuture) {
  const Job job = with(State::done, kNow + 80 * 365 * 24h);
  store.go_on(Mark(kNow - 5h, kNow, kNow), 0ms);
  EXPECT_EQ(now(job).due, kNow - 5h);
}

}  // namespace
}  // namespace chunkrd::queue
