// The decisions about a document that is processed anew: update, follow, and what keeps the old result.
#include <gmock/gmock.h>

#include "tests/unit/pipeline/expect.h"

namespace chunkrd::pipeline::lifecycle {
namespace {

using testing::HasSubstr;
using Request = NoAnswer::Request;
using Cause = NoAnswer::Cause;

constexpr const char* kWanted = R"({"ocr_strategy":"Auto"})";

Job job_updating(State state = State::updating) {
  Job job = job_in(State::delivered);
  job.state = state;
  job.delivered_name = "report.pdf";
  job.original_name = "report.pdf";
  job.wanted_profile = "scans";
  job.wanted_settings = kWanted;
  job.revision = 1;
  job.task_status = state == State::updating ? "Updating" : "Starting";
  return job;
}

Task task_with(Status status, std::string configuration) {
  Task task = task_in(status);
  task.configuration = std::move(configuration);
  task.page_count = 7;
  return task;
}
Task with_new(Status status) {
  return task_with(status, R"({"ocr_strategy":"Auto","expires_in":null})");
}
Task with_old(Status status) {
  return task_with(status, R"({"ocr_strategy":"All","expires_in":null})");
}

Expected later(State state, Kind signal) {
  return {state, Due::backoff, signal, "", 0, 0, 1};
}
// Kept: by way of `delivered`, where a copy of the original leaves the spool.
const Expected kKept{State::delivered, Due::now, Kind::reachable};

struct Row {
  const char* what;
  taskapi::Answer<Task> answer;
  Expected expected;
};

const Row kUpdateTable[] = {
    {"200, the task as it was", with_old(Status::Succeeded), {State::reparsing, Due::poll, Kind::good}},
    {"400 settings", refusal(400, "Json deserialize error"), kKept},
    {"400 Processing",
     refusal(400, "Task cannot be updated: status is Processing"),
     {State::reparsing, Due::poll, Kind::reachable}},
    {"400 Cancelled", refusal(400, "Task cannot be updated: status is Cancelled"), kKept},
    {"401", refusal(401), later(State::updating, Kind::refused_key)},
    {"404", refusal(404), {State::updating, Due::spacing, Kind::none}},
    {"413", refusal(413), kKept},
    {"429", refusal(429), later(State::updating, Kind::slow_down)},
    {"429 quota", refusal(429, "Usage limit exceeded"), later(State::updating, Kind::over_quota)},
    {"500", refusal(500, "Failed to create task"), later(State::updating, Kind::trouble)},
    {"not sent", no_answer(Request::not_sent, Cause::connect), later(State::updating, Kind::trouble)},
    {"lost", no_answer(Request::maybe_sent, Cause::cut), later(State::updating, Kind::trouble)},
    {"garbled", Unreadable{"<html>"}, later(State::updating, Kind::trouble)},
};

TEST(AfterUpdate, DecidesOnEveryAnswer) {
  for (const Row& row : kUpdateTable) {
    SCOPED_TRACE(row.what);
    const Decision decision = after_update(job_updating(), row.answer, moment_at(kNow), Policy{});
    expect_decision(job_updating(), decision, row.expected);
    EXPECT_EQ(decision.signal.source, Signal::Source::submit);
    const bool kept = row.expected.state == State::delivered;
    EXPECT_EQ(decision.transition.after.wanted_settings.empty(), kept);
    EXPECT_EQ(decision.transition.after.settings, "{}")
        << "the new ones only count once their result is here";
  }
}

TEST(AfterUpdate, OnlyAnUpdateThatMayHaveArrivedIsLookedForBeforeTheNext) {
  const auto status_after = [](const taskapi::Answer<Task>& answer) {
    return update_may_have_left(
        after_update(job_updating(), answer, moment_at(kNow), Policy{}).transition.after);
  };
  EXPECT_TRUE(status_after(no_answer(Request::maybe_sent, Cause::timeout)));
  EXPECT_TRUE(status_after(refusal(502)));
  EXPECT_TRUE(status_after(Unreadable{"x"}));
  EXPECT_FALSE(status_after(no_answer(Request::not_sent, Cause::resolve)));
  EXPECT_FALSE(status_after(refusal(429)));
  EXPECT_FALSE(status_after(refusal(401)));
}

TEST(AfterUpdate, ATaskThatIsGoneCostsANewOneOnlyIfThatWasAllowed) {
  Job job = job_updating();
  job.not_found = 2;
  const Decision kept = after_update(job, refusal(404), moment_at(kNow), Policy{});
  expect_decision(job, kept, kKept);
  EXPECT_THAT(kept.transition.event.detail, HasSubstr("--resubmit"));
  job.may_resubmit = true;
  const Decision anew = after_update(job, refusal(404), moment_at(kNow), Policy{});
  expect_decision(job, anew, {State::retrying, Due::now, Kind::reachable});
  EXPECT_EQ(anew.transition.after.wanted_settings, kWanted);
}

// Each round as the steps go: the task is read, the update sent and not taken.
TEST(AfterLostUpdate, AnOutageIsWaitedForAndIsNoVerdict) {
  Job job = job_updating();
  job.state_since = kNow - 1min;
  Moment outage = moment_at(kNow);
  outage.submits = {.taken_at = kNow - 2min, .fail = true};
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE(round);
    if (const auto waits = after_lost_update(job, with_old(Status::Succeeded), outage, Policy{})) {
      EXPECT_EQ(waits->transition.after.state, State::updating);
      EXPECT_GT(waits->transition.after.due, kNow);
      job = waits->transition.after;
      ASSERT_FALSE(job.wanted_settings.empty());
    }
    job = after_update(intend_update(job, kNow).after, refusal(503), outage, Policy{}).transition.after;
  }
  Moment over = moment_at(kNow);
  over.submits = {.taken_at = kNow, .fail = false};
  expect_decision(job, after_lost_update(job, with_old(Status::Succeeded), over, Policy{}).value(), kKept);
}

// Of one that timed out, or of some prompts, the service takes no update at all.
TEST(AfterLostUpdate, IsNotOfAnOutageOnceTheServiceHasTakenSomethingSinceItWasAskedFor) {
  Job job = job_updating();
  job.possible_duplicates = Policy{}.possible_duplicates;
  Moment moment = moment_at(kNow);
  moment.submits = {.taken_at = job.state_since, .fail = true};
  expect_decision(job, after_lost_update(job, with_old(Status::Succeeded), moment, Policy{}).value(), kKept);
  moment.submits.taken_at = job.state_since - 1ms;
  EXPECT_EQ(after_lost_update(job, with_old(Status::Succeeded), moment, Policy{})->transition.after.state,
            State::updating);
}

TEST(AnUpdate, CountsInTheDaysBudgetOnceHoweverItIsKnownToRun) {
  const Job job = job_updating();
  EXPECT_TRUE(may_be_paid_for(job)) << "its answer is open";
  const auto answered = after_update(job, with_old(Status::Succeeded), moment_at(kNow), Policy{});
  const auto arrived =
      after_lost_update(job, with_new(Status::Processing), moment_at(kNow), Policy{}).value();
  for (const Decision& known : {answered, arrived}) {
    EXPECT_EQ(known.transition.spent.documents, 1);
    EXPECT_FALSE(may_be_paid_for(known.transition.after)) << "or it would count twice";
  }
  Job not_sent = job;
  not_sent.task_status.clear();
  EXPECT_FALSE(may_be_paid_for(not_sent));
}

TEST(IntendUpdate, CountsEverySendingAgain) {
  Job job = job_updating();
  job.task_status.clear();
  Job sent = intend_update(job, kNow).after;
  EXPECT_EQ(sent.possible_duplicates, 0);
  EXPECT_TRUE(update_may_have_left(sent));
  sent = intend_update(sent, kNow).after;
  EXPECT_EQ(sent.possible_duplicates, 1);
  EXPECT_THAT(intend_update(job, kNow).event.detail, HasSubstr(kWanted)) << "the story says what was sent";
}

TEST(AfterLostUpdate, TheTaskSaysWhetherItArrived) {
  const auto state_after = [](const taskapi::Answer<Task>& read) -> std::string {
    const auto decision = after_lost_update(job_updating(), read, moment_at(kNow), Policy{});
    return decision ? std::string(to_string(decision->transition.after.state)) : "send again";
  };
  EXPECT_EQ(state_after(with_old(Status::Starting)), "reparsing");
  EXPECT_EQ(state_after(with_new(Status::Processing)), "reparsing");
  EXPECT_EQ(state_after(with_new(Status::Succeeded)), "reparsing");
  EXPECT_EQ(state_after(with_old(Status::Succeeded)), "send again");
  EXPECT_EQ(state_after(with_old(Status::Failed)), "send again");
  EXPECT_EQ(state_after(refusal(503)), "updating");
  EXPECT_EQ(state_after(no_answer(Request::not_sent, Cause::connect)), "updating");
}

TEST(AfterLostUpdate, IsNotSentWithoutEnd) {
  Job job = job_updating();
  job.possible_duplicates = Policy{}.possible_duplicates;
  const auto decision = after_lost_update(job, with_old(Status::Succeeded), moment_at(kNow), Policy{});
  ASSERT_TRUE(decision.has_value());
  expect_decision(job, *decision, kKept);
}

const Row kFollowTable[] = {
    {"Starting", with_new(Status::Starting), {State::reparsing, Due::poll, Kind::reachable}},
    {"Processing", with_new(Status::Processing), {State::reparsing, Due::poll, Kind::reachable}},
    {"Succeeded with ours", with_new(Status::Succeeded), {State::collecting, Due::now, Kind::processed}},
    {"Succeeded with the old", with_old(Status::Succeeded), kKept},
    {"Failed", with_new(Status::Failed), kKept},
    {"Cancelled", with_new(Status::Cancelled), kKept},
    {"401", refusal(401), later(State::reparsing, Kind::refused_key)},
    {"404", refusal(404), {State::reparsing, Due::spacing, Kind::none}},
    {"429", refusal(429), later(State::reparsing, Kind::slow_down)},
    {"500", refusal(500), later(State::reparsing, Kind::trouble)},
    {"lost", no_answer(Request::maybe_sent, Cause::cut), later(State::reparsing, Kind::trouble)},
    {"garbled", Unreadable{"<html>"}, later(State::reparsing, Kind::trouble)},
};

TEST(AfterFollow, DecidesOnEveryAnswer) {
  for (const Row& row : kFollowTable) {
    SCOPED_TRACE(row.what);
    const Job job = job_updating(State::reparsing);
    const Decision decision = after_follow(job, row.answer, moment_at(kNow), Policy{});
    expect_decision(job, decision, row.expected);
    EXPECT_EQ(decision.transition.spent.pages, row.expected.state == State::collecting ? 7 : 0);
  }
}

TEST(AfterFollow, AnUpdateThatNeverEndsKeepsTheOldResult) {
  Job job = job_updating(State::reparsing);
  job.submitted_at = kNow - 9h;
  expect_decision(job, after_follow(job, with_new(Status::Processing), moment_at(kNow), Policy{}), kKept);
}

TEST(AfterFollow, AnUpdateOfADocumentThatHadFailedLeavesItFailed) {
  Job job = job_updating(State::reparsing);
  job.delivered_name.clear();
  job.error_stage = "poll";
  job.error_code = "task_failed";
  job.error_message = "before";
  const Decision decision = after_follow(job, with_old(Status::Failed), moment_at(kNow), Policy{});
  expect_decision(job, decision, {State::failed, Due::now, Kind::reachable, "task_failed"});
  EXPECT_EQ(decision.transition.after.error_message, "before");
}

TEST(Reprocess, ANewResultThatCannotBeReadKeepsTheOldOne) {
  Job job = job_updating(State::collecting);
  job.empty_reads = Policy{}.empty_reads - 1;
  const Decision decision = after_collect(job, artifacts::Broken{"not JSON"}, moment_at(kNow), Policy{});
  EXPECT_EQ(decision.transition.after.state, State::delivered);
  EXPECT_EQ(decision.transition.after.settings, "{}");
  EXPECT_TRUE(decision.transition.after.wanted_settings.empty());
}

TEST(Reprocess, TheNewSettingsCountWhenTheirResultIsDelivered) {
  Job job = job_updating(State::delivering);
  const Job after = after_deliver(job, Published{"report.pdf"}, moment_at(kNow)).transition.after;
  EXPECT_EQ(after.settings, kWanted);
  EXPECT_EQ(after.profile, "scans");
  EXPECT_EQ(after.settings_hash.size(), 64U);
  EXPECT_TRUE(after.wanted_settings.empty());
}

}  // namespace
}  // namespace chunkrd::pipeline::lifecycle
