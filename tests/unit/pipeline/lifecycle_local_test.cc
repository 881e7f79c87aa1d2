// The decisions about files: deliver, archive, bury, and what nobody planned for.
#include "tests/unit/pipeline/expect.h"

namespace chunkrd::pipeline::lifecycle {
namespace {

TEST(AfterDeliver, APublishedResultIsDeliveredUnderItsName) {
  const Job job = job_in(State::delivering);
  const Decision decision = after_deliver(job, Published{"report~ab12.pdf"}, moment_at(kNow));
  expect_decision(job, decision, {State::delivered, Due::now, Kind::none});
  EXPECT_EQ(decision.transition.after.delivered_name, "report~ab12.pdf");
}

TEST(AfterDeliver, WhatWasKeptOfAnEarlierResultIsTold) {
  const Decision decision = after_deliver(
      job_in(State::delivering), Published{"a.pdf", "/outbox", "the earlier result stays"}, moment_at(kNow));
  EXPECT_EQ(decision.transition.event.detail, "as a.pdf; the earlier result stays");
}

TEST(AfterUnchanged, TheEarlierResultIsItsOwnAndNothingIsPaid) {
  const Job job = job_in(State::claiming);
  Job known = job;
  known.state = State::ready;
  known.sha256 = "ab12";
  Job earlier = job_in(State::done);
  earlier.id = "earlier";
  earlier.task_id = kTaskId;
  earlier.pages = 3;
  const Decision decision = after_unchanged(job, known, earlier, "report~ab12.pdf", moment_at(kNow));
  expect_decision(job, decision, {State::delivered, Due::now, Kind::none});
  const Job& after = decision.transition.after;
  EXPECT_EQ(after.sha256, "ab12");
  EXPECT_EQ(after.delivered_name, "report~ab12.pdf");
  EXPECT_EQ(after.reused_from, "earlier");
  EXPECT_EQ(after.task_id, kTaskId) << "a reprocess updates it";
  EXPECT_EQ(after.pages, 3);
  EXPECT_EQ(decision.transition.spent, queue::Spent{});
}

TEST(AfterDeliver, AResultThatIsNotThereIsFetchedAgain) {
  const Job job = job_in(State::delivering);
  const Decision decision = after_deliver(job, ResultMissing{}, moment_at(kNow));
  expect_decision(job, decision, {State::collecting, Due::backoff, Kind::none});
  EXPECT_EQ(decision.transition.after.task_id, kTaskId);
}

TEST(AfterArchive, TheDocumentIsDone) {
  const Job job = job_in(State::delivered);
  expect_decision(job, after_archive(job, {"report.pdf", "archived"}, moment_at(kNow), Policy{}),
                  {State::done, Due::now, Kind::none});
}

TEST(AfterBury, TheEndSaysWhy) {
  Job job = job_in(State::burying);
  job.error_code = "task_failed";
  expect_decision(job, after_bury(job, {"report.pdf", "in failed/"}, moment_at(kNow), Policy{}),
                  {State::failed, Due::now, Kind::none, "task_failed"});
  job.error_code = "cancelled";
  expect_decision(job, after_bury(job, {"report.pdf", "in failed/"}, moment_at(kNow), Policy{}),
                  {State::cancelled, Due::now, Kind::none, "cancelled"});
}

TEST(AfterChange, AResultStaysWhatItIsAndAnythingElseBeginsAnew) {
  for (const State state : {State::ready, State::submitting, State::burying, State::delivered}) {
    const Job job = job_in(state);
    const Decision decision =
        after_change(job, {"back in the inbox as report.pdf"}, moment_at(kNow), Policy{});
    EXPECT_EQ(decision.transition.after.state, state == State::delivered ? State::done : State::vanished);
    EXPECT_EQ(decision.transition.after.original_name, "") << "nothing was put away";
    EXPECT_EQ(decision.transition.event.what, "changed");
  }
}

TEST(AfterUnsent, TheDocumentIsReadyAgainAndBurnsNoAttempt) {
  Job job = job_in(State::submitting);
  const Decision first = after_unsent(job, "EIO", moment_at(kNow), Policy{});
  expect_decision(
      job, first,
      {.state = State::ready, .due = Due::backoff, .signal = Kind::none, .transient_failures = 1});
  EXPECT_EQ(first.transition.after.tag, "");
  job.possible_duplicates = 1;
  EXPECT_EQ(after_unsent(job, "EIO", moment_at(kNow), Policy{}).transition.after.tag, kTag)
      << "an earlier submit may still be found by it";
}

TEST(AfterAbsence, TheDocumentWaitsInItsStateAndIsToldSoOnce) {
  Job job = job_in(State::delivered);
  const Decision first = after_absence(job, "the archive is gone", moment_at(kNow));
  EXPECT_EQ(first.transition.after.state, State::delivered);
  EXPECT_EQ(first.transition.after.attempts, job.attempts);
  EXPECT_GT(first.transition.after.due, kNow);
  EXPECT_LE(first.transition.after.due, kNow + kFolderPatience);
  EXPECT_EQ(first.transition.event.detail, "the archive is gone");
  const Decision second = after_absence(first.transition.after, "the archive is gone", moment_at(kNow));
  EXPECT_EQ(second.transition.event.what, "");
}

TEST(AfterArchive, TheRowSaysOnWhichShelfTheOriginalLies) {
  const Job job = job_in(State::delivered);
  const auto after = after_archive(job, {"report.pdf", "archived", "/srv/archive"}, moment_at(kNow), Policy{})
                         .transition.after;
  EXPECT_EQ(after.shelf, "/srv/archive");
}

TEST(AfterError, TheStepIsRunAgainLaterInEveryState) {
  for (int i = 1; i <= static_cast<int>(State::burying); ++i) {
    Job job = job_in(static_cast<State>(i));
    const Decision decision = after_error(job, "ENOSPC", {Kind::disk_full, {}}, moment_at(kNow), Policy{});
    expect_decision(job, decision,
                    {job.state, Due::backoff, Kind::disk_full, job.error_code.c_str(), 0, 0, 1});
    EXPECT_EQ(decision.transition.event.detail, "ENOSPC");
  }
}

TEST(AfterError, AFullDiskIsTriedAgainWithinHalfAMinuteHoweverLongItWasFull) {
  Job job = job_in(State::delivering);
  job.transient_failures = 1000;
  const Decision decision = after_error(job, "ENOSPC", {Kind::disk_full, {}}, {kNow, 0.999999, {}}, Policy{});
  EXPECT_LE(decision.transition.after.due, kNow + 30s);
}

TEST(AfterError, BacksOffFurtherEachTimeUpToTheCeiling) {
  Job job = job_in(State::burying);
  const Policy policy;
  Duration longest{0};
  for (int i = 0; i < 2000; ++i) {
    const Decision decision = after_error(job, "EIO", {}, {kNow, 0.999999, {}}, policy);
    const Duration pause = decision.transition.after.due - kNow;
    EXPECT_GE(pause, longest);
    EXPECT_LE(pause, policy.backoff_ceiling);
    longest = pause;
    job = decision.transition.after;
  }
  EXPECT_GT(longest, policy.backoff_ceiling - 1s);
}

}  // namespace
}  // namespace chunkrd::pipeline::lifecycle
