#include "pipeline/absences.h"

#include <gtest/gtest.h>

#include "pipeline/policy.h"

namespace chunkrd::pipeline {
namespace {

using queue::State;

queue::Job job_in(State state, const std::string& inbox = "/inbox") {
  queue::Job job;
  job.inbox = inbox;
  job.state = state;
  return job;
}

const WallTime kNow(std::chrono::hours(1000));

TEST(Absences, AreTheInboxesAndTheStatesThatHaveMissedAFolder) {
  Absences absences;
  EXPECT_TRUE(absences.note(job_in(State::ready), "/spool", "is gone", kNow));
  EXPECT_FALSE(absences.note(job_in(State::ready), "/spool", "is gone", kNow)) << "nothing new";
  EXPECT_NE(absences.of(job_in(State::ready), kNow), nullptr);
  EXPECT_EQ(absences.of(job_in(State::submitted), kNow), nullptr) << "a poll needs no spool";
  EXPECT_EQ(absences.of(job_in(State::ready, "/other"), kNow), nullptr);
}

TEST(Absences, EachFolderIsNamedOnce) {
  Absences absences;
  absences.note(job_in(State::delivered), "/spool", "is gone", kNow + std::chrono::seconds(1));
  absences.note(job_in(State::ready), "/spool", "is gone", kNow);
  const auto all = absences.all(kNow);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all.front().since, kNow);
}

TEST(Absences, EndWhenAStepHasWhatItNeedsOrNobodyWaitsAnyMore) {
  Absences absences;
  absences.note(job_in(State::ready), "/spool", "is gone", kNow);
  EXPECT_TRUE(absences.clear(job_in(State::ready)));
  EXPECT_TRUE(absences.all(kNow).empty());
  absences.note(job_in(State::ready), "/spool", "is gone", kNow);
  EXPECT_TRUE(absences.all(kNow + 10 * kFolderPatience).empty()) << "all of them were cancelled";
  EXPECT_TRUE(absences.note(job_in(State::ready), "/spool", "is gone", kNow + 10 * kFolderPatience));
}

}  // namespace
}  // namespace chunkrd::pipeline
