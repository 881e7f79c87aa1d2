// What people ask for, in every state.
#include <gmock/gmock.h>

#include "pipeline/commands.h"
#include "pipeline/decision.h"
#include "tests/unit/pipeline/expect.h"

namespace chunkrd::pipeline::lifecycle {
namespace {

using queue::Asked;
using queue::CommandAnswer;
using testing::HasSubstr;
using Outcome = CommandAnswer::Outcome;

Job ended(State state) {
  Job job = job_in(State::delivered);
  job.state = state;
  if (state == State::done) job.delivered_name = "report.pdf";
  if (state == State::failed || state == State::cancelled) {
    job.error_stage = "poll";
    job.error_code = state == State::cancelled ? "cancelled" : "task_failed";
    job.error_message = "no";
    job.task_status = state == State::cancelled ? "Cancelled" : "Failed";
  }
  job.original_name = "report.pdf";
  return job;
}

Job in_any(State state) {
  if (queue::is_end(state)) return ended(state);
  Job job = state > State::vanished ? ended(State::done) : job_in(state);
  job.state = state;
  if (state == State::updating || state == State::reparsing) job.wanted_settings = R"({"a":1})";
  if (state == State::updating) job.task_status = "Updating";
  return job;
}

struct Row {
  State from;
  Outcome outcome;
  State to;
  Asked asked;
};

void expect_replies(const Wish& wish, std::initializer_list<Row> table) {
  EXPECT_EQ(table.size(), static_cast<std::size_t>(queue::kStateCount)) << "a row for each state";
  for (const Row& row : table) {
    SCOPED_TRACE(to_string(row.from));
    const Job job = in_any(row.from);
    const Reply reply = asked(job, wish, kNow);
    EXPECT_EQ(to_string(reply.answer.outcome), to_string(row.outcome)) << reply.answer.text;
    EXPECT_FALSE(reply.answer.text.empty());
    EXPECT_EQ(reply.transition.has_value(), row.outcome != Outcome::refused);
    if (!reply.transition) continue;
    EXPECT_EQ(reply.transition->from, row.from);
    EXPECT_EQ(reply.transition->after.lease, job.lease);
    EXPECT_EQ(to_string(reply.transition->after.state), to_string(row.to));
    EXPECT_EQ(reply.transition->after.asked, row.asked);
    EXPECT_LE(reply.transition->after.due, kNow);
  }
}

constexpr auto kNo = Outcome::refused;
constexpr auto kYes = Outcome::accepted;

TEST(Cancel, IsAnsweredInEveryState) {
  expect_replies(Cancel{}, {
                               {State::claiming, kYes, State::claiming, Asked::cancel},
                               {State::ready, Outcome::done, State::burying, Asked::nothing},
                               {State::submitting, kYes, State::submitting, Asked::cancel},
                               {State::submitted, kYes, State::submitted, Asked::cancel},
                               {State::collecting, kNo, {}, {}},
                               {State::delivering, kNo, {}, {}},
                               {State::delivered, kNo, {}, {}},
                               {State::burying, kNo, {}, {}},
                               {State::done, kNo, {}, {}},
                               {State::failed, kNo, {}, {}},
                               {State::cancelled, kNo, {}, {}},
                               {State::vanished, kNo, {}, {}},
                               {State::removing, kNo, {}, {}},
                               {State::updating, kYes, State::updating, Asked::cancel},
                               {State::reparsing, kYes, State::reparsing, Asked::cancel},
                               {State::retrying, kYes, State::retrying, Asked::cancel},
                           });
}

TEST(Cancel, WithTheChoiceToDeleteNothingOnItsWayIsTooLate) {
  for (const State state : {State::collecting, State::delivering, State::delivered}) {
    const Reply reply = asked(in_any(state), Cancel{.or_remove = true}, kNow);
    ASSERT_TRUE(reply.transition.has_value());
    EXPECT_EQ(reply.transition->after.asked, Asked::remove);
    EXPECT_THAT(reply.answer.text, HasSubstr("too late"));
  }
}

TEST(Cancel, AnUpdateThatHasNotLeftIsCancelledHere) {
  Job job = in_any(State::updating);
  job.task_status = "Succeeded";
  const Reply reply = asked(job, Cancel{}, kNow);
  EXPECT_EQ(reply.answer.outcome, Outcome::done);
  EXPECT_EQ(reply.transition->after.state, State::delivered) << "with its old result";
  EXPECT_TRUE(reply.transition->after.wanted_settings.empty());
}

TEST(Remove, IsAnsweredInEveryState) {
  const auto mark = [](State state) { return Row{state, kYes, state, Asked::remove}; };
  expect_replies(Remove{}, {
                               mark(State::claiming),
                               mark(State::ready),
                               mark(State::submitting),
                               mark(State::submitted),
                               mark(State::collecting),
                               mark(State::delivering),
                               mark(State::delivered),
                               mark(State::burying),
                               {State::done, kYes, State::removing, Asked::remove},
                               {State::failed, kYes, State::removing, Asked::remove},
                               {State::cancelled, kYes, State::removing, Asked::remove},
                               {State::vanished, kYes, State::removing, Asked::remove},
                               {State::removing, kNo, {}, {}},
                               mark(State::updating),
                               mark(State::reparsing),
                               mark(State::retrying),
                           });
}

TEST(Remove, WhatHasNothingAtTheServiceIsRefused) {
  Job job = ended(State::done);
  job.task_status = "Deleted";
  EXPECT_EQ(asked(job, Remove{}, kNow).answer.outcome, kNo);
  job = ended(State::vanished);
  job.task_id.clear();
  EXPECT_EQ(asked(job, Remove{}, kNow).answer.outcome, kNo);
}

TEST(Retry, IsForWhatHasFailed) {
  for (int i = 1; i <= queue::kStateCount; ++i) {
    const auto state = static_cast<State>(i);
    const bool retried = state == State::failed || state == State::cancelled;
    const Reply reply = asked(in_any(state), Retry{}, kNow);
    EXPECT_EQ(reply.answer.outcome, retried ? kYes : kNo) << to_string(state);
    if (retried) EXPECT_EQ(reply.transition->after.state, State::retrying);
  }
}

TEST(Reprocess, UpdatesTheTaskWhereThereIsOne) {
  for (const State state : {State::done, State::failed}) {
    const Reply reply = asked(ended(state), Reprocess{"scans", R"({"a":1})"}, kNow);
    ASSERT_TRUE(reply.transition.has_value()) << reply.answer.text;
    EXPECT_EQ(reply.transition->after.state, State::updating);
    EXPECT_EQ(reply.transition->after.wanted_settings, R"({"a":1})");
    EXPECT_EQ(reply.transition->after.revision, 1);
  }
}

TEST(Reprocess, PaysForANewTaskOnlyWhenThatWasAllowed) {
  Job job = ended(State::done);
  job.task_status = "Deleted";
  const Reply refused = asked(job, Reprocess{"scans", R"({"a":1})"}, kNow);
  EXPECT_EQ(refused.answer.outcome, kNo);
  EXPECT_THAT(refused.answer.text, HasSubstr("--resubmit"));
  const Reply paid = asked(job, Reprocess{"scans", R"({"a":1})", true}, kNow);
  EXPECT_EQ(paid.transition->after.state, State::retrying);
}

TEST(Reprocess, WithTheSameSettingsIsRefused) {
  EXPECT_EQ(asked(ended(State::done), Reprocess{"default", "{}"}, kNow).answer.outcome, kNo);
}

// --- the original is back ---

Job retried(const char* code, const char* task_status) {
  Job job = ended(State::failed);
  job.state = State::retrying;
  job.error_code = code;
  job.task_status = task_status;
  job.attempts = 3;
  return job;
}

State state_after_retrieve(const Job& job, std::string sha256 = "ab12") {
  const Decision decision = after_retrieve(job, Retrieved{std::move(sha256), 5}, moment_at(kNow));
  EXPECT_EQ(decision.transition.after.error_code, "");
  EXPECT_EQ(decision.transition.after.attempts, 0);
  EXPECT_EQ(decision.transition.after.size_bytes, 5U);
  return decision.transition.after.state;
}

TEST(AfterRetrieve, ATaskThatMayHaveSucceededIsAskedBeforeAnotherIsPaid) {
  EXPECT_EQ(state_after_retrieve(retried("processing_timeout", "Processing")), State::submitted);
  EXPECT_EQ(state_after_retrieve(retried("empty_output", "Succeeded")), State::submitted);
  EXPECT_EQ(state_after_retrieve(retried("task_failed", "Failed")), State::ready);
  EXPECT_EQ(state_after_retrieve(retried("cancelled", "Cancelled")), State::ready);
  EXPECT_EQ(state_after_retrieve(retried("task_lost", "Processing")), State::ready);
  EXPECT_EQ(state_after_retrieve(retried("empty_output", "Deleted")), State::ready);
}

TEST(AfterRetrieve, ASubmitThatWasNeverConfirmedIsLookedForFirst) {
  Job job = retried("submit_unconfirmed", "");
  job.task_id.clear();
  EXPECT_EQ(state_after_retrieve(job), State::submitting);
}

// It has no tag: what its earlier submits may have made would be taken for another link's of the same name.
TEST(AfterRetrieve, ThatALinksSubmitsMayHaveMadeTasksIsNotForgotten) {
  for (const char* name : {"page.url", "report.pdf"}) {
    SCOPED_TRACE(name);
    const int kept = name == std::string("page.url") ? 1 : 0;
    Job job = ended(State::failed);
    job.name = name;
    job.task_id.clear();
    job.possible_duplicates = 3;
    job.state = State::retrying;
    for (const char* sha256 : {"the same", "another"}) {
      job.sha256 = "the same";
      EXPECT_EQ(after_retrieve(job, Retrieved{.sha256 = sha256}, moment_at(kNow))
                    .transition.after.possible_duplicates,
                kept);
    }
    job = ended(State::failed);
    job.name = name;
    job.possible_duplicates = 3;
    const auto reply = asked(job, Reprocess{"scans", R"({"a":2})", true}, kNow);
    ASSERT_TRUE(reply.transition) << reply.answer.text;
    EXPECT_EQ(reply.transition->after.possible_duplicates, kept);
  }
}

TEST(AfterRetrieve, AMendedDocumentIsANewOne) {
  EXPECT_EQ(state_after_retrieve(retried("processing_timeout", "Processing"), "cd34"), State::ready);
}

TEST(AfterRetrieve, WithoutItsOriginalItStaysWhatItWas) {
  const Job job = retried("task_failed", "Failed");
  const Decision decision = after_retrieve(job, NoOriginal{"gone"}, moment_at(kNow));
  expect_decision(job, decision, {State::failed, Due::now, Kind::none, "task_failed"});
}

// --- wishes that had to wait ---

Decision leading_to(State state, Asked asked) {
  Job after = job_in(state);
  after.asked = asked;
  return {{State::submitting, after, {"x", "y"}}, {}};
}

TEST(Honour, ADocumentThatIsReadyAgainIsCancelledInsteadOfSubmitted) {
  const Decision decision = honour(leading_to(State::ready, Asked::cancel), moment_at(kNow));
  EXPECT_EQ(decision.transition.from, State::submitting);
  EXPECT_EQ(decision.transition.after.state, State::burying);
  EXPECT_EQ(decision.transition.after.error_code, "cancelled");
}

TEST(Honour, AResultThatIsThereIsDelivered) {
  EXPECT_EQ(honour(leading_to(State::collecting, Asked::cancel), moment_at(kNow)).transition.after.asked,
            Asked::nothing);
  EXPECT_EQ(
      honour(leading_to(State::collecting, Asked::cancel_or_remove), moment_at(kNow)).transition.after.asked,
      Asked::remove);
}

TEST(Cancel, ThatComesTooLateLeavesADeleteGrantedThatWasAskedForBefore) {
  Job job = job_in(State::submitted);
  job.asked = Asked::remove;
  const Job both = asked(job, Cancel{}, kNow).transition->after;
  EXPECT_TRUE(wants_cancel(both));
  const Decision late = after_cancel(both, task_in(Status::Processing), moment_at(kNow), Policy{});
  EXPECT_EQ(late.transition.after.asked, Asked::remove);
  EXPECT_EQ(honour(leading_to(State::collecting, both.asked), moment_at(kNow)).transition.after.asked,
            Asked::remove);
}

TEST(Cancel, AsksForADeleteAlsoWhereThatWasAskedForAfterwards) {
  Job job = job_in(State::submitted);
  job.asked = Asked::cancel;
  const Job both = asked(job, Remove{}, kNow).transition->after;
  EXPECT_TRUE(wants_cancel(both)) << "a cancel that was granted is not lost by a later delete either";
  Decision cancelled = after_cancel(both, task_in(Status::Cancelled), moment_at(kNow), Policy{});
  EXPECT_EQ(cancelled.transition.after.error_code, "cancelled");
  EXPECT_EQ(over(cancelled.transition.after, Policy{}), State::removing);
}

TEST(Cancel, OfAnUpdateLeavesTheDeleteThatWasAskedFor) {
  Job job = job_in(State::delivered);
  job.state = State::reparsing;
  job.wanted_profile = "default";
  job.wanted_settings = R"({"ocr_strategy":"All"})";
  job.delivered_name = "report.pdf";
  job.asked = Asked::cancel_and_remove;
  EXPECT_EQ(keep_old(job, "update_cancelled", "asked for", moment_at(kNow)).transition.after.asked,
            Asked::remove);
  job.delivered_name.clear();
  job.error_code = "task_failed";
  EXPECT_EQ(keep_old(job, "update_cancelled", "asked for", moment_at(kNow)).transition.after.state,
            State::removing)
      << "its way is over: the task goes now";
}

TEST(Honour, AnEndHasNoWishLeft) {
  for (const Asked asked : {Asked::cancel, Asked::remove, Asked::cancel_or_remove})
    EXPECT_EQ(honour(leading_to(State::failed, asked), moment_at(kNow)).transition.after.asked,
              Asked::nothing);
}

TEST(Honour, LeavesOtherWishesAlone) {
  const Decision decision = honour(leading_to(State::ready, Asked::remove), moment_at(kNow));
  EXPECT_EQ(decision.transition.after.state, State::ready);
  EXPECT_EQ(decision.transition.after.asked, Asked::remove);
}

TEST(AfterPoll, ATaskCancelledForUsEndsAsCancelled) {
  Job job = job_in(State::submitted);
  job.asked = Asked::cancel;
  EXPECT_TRUE(is_to_be_cancelled(job, task_in(Status::Starting), moment_at(kNow), Policy{}));
  EXPECT_FALSE(is_to_be_cancelled(job, task_in(Status::Processing), moment_at(kNow), Policy{}));
  const Decision decision = after_cancel(job, task_in(Status::Cancelled), moment_at(kNow), Policy{});
  expect_decision(job, decision, {State::burying, Due::now, Kind::reachable, "cancelled"});
}

TEST(AfterPoll, AWorkerThatWasFasterMakesTheCancelTooLate) {
  Job job = job_in(State::submitted);
  job.asked = Asked::cancel_or_remove;
  const Decision decision = after_cancel(job, task_in(Status::Processing), moment_at(kNow), Policy{});
  EXPECT_EQ(decision.transition.after.state, State::submitted);
  EXPECT_EQ(decision.transition.after.asked, Asked::remove);
  EXPECT_EQ(decision.transition.event.what, "cancel_too_late");
}

// --- as they stand in the table of commands ---

TEST(Wishes, ComeBackFromTheirArgumentsAsTheyWere) {
  const auto again = [](const Wish& wish) {
    queue::Command command;
    command.kind = kind_of(wish);
    command.arguments = arguments_of(wish);
    return wish_of(command).value();
  };
  EXPECT_TRUE(std::holds_alternative<Retry>(again(Retry{})));
  EXPECT_TRUE(std::holds_alternative<Remove>(again(Remove{})));
  EXPECT_TRUE(std::get<Cancel>(again(Cancel{true})).or_remove);
  EXPECT_FALSE(std::get<Cancel>(again(Cancel{false})).or_remove);
  const auto reprocess = std::get<Reprocess>(again(Reprocess{"scans", R"({"a":"\"b"})", true}));
  EXPECT_EQ(reprocess.profile, "scans");
  EXPECT_EQ(reprocess.settings, R"({"a":"\"b"})");
  EXPECT_TRUE(reprocess.resubmit);
}

}  // namespace
}  // namespace chunkrd::pipeline::lifecycle
