#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/ids.h"
#include "pipeline/decision.h"
#include "tests/unit/pipeline/decisions.h"

namespace chunkrd::pipeline::lifecycle {
namespace {

Job lost() {
  Job job;
  job.id = "01jf8z3r5x0123456789abcdef";
  job.found_at = kNow - 1h;
  job.state = State::ready;
  return job;
}

Task listed(const std::string& id, Status status, Duration ago) {
  Task task;
  task.task_id = id;
  task.status = status;
  task.created_at = kNow - ago;
  return task;
}

TEST(ADocumentWithoutARow, IsLookedForBeforeItIsPaidFor) {
  const Job job = resumed(lost(), {}, std::nullopt, kNow);
  EXPECT_EQ(job.state, State::submitting);
  EXPECT_EQ(job.tag, "0123456789abcdef") << "what every attempt has in its tag";
  EXPECT_EQ(job.intent_at, kNow - 1h) << "from when on the list is searched";
  EXPECT_EQ(job.submitted_at, std::nullopt) << "the grace time begins with the first look";
  EXPECT_EQ(resumed(lost(), {}, kNow - 1s, kNow).submitted_at, kNow - 1s) << "that was the first look";
}

TEST(ADocumentWithoutARow, IsNotSubmittedAgainWithinTheGraceTime) {
  const Job job = resumed(lost(), {}, kNow, kNow);
  EXPECT_EQ(after_reconcile(job, NotListed{}, moment_at(kNow + 1s), Policy{}).transition.after.state,
            State::submitting);
  auto later = after_reconcile(job, NotListed{}, moment_at(kNow + 3min), Policy{}).transition.after;
  later = after_reconcile(later, NotListed{}, moment_at(kNow + 4min), Policy{}).transition.after;
  EXPECT_EQ(later.state, State::ready);
  EXPECT_EQ(later.tag, job.tag);
}

TEST(ADocumentWithoutARow, FollowsTheTaskThatIsListed) {
  const Job job = resumed(lost(), {listed("t1", Status::Processing, 10min)}, kNow, kNow);
  EXPECT_EQ(job.state, State::submitted);
  EXPECT_EQ(job.task_id, "t1");
  EXPECT_EQ(job.task_status, "Processing");
  EXPECT_EQ(job.submitted_at, kNow) << "its deadlines count from there: nobody lived through what was before";
  EXPECT_EQ(job.attempts, 0);
}

TEST(ADocumentWithoutARow, PrefersTheTaskThatCanStillSucceedAndCountsTheOthers) {
  const Job job = resumed(lost(),
                          {listed("t3", Status::Failed, 1min), listed("t2", Status::Succeeded, 5min),
                           listed("t1", Status::Failed, 9min)},
                          kNow, kNow);
  EXPECT_EQ(job.task_id, "t2");
  EXPECT_EQ(job.attempts, 2);
  EXPECT_EQ(job.earlier_tasks, "t3 t1");
}

TEST(ADocumentWithoutARow, TellsOfItsLastTaskWhereAllHaveFailed) {
  const Job job =
      resumed(lost(), {listed("t2", Status::Failed, 5min), listed("t1", Status::Failed, 9min)}, kNow, kNow);
  EXPECT_EQ(job.task_id, "t2");
  EXPECT_EQ(job.attempts, 1) << "the poll counts the other";
}

TEST(ARowThatIsToBeSubmitted, IsLookedForAlsoWhereTheListDoesNotHaveIt) {
  for (const State state : {State::ready, State::submitting}) {
    SCOPED_TRACE(queue::to_string(state));
    Job job = lost();
    job.state = state;
    if (state == State::submitting) job.submitted_at = kNow - 1h, job.not_found = 1;
    const auto unlisted = as_listed(job, {}, kNow - 1s, kNow);
    ASSERT_TRUE(unlisted) << "its task may have been made a moment before the list was read";
    EXPECT_EQ(unlisted->state, State::submitting);
    EXPECT_EQ(unlisted->submitted_at, kNow - 1s) << "the grace time begins anew";
    EXPECT_EQ(unlisted->not_found, 0);
    const auto unread = as_listed(job, {}, std::nullopt, kNow);
    ASSERT_TRUE(unread);
    EXPECT_EQ(unread->state, State::submitting);
    EXPECT_EQ(unread->submitted_at, std::nullopt);
    const auto found = as_listed(job, {listed("t1", Status::Processing, 10min)}, kNow - 1s, kNow);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->task_id, "t1");
  }
}

TEST(AResultWithoutARow, IsDoneOrGoesOnWhereItWas) {
  Job job = lost();
  job.task_id = "t1";
  EXPECT_EQ(delivered_before(job, Reached::put_away, kNow).state, State::done);
  EXPECT_EQ(delivered_before(job, Reached::put_away, kNow).task_status, "Succeeded");
  EXPECT_EQ(delivered_before(job, Reached::shown, kNow).state, State::delivered);
  EXPECT_EQ(delivered_before(job, Reached::begun, kNow).state, State::delivering);
}

// Whose an older one was may be forgotten by now: it has no tag that would tell.
TEST(ALinkWithoutARow, IsLookedForOnlyAmongTasksWhoseLinksCannotBeForgotten) {
  Job job = lost();
  job.name = "a.url";
  job.found_at = kNow - 48h;
  const Job looking = resumed(job, {}, kNow, kNow);
  const auto may_be = [&](Duration ago) {
    Task task = listed("t1", Status::Succeeded, ago);
    task.file_name = "a.pdf";
    return may_be_link_task(looking, {"a.pdf"}, task, kNow);
  };
  EXPECT_TRUE(may_be(10min));
  EXPECT_FALSE(may_be(kLinksAreKept));
}

TEST(AResultWithoutARow, EndsTheWishesOfAnOlderRowButForADelete) {
  Job job = lost();
  job.task_id = "t1";
  job.asked = queue::Asked::cancel;
  EXPECT_EQ(delivered_before(job, Reached::put_away, kNow).asked, queue::Asked::nothing);
  for (const auto asked :
       {queue::Asked::remove, queue::Asked::cancel_or_remove, queue::Asked::cancel_and_remove}) {
    job.asked = asked;
    const Job done = delivered_before(job, Reached::put_away, kNow);
    EXPECT_EQ(done.state, State::removing) << "it was granted, and may not be done yet";
    EXPECT_EQ(done.asked, queue::Asked::remove);
  }
  job.task_id.clear();
  EXPECT_EQ(delivered_before(job, Reached::put_away, kNow).state, State::done) << "nothing of it is there";
  EXPECT_EQ(delivered_before(job, Reached::put_away, kNow).asked, queue::Asked::nothing);
}

TEST(AReportWithoutARow, EndsTheWishesOfAnOlderRowButForADelete) {
  Job job = lost();
  job.state = State::submitted;
  job.asked = queue::Asked::cancel;
  Job reported = lost();
  reported.state = State::failed;
  reported.error_code = "task_failed";
  reported.task_id = "t1";
  EXPECT_EQ(failed_before(job, reported).asked, queue::Asked::nothing);
  EXPECT_EQ(failed_before(job, reported).state, State::failed);
  job.asked = queue::Asked::remove;
  EXPECT_EQ(failed_before(job, reported).state, State::removing);
  EXPECT_EQ(failed_before(job, reported).asked, queue::Asked::remove);
}

TEST(ARow, IsOlderThanAResultThatItKnowsNothingOf) {
  Job job = lost();
  EXPECT_TRUE(is_older_than_its_result(job, 0));
  job.revision = 1;
  EXPECT_FALSE(is_older_than_its_result(job, 0)) << "a new result was asked for since";
  job.revision = 0;
  job.state = State::submitted;
  EXPECT_TRUE(is_older_than_its_result(job, 0)) << "its task may be deleted by now";
  job.state = State::done;
  job.delivered_name = "a.pdf";
  EXPECT_FALSE(is_older_than_its_result(job, 0));
  EXPECT_TRUE(is_older_than_its_result(job, 1));
}

// What is listed of it failed; the attempt after that may have been submitted a moment before the row was
// lost.
TEST(ADocumentWithoutARow, IsLookedForOnceMoreWhenWhatWasListedHasFailed) {
  const Task failed = listed("t1", Status::Failed, 5min);
  Job job = resumed(lost(), {failed}, kNow, kNow);
  ASSERT_EQ(job.task_id, "t1");
  job = after_poll(job, failed, moment_at(kNow + 1s), Policy{}).transition.after;
  EXPECT_EQ(job.state, State::submitting) << "it would be paid twice";
  EXPECT_EQ(job.tag, job_mark(job.id));
  EXPECT_EQ(job.earlier_tasks, "t1");
  EXPECT_EQ(job.attempts, 1);
  EXPECT_TRUE(came_to_nothing(job, failed)) << "it is not found again";
  for (const Duration after : {1min, 3min})
    job = after_reconcile(job, NotListed{}, moment_at(kNow + after), Policy{}).transition.after;
  EXPECT_EQ(job.state, State::ready);
  job.state = State::submitted;
  job.task_id = "t2";
  job =
      after_poll(job, listed("t2", Status::Failed, 1min), moment_at(kNow + 9min), Policy{}).transition.after;
  EXPECT_EQ(job.state, State::ready) << "looked for once";
}

TEST(ARowThatIsFollowed, IsLookedForOnceMoreTooWhenItsTaskHasFailed) {
  Job job = lost();
  job.state = State::submitted;
  job.task_id = "t1";
  job.tag = job_mark(job.id) + "0001";
  const auto after = as_listed(job, {listed("t1", Status::Failed, 5min)}, kNow, kNow);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->state, State::submitted);
  EXPECT_EQ(after->tag, job_mark(job.id)) << "of every attempt";
}

// --- an original that is nowhere

enum class Left { nothing, result, report, report_alone, in_inbox, in_archive };

Traces traces_of(Left left) {
  Traces traces;
  const Job reported = [] {
    Job job = job_in(State::failed);
    job.error_stage = "poll";
    job.error_code = "task_failed";
    return job;
  }();
  if (left == Left::result) traces.result = Published{"report.pdf", "/srv/outbox"};
  if (left == Left::report || left == Left::report_alone) traces.reported = reported;
  if (left == Left::report) traces.original = Stored{"report.pdf", {}, "/srv/failed"};
  if (left == Left::in_archive) traces.original = Stored{"report.pdf", "it lies there", "/srv/archive"};
  traces.in_inbox = left == Left::in_inbox;
  return traces;
}

struct Missing {
  State state;
  Left left;
  State after;
  const char* error_code = "";
  bool at_once = true;  ///< else it is missed for some looks first
};
constexpr Missing kMissing[] = {
    {State::ready, Left::nothing, State::burying, "original_missing", false},
    {State::ready, Left::result, State::done},
    {State::ready, Left::report, State::failed, "task_failed"},
    {State::ready, Left::report_alone, State::failed, "task_failed"},
    {State::ready, Left::in_inbox, State::claiming},
    {State::ready, Left::in_archive, State::burying, "original_missing", false},
    {State::submitting, Left::nothing, State::burying, "original_missing", false},
    {State::submitting, Left::result, State::done},
    {State::delivered, Left::nothing, State::done, "", false},
    {State::delivered, Left::result, State::done},
    {State::delivered, Left::in_archive, State::done},
    {State::burying, Left::nothing, State::failed, "bad_request", false},
    {State::burying, Left::result, State::done},
    {State::burying, Left::report, State::failed, "task_failed"},
};

TEST(AnOriginalThatIsNowhere, EndsItsDocumentOnceAndWithWords) {
  for (const auto& [state, left, after, error_code, at_once] : kMissing) {
    SCOPED_TRACE(std::string(queue::to_string(state)) + " with " + std::to_string(static_cast<int>(left)));
    Job job = job_in(state);
    std::vector<std::string> told;
    int looks = 0;
    do {
      const Decision decision = after_missing(job, traces_of(left), "nowhere", moment_at(kNow), Policy{});
      if (!decision.transition.event.what.empty()) told.push_back(decision.transition.event.what);
      job = decision.transition.after;
      EXPECT_EQ(decision.signal.kind, Kind::none);
    } while (job.state == state && ++looks < 10);
    EXPECT_EQ(job.state, after);
    EXPECT_EQ(job.error_code, error_code);
    EXPECT_EQ(looks, at_once ? 0 : 2) << "somebody may bring it back";
    EXPECT_EQ(told.size(), at_once ? 1U : 2U) << "missed, and ended; no more";
    EXPECT_TRUE(job.bound_for.empty());
  }
}

TEST(AnOriginalThatIsNowhere, IsNotMissedAnewByTheNextStep) {
  Job job = job_in(State::ready);
  job.not_found = 2;
  Decision decision = after_missing(job, {}, "nowhere", moment_at(kNow), Policy{});
  ASSERT_EQ(decision.transition.after.state, State::burying);
  decision = after_missing(decision.transition.after, {}, "nowhere", moment_at(kNow), Policy{});
  EXPECT_EQ(decision.transition.after.state, State::failed);
  EXPECT_TRUE(is_to_be_reported(decision, {}));
  EXPECT_FALSE(is_to_be_reported(decision, traces_of(Left::report_alone)));
}

TEST(AnOriginalThatIsNowhere, LeavesTheResultOfWhatWasOnlyToBeParsedAnew) {
  Job job = job_in(State::ready);
  job.delivered_name = "report.pdf";
  job.wanted_settings = "{}";
  job.not_found = 2;
  const Job after = after_missing(job, {}, "nowhere", moment_at(kNow), Policy{}).transition.after;
  EXPECT_EQ(after.state, State::delivered);
  EXPECT_EQ(after.wanted_settings, "");
}

}  // namespace
}  // namespace chunkrd::pipeline::lifecycle
