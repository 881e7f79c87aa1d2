// The decisions about a task that exists, as tables: poll, overdue, collect.
#include <gmock/gmock.h>

#include "tests/unit/pipeline/expect.h"

namespace chunkrd::pipeline::lifecycle {
namespace {

using testing::HasSubstr;
using Request = NoAnswer::Request;
using Cause = NoAnswer::Cause;

Expected later(State state, Kind signal, Due due = Due::backoff) {
  return {state, due, signal, "", 0, 0, 1};
}

// --- poll ---

struct PollRow {
  const char* what;
  taskapi::Answer<Task> answer;
  Expected expected;
};

const PollRow kPollTable[] = {
    {"Starting", task_in(Status::Starting, "Task queued"), {State::submitted, Due::poll, Kind::reachable}},
    {"Processing",
     task_in(Status::Processing, "Finishing up"),
     {State::submitted, Due::poll, Kind::reachable}},
    {"Succeeded", task_in(Status::Succeeded), {State::collecting, Due::now, Kind::processed}},
    {"Failed",
     task_in(Status::Failed, "Task timed out"),
     {State::ready, Due::backoff, Kind::reachable, "", 1}},
    {"Failed without a word", task_in(Status::Failed), {State::ready, Due::backoff, Kind::reachable, "", 1}},
    {"Failed for the quota",
     task_in(Status::Failed, "Page limit exceeded"),
     {State::ready, Due::now, Kind::over_quota}},
    {"Cancelled by somebody",
     task_in(Status::Cancelled),
     {State::burying, Due::now, Kind::reachable, "cancelled", 1}},

    {"400", refusal(400), later(State::submitted, Kind::trouble)},
    {"401", refusal(401, "Invalid token payload"), later(State::submitted, Kind::refused_key)},
    {"403", refusal(403), later(State::submitted, Kind::refused_key)},
    {"404", refusal(404, "Task not found"), {State::submitted, Due::spacing, Kind::none}},
    {"429", refusal(429, "429 Failure"), later(State::submitted, Kind::slow_down)},
    {"429 with Retry-After", refusal(429, "", kRetryAfter),
     later(State::submitted, Kind::slow_down, Due::asked_for)},
    {"429 quota", refusal(429, "Usage limit exceeded"), later(State::submitted, Kind::over_quota)},
    {"500", refusal(500, "Failed to get task"), later(State::submitted, Kind::trouble)},
    {"503 with Retry-After", refusal(503, "", kRetryAfter),
     later(State::submitted, Kind::trouble, Due::asked_for)},
    {"not sent", no_answer(Request::not_sent, Cause::resolve), later(State::submitted, Kind::trouble)},
    {"timeout", no_answer(Request::maybe_sent, Cause::timeout), later(State::submitted, Kind::trouble)},
    {"cut", no_answer(Request::maybe_sent, Cause::cut), later(State::submitted, Kind::trouble)},
    {"garbled", Unreadable{"<html>"}, later(State::submitted, Kind::trouble)},
};

TEST(AfterPoll, DecidesOnEveryAnswer) {
  for (const PollRow& row : kPollTable) {
    SCOPED_TRACE(row.what);
    const Job job = job_in(State::submitted);
    const Decision decision = after_poll(job, row.answer, moment_at(kNow), Policy{});
    expect_decision(job, decision, row.expected);
    EXPECT_EQ(decision.signal.source, Signal::Source::other);
    EXPECT_EQ(decision.transition.after.task_id.empty(), row.expected.state == State::ready);
  }
}

TEST(AfterPoll, AnotherTasksAnswerIsNotBelieved) {
  const Job job = job_in(State::submitted);
  Task other = task_in(Status::Succeeded);
  other.task_id = "task-2";
  expect_decision(job, after_poll(job, other, moment_at(kNow), Policy{}),
                  later(State::submitted, Kind::trouble));
}

TEST(AfterPoll, AnAnswerEndsCountsOfFailuresAndOf404s) {
  Job job = job_in(State::submitted);
  job.transient_failures = 5;
  job.not_found = 2;
  const Job after = after_poll(job, task_in(Status::Processing), moment_at(kNow), Policy{}).transition.after;
  EXPECT_EQ(after.transient_failures, 0);
  EXPECT_EQ(after.not_found, 0);
  EXPECT_EQ(after.polls, 1);
  EXPECT_EQ(after.task_status, "Processing");
}

TEST(AfterPoll, TheLastAttemptsFailureIsADeadLetterWithTheServicesReason) {
  Job job = job_in(State::submitted);
  job.attempts = Policy{}.attempts - 1;
  const Decision decision =
      after_poll(job, task_in(Status::Failed, "Failed to run Chunkr analysis"), moment_at(kNow), Policy{});
  expect_decision(job, decision, {State::burying, Due::now, Kind::reachable, "task_failed", 1});
  EXPECT_EQ(decision.transition.after.error_message, "Failed to run Chunkr analysis");
  EXPECT_EQ(decision.transition.after.task_id, kTaskId);
}

TEST(AfterPoll, ASpentQuotaBurnsNoAttemptHoweverOften) {
  Job job = job_in(State::submitted);
  job.attempts = Policy{}.attempts - 1;
  const Decision decision =
      after_poll(job, task_in(Status::Failed, "Page limit exceeded"), moment_at(kNow), Policy{});
  expect_decision(job, decision, {State::ready, Due::now, Kind::over_quota});
  EXPECT_EQ(decision.transition.after.tag, "");
}

TEST(AfterPoll, ANewAttemptHasNothingLeftOfTheTaskBefore) {
  Job job = job_in(State::submitted);
  job.polls = 9;
  const Job after = after_poll(job, task_in(Status::Failed, "x"), moment_at(kNow), Policy{}).transition.after;
  EXPECT_EQ(after.tag + after.task_id + after.task_status, "");
  EXPECT_FALSE(after.intent_at || after.submitted_at);
  EXPECT_EQ(after.polls + after.not_found + after.empty_reads, 0);
}

TEST(AfterPoll, Only404sInARowAndFarApartSendItToTheList) {
  Job job = job_in(State::submitted);
  for (int i = 1; i < Policy{}.not_found_reads; ++i) {
    const Decision again = after_poll(job, refusal(404), moment_at(kNow), Policy{});
    expect_decision(job, again, {State::submitted, Due::spacing, Kind::none});
    job = again.transition.after;
  }
  const Decision last = after_poll(job, refusal(404), moment_at(kNow), Policy{});
  expect_decision(job, last, {State::submitting, Due::now, Kind::none});
  EXPECT_EQ(last.transition.after.task_id, kTaskId) << "reconcile must know that there was a task";
  EXPECT_EQ(last.transition.after.tag, kTag);
}

TEST(AfterPoll, ProcessingTooLongIsADeadLetterAndNoSecondTaskIsPaid) {
  Job job = job_in(State::submitted);
  job.submitted_at = kNow - 5h;
  Task task = task_in(Status::Processing);
  task.created_at = kNow - 5h;
  task.started_at = kNow - 2h;
  expect_decision(job, after_poll(job, task, moment_at(kNow), Policy{}),
                  {State::submitted, Due::poll, Kind::reachable});
  task.started_at = kNow - 2h - 1ms;
  expect_decision(job, after_poll(job, task, moment_at(kNow), Policy{}),
                  {State::burying, Due::now, Kind::reachable, "processing_timeout", 1});
}

// A machine whose clock is ahead must not give up every task.
TEST(AfterPoll, NoTaskIsProcessingLongerThanItIsSubmitted) {
  Job job = job_in(State::submitted);
  Task task = task_in(Status::Processing);
  task.started_at = kNow - 3h;
  EXPECT_EQ(after_poll(job, task, moment_at(kNow), Policy{}).transition.after.state, State::submitted);
}

TEST(AfterPoll, ATaskThatDoesNotSayWhenItBeganHasTheTimeOfBothStates) {
  Job job = job_in(State::submitted);
  job.submitted_at = kNow - 8h;
  const Task task = task_in(Status::Processing);
  EXPECT_EQ(after_poll(job, task, moment_at(kNow), Policy{}).transition.after.state, State::submitted);
  EXPECT_EQ(after_poll(job, task, moment_at(kNow + 1ms), Policy{}).transition.after.error_code,
            "processing_timeout");
}

// Only its own two times are compared: the service's clock may be years from ours, and either may be set.
TEST(AfterPoll, HowLongATaskIsProcessingDoesNotDependOnWhatTheServicesClockShows) {
  Job job = job_in(State::submitted);
  job.submitted_at = kNow - 5h;
  Task task = task_in(Status::Processing);
  for (const Duration apart : {Duration(0), Duration(24h), Duration(-24h), Duration(80 * 365 * 24h)}) {
    task.created_at = kNow - 5h + apart;
    task.started_at = kNow - 2h + apart;
    EXPECT_EQ(after_poll(job, task, moment_at(kNow), Policy{}).transition.after.state, State::submitted);
    EXPECT_EQ(after_poll(job, task, moment_at(kNow + 1ms), Policy{}).transition.after.error_code,
              "processing_timeout");
  }
}

TEST(AfterPoll, ATaskThatClaimsToHaveBegunTooLateHasTheTimeOfBothStatesToo) {
  Job job = job_in(State::submitted);
  job.submitted_at = kNow - 8h;
  Task task = task_in(Status::Processing);
  task.started_at = task.created_at + 80 * 365 * 24h;
  EXPECT_EQ(after_poll(job, task, moment_at(kNow), Policy{}).transition.after.state, State::submitted);
  EXPECT_EQ(after_poll(job, task, moment_at(kNow + 1ms), Policy{}).transition.after.error_code,
            "processing_timeout");
}

TEST(AfterPoll, RemembersThePagesOnceTheyAreKnown) {
  const Job job = job_in(State::submitted);
  Task task = task_in(Status::Processing);
  task.page_count = 0;  // until processing starts (contract)
  EXPECT_EQ(after_poll(job, task, moment_at(kNow), Policy{}).transition.after.pages, std::nullopt);
  task.page_count = 12;
  EXPECT_EQ(after_poll(job, task, moment_at(kNow), Policy{}).transition.after.pages, 12);
}

// --- a task that never starts ---

Job waiting_since(Duration ago) {
  Job job = job_in(State::submitted);
  job.submitted_at = kNow - ago;
  return job;
}

TEST(Overdue, OnlyATaskInStartingBeyondItsDeadlineIsCancelled) {
  const Policy policy;
  const Moment moment = moment_at(kNow);
  EXPECT_TRUE(is_to_be_cancelled(waiting_since(6h + 1ms), task_in(Status::Starting), moment, policy));
  EXPECT_FALSE(is_to_be_cancelled(waiting_since(6h), task_in(Status::Starting), moment, policy));
  for (const Status status : {Status::Processing, Status::Succeeded, Status::Failed, Status::Cancelled})
    EXPECT_FALSE(is_to_be_cancelled(waiting_since(24h), task_in(status), moment, policy));
}

TEST(Overdue, DecidesOnWhatItReadsAfterTheCancel) {
  const PollRow table[] = {
      {"cancelled", task_in(Status::Cancelled), {State::ready, Due::backoff, Kind::reachable, "", 1}},
      {"a worker won", task_in(Status::Processing), {State::submitted, Due::poll, Kind::reachable}},
      {"ready meanwhile", task_in(Status::Succeeded), {State::collecting, Due::now, Kind::processed}},
      {"failed", task_in(Status::Failed), {State::ready, Due::backoff, Kind::reachable, "", 1}},
      {"cancel had no effect", task_in(Status::Starting), {State::submitted, Due::poll, Kind::reachable}},
      {"not known", no_answer(Request::maybe_sent, Cause::cut), later(State::submitted, Kind::trouble)},
      {"500", refusal(500), later(State::submitted, Kind::trouble)},
      {"404", refusal(404), {State::submitted, Due::spacing, Kind::none}},
  };
  for (const PollRow& row : table) {
    SCOPED_TRACE(row.what);
    const Job job = waiting_since(7h);
    expect_decision(job, after_cancel(job, row.answer, moment_at(kNow), Policy{}), row.expected);
  }
}

TEST(Overdue, TheLastAttemptEndsAsStartingTimeout) {
  Job job = waiting_since(7h);
  job.attempts = Policy{}.attempts - 1;
  expect_decision(job, after_cancel(job, task_in(Status::Cancelled), moment_at(kNow), Policy{}),
                  {State::burying, Due::now, Kind::reachable, "starting_timeout", 1});
}

// The answer after our own cancel is lost: the next poll must not take it for somebody else's.
TEST(Overdue, OurCancelIsKnownAsOursAlsoAfterALostAnswer) {
  for (const taskapi::Answer<Task>& read_again :
       {taskapi::Answer<Task>(no_answer(Request::maybe_sent, Cause::cut)),
        taskapi::Answer<Task>(refusal(404)), taskapi::Answer<Task>(task_in(Status::Starting))}) {
    const Job job = after_cancel(waiting_since(7h), read_again, moment_at(kNow), Policy{}).transition.after;
    expect_decision(job, after_poll(job, task_in(Status::Cancelled), moment_at(kNow), Policy{}),
                    {State::ready, Due::backoff, Kind::reachable, "", 1});
  }
}

TEST(Overdue, OurCancelIsKnownAsOursAlsoAfterACrash) {
  const Job job = waiting_since(7h);
  const queue::Transition intent = intend_cancel(job, kNow);
  expect_sound(job, intent);
  EXPECT_EQ(intent.after.state, State::submitted);
  expect_decision(intent.after,
                  after_poll(intent.after, task_in(Status::Cancelled), moment_at(kNow), Policy{}),
                  {State::ready, Due::backoff, Kind::reachable, "", 1});
}

TEST(Overdue, ATaskThatStartedAfterAllIsSomebodyElsesToCancel) {
  Job job = intend_cancel(waiting_since(7h), kNow).after;
  job = after_poll(job, task_in(Status::Processing), moment_at(kNow), Policy{}).transition.after;
  expect_decision(job, after_poll(job, task_in(Status::Cancelled), moment_at(kNow), Policy{}),
                  {State::burying, Due::now, Kind::reachable, "cancelled", 1});
}

// --- collect ---

struct CollectRow {
  const char* what;
  Collected collected;
  Expected expected;
};

artifacts::Summary result(Status status, std::size_t chunks, std::optional<int> pages) {
  artifacts::Summary summary{task_in(status), chunks, chunks * 3};
  summary.task.page_count = pages;
  return summary;
}

TEST(AfterCollect, DecidesOnEveryOutcome) {
  const Expected deliver{State::delivering, Due::now, Kind::reachable};
  const Expected again{State::collecting, Due::backoff, Kind::reachable};
  artifacts::Summary other = result(Status::Succeeded, 3, 1);
  other.task.task_id = "task-2";
  const CollectRow table[] = {
      {"whole", result(Status::Succeeded, 3, 2), deliver},
      {"chunks, pages not told", result(Status::Succeeded, 3, std::nullopt), deliver},
      {"no pages, no chunks", result(Status::Succeeded, 0, 0), deliver},
      {"pages, no chunks", result(Status::Succeeded, 0, 2), again},
      {"nothing told at all", result(Status::Succeeded, 0, std::nullopt), again},
      {"another task", other, again},
      {"cut", artifacts::Broken{"ends inside chunks[3]"}, again},
      {"garbled", Unreadable{"<html>"}, again},
      {"Starting again", result(Status::Starting, 0, 0), {State::submitted, Due::poll, Kind::reachable}},
      {"Processing again", result(Status::Processing, 0, 1), {State::submitted, Due::poll, Kind::reachable}},
      {"Failed", result(Status::Failed, 0, 1), {State::submitted, Due::poll, Kind::reachable}},
      {"Cancelled", result(Status::Cancelled, 0, 1), {State::submitted, Due::poll, Kind::reachable}},
      {"400", refusal(400), later(State::collecting, Kind::trouble)},
      {"401", refusal(401), later(State::collecting, Kind::refused_key)},
      {"a file refused", FileRefused{result(Status::Succeeded, 1, 1), "the PDF: HTTP 403"}, again},
      {"a file not to be had now", FileLater{"the PDF: no answer"},
       later(State::collecting, Kind::reachable)},
      {"404", refusal(404), {State::collecting, Due::spacing, Kind::none}},
      {"429", refusal(429), later(State::collecting, Kind::slow_down)},
      {"500", refusal(500), later(State::collecting, Kind::trouble)},
      {"503 with Retry-After", refusal(503, "", kRetryAfter),
       later(State::collecting, Kind::trouble, Due::asked_for)},
      {"not sent", no_answer(Request::not_sent, Cause::connect), later(State::collecting, Kind::trouble)},
      {"cut off", no_answer(Request::maybe_sent, Cause::cut), later(State::collecting, Kind::trouble)},
      {"no space here", no_answer(Request::maybe_sent, Cause::local_file, ENOSPC),
       later(State::collecting, Kind::disk_full)},
      {"no descriptor here", no_answer(Request::not_sent, Cause::local_file, EMFILE),
       later(State::collecting, Kind::none)},
  };
  for (const CollectRow& row : table) {
    SCOPED_TRACE(row.what);
    const Job job = job_in(State::collecting);
    const Decision decision = after_collect(job, row.collected, moment_at(kNow), Policy{});
    expect_decision(job, decision, row.expected);
    EXPECT_EQ(decision.transition.after.task_id, kTaskId);
  }
}

TEST(AfterCollect, WhatCannotBeUsedIsReadAFewTimesAndThenADeadLetter) {
  artifacts::Summary other = result(Status::Succeeded, 3, 1);
  other.task.task_id = "task-2";
  const std::pair<const char*, Collected> table[] = {
      {"empty_output", result(Status::Succeeded, 0, 2)},
      {"unreadable_output", artifacts::Broken{"cut"}},
      {"unreadable_output", Unreadable{"?"}},
      {"wrong_task", other},
      {"not_ready", result(Status::Processing, 0, 2)},
  };
  for (const auto& [code, collected] : table) {
    SCOPED_TRACE(code);
    Job job = job_in(State::collecting);
    for (int read = 1; read < Policy{}.empty_reads; ++read) {
      job = after_collect(job, collected, moment_at(kNow), Policy{}).transition.after;
      EXPECT_EQ(job.empty_reads, read);
      job.state = State::collecting;  // poll has found it Succeeded once more
    }
    expect_decision(job, after_collect(job, collected, moment_at(kNow), Policy{}),
                    {State::burying, Due::now, Kind::reachable, code, 1});
  }
}

TEST(AfterCollect, AnEmptyResultIsBelievedWhenPollSawNoPages) {
  Job job = job_in(State::collecting);
  job.pages = 4;
  EXPECT_EQ(after_collect(job, result(Status::Succeeded, 0, std::nullopt), moment_at(kNow), Policy{})
                .transition.after.state,
            State::collecting);
}

TEST(AfterCollect, ATaskThatIsGoneIsLookedForInTheList) {
  Job job = job_in(State::collecting);
  job.not_found = Policy{}.not_found_reads - 1;
  const Decision decision = after_collect(job, refusal(404), moment_at(kNow), Policy{});
  expect_decision(job, decision, {State::submitting, Due::now, Kind::none});
  EXPECT_EQ(decision.transition.after.task_id, kTaskId);
}

TEST(AfterCollect, AnAnswerBetweenTwo404sBreaksTheRow) {
  Job job = job_in(State::collecting);
  job.not_found = 2;
  EXPECT_EQ(
      after_collect(job, artifacts::Broken{"cut"}, moment_at(kNow), Policy{}).transition.after.not_found, 0);
}

// --- the files of a result ---

FileRefused refused(FileRefused::Need need) {
  return {result(Status::Succeeded, 3, 2), "the PDF: HTTP 404 from the storage", need};
}

TEST(AfterCollect, ARefusedFileIsAskedForAtOnceThenEveryMinuteThenItIsADeadLetter) {
  Job job = job_in(State::collecting);
  const Policy policy;
  for (int read = 1; read < policy.empty_reads; ++read) {
    const Decision decision = after_collect(job, refused(FileRefused::Need::must), moment_at(kNow), policy);
    expect_decision(job, decision,
                    {State::collecting, read == 1 ? Due::backoff : Due::spacing, Kind::reachable});
    job = decision.transition.after;
  }
  expect_decision(job, after_collect(job, refused(FileRefused::Need::must), moment_at(kNow), policy),
                  {State::burying, Due::now, Kind::reachable, "file_unavailable", 1});
}

TEST(AfterCollect, AFileThatMayMissIsDoneWithoutInTheEndAndTheStorySaysSo) {
  Job job = job_in(State::collecting);
  job.empty_reads = Policy{}.empty_reads - 1;
  const Decision decision =
      after_collect(job, refused(FileRefused::Need::may_miss), moment_at(kNow), Policy{});
  EXPECT_EQ(decision.transition.after.state, State::delivering);
  EXPECT_EQ(decision.transition.event.detail,
            "3 chunks, 9 segments; without the PDF: HTTP 404 from the storage");
  job.empty_reads = 0;
  EXPECT_EQ(after_collect(job, refused(FileRefused::Need::may_miss), moment_at(kNow), Policy{})
                .transition.after.state,
            State::collecting)
      << "not at once";
}

TEST(AfterCollect, AStorageThatIsNotThereIsWaitedForAsLongAsItTakes) {
  Job job = job_in(State::collecting);
  for (int failures = 0; failures < 1000; ++failures) {
    const Decision decision = after_collect(job, FileLater{"no answer"}, moment_at(kNow), Policy{});
    job = decision.transition.after;
    ASSERT_EQ(job.state, State::collecting);
    ASSERT_LE(job.due, kNow + Policy{}.backoff_ceiling);
  }
  EXPECT_EQ(job.attempts, 0);
  EXPECT_EQ(job.empty_reads, 0);
}

TEST(AfterCollect, OnlyAWholeResultIsWorthItsFiles) {
  const Job job = job_in(State::collecting);
  EXPECT_TRUE(is_whole(job, result(Status::Succeeded, 1, 1)));
  EXPECT_TRUE(is_whole(job, result(Status::Succeeded, 0, 0)));
  EXPECT_FALSE(is_whole(job, result(Status::Succeeded, 0, 1)));
  EXPECT_FALSE(is_whole(job, result(Status::Processing, 1, 1)));
  artifacts::Summary other = result(Status::Succeeded, 1, 1);
  other.task.task_id = "of somebody else";
  EXPECT_FALSE(is_whole(job, other));
}

}  // namespace
}  // namespace chunkrd::pipeline::lifecycle
