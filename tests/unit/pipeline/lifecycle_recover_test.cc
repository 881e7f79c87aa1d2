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

TEST(ARowThatIsToBeSubmitted, IsLookedForOnlyWhereTheListCouldNotBeRead) {
  EXPECT_EQ(as_listed(lost(), {}, kNow - 1s, kNow), std::nullopt) << "it is known not to be there";
  const auto unread = as_listed(lost(), {}, std::nullopt, kNow);
  ASSERT_TRUE(unread);
  EXPECT_EQ(unread->state, State::submitting);
  const auto found = as_listed(lost(), {listed("t1", Status::Processing, 10min)}, kNow - 1s, kNow);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->task_id, "t1");
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

}  // namespace
}  // namespace chunkrd::pipeline::lifecycle
