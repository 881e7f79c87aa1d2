#include "cli/job_text.h"

#include <gtest/gtest.h>

namespace chunkrd::cli {
namespace {

using namespace std::chrono_literals;
using queue::State;

const WallTime kNow = WallTime(1000h);

queue::Job job_in(State state) {
  queue::Job job;
  job.state = state;
  job.due = kNow;
  return job;
}

TEST(WhatIsNext, IsTheStepAndItsTime) {
  auto job = job_in(State::submitted);
  EXPECT_EQ(next_or_error(job, kNow, {}), "poll now");
  job.due = kNow + 12s;
  EXPECT_EQ(next_or_error(job, kNow, {}), "poll in 12s");
}

TEST(WhatIsNext, IsNotNowWhileSubmitsArePaused) {
  const Holding paused{.all = {}, .submits = "paused (quota)"};
  EXPECT_EQ(next_or_error(job_in(State::ready), kNow, paused), "submit: paused (quota)");
  EXPECT_EQ(next_or_error(job_in(State::submitted), kNow, paused), "poll now");
}

TEST(WhatIsNext, IsNothingWhileNoDaemonRuns) {
  const Holding stopped{.all = "the daemon does not run", .submits = {}};
  EXPECT_EQ(next_or_error(job_in(State::submitted), kNow, stopped), "poll: the daemon does not run");
  EXPECT_EQ(next_or_error(job_in(State::done), kNow, stopped), "");
}

TEST(WhatIsNext, IsTheMessageOfWhatHasFailed) {
  auto job = job_in(State::failed);
  job.error_code = "bad_request";
  EXPECT_EQ(next_or_error(job, kNow, {}), "bad_request");
  job.error_message = "Invalid\x1b[2J file";
  EXPECT_EQ(next_or_error(job, kNow, {}), "bad_request: Invalid\uFFFD[2J file");
}

}  // namespace
}  // namespace chunkrd::cli
