// What is over is forgotten as the configuration says, and never what would be paid for again or is wanted.
#include <gtest/gtest.h>

#include "tests/unit/pipeline/decisions.h"

namespace chunkrd::pipeline::lifecycle {
namespace {

using config::Originals;
using inbox::Presence;
using outbox::Removal;

constexpr Remains kGone{Presence::gone, Originals::archive, false};

TEST(ABound, IsByAgeByNumberOrByEither) {
  Job job = job_in(State::done);
  job.due = kNow - 10h;
  EXPECT_TRUE(is_over(bound_of(10h, 0, 5, kNow), job, 0));
  EXPECT_FALSE(is_over(bound_of(11h, 0, 5, kNow), job, 0));
  const Bound two_too_many = bound_of({}, 3, 5, kNow);
  EXPECT_TRUE(is_over(two_too_many, job, 0));
  EXPECT_TRUE(is_over(two_too_many, job, 1));
  EXPECT_FALSE(is_over(two_too_many, job, 2));
  EXPECT_TRUE(is_over(bound_of(10h, 3, 5, kNow), job, 4));
}

TEST(ABound, IsNoneWhereNothingIsSetOrThereAreFew) {
  EXPECT_TRUE(bound_of({}, 0, 1'000'000, kNow).is_none());
  EXPECT_TRUE(bound_of({}, 3, 3, kNow).is_none());
  EXPECT_FALSE(bound_of(1h, 0, 0, kNow).is_none());
}

TEST(ADocument, IsForgottenAtItsEndOnly) {
  for (int state = 1; state <= queue::kStateCount; ++state)
    EXPECT_EQ(may_be_forgotten(job_in(static_cast<State>(state)), kGone, kNow),
              queue::is_end(static_cast<State>(state)))
        << state;
}

TEST(ADocument, ForWhichSomethingIsAskedIsNotForgotten) {
  Job job = job_in(State::done);
  job.asked = queue::Asked::remove;
  EXPECT_FALSE(may_be_forgotten(job, kGone, kNow));
  job.asked = queue::Asked::nothing;
  job.wanted_settings = "{}";
  EXPECT_FALSE(may_be_forgotten(job, kGone, kNow));
}

// Else it would be found there, submitted and paid for again.
TEST(ADocument, ThatLiesInItsInboxIsNotForgotten) {
  for (const auto state : {State::done, State::failed, State::cancelled, State::vanished})
    for (const auto presence : {Presence::there, Presence::unclear})
      for (const auto originals : {Originals::keep, Originals::archive, Originals::remove})
        EXPECT_FALSE(may_be_forgotten(job_in(state), {presence, originals, false}, kNow));
}

TEST(ADocument, WhoseInboxIsDesertedIsForgottenWhereOriginalsAreTaken) {
  EXPECT_TRUE(may_be_forgotten(job_in(State::done), {Presence::deserted, Originals::archive, false}, kNow));
  EXPECT_TRUE(may_be_forgotten(job_in(State::done), {Presence::deserted, Originals::remove, false}, kNow));
  EXPECT_FALSE(may_be_forgotten(job_in(State::done), {Presence::deserted, Originals::keep, false}, kNow))
      << "a mount may be missing";
}

TEST(ADocument, IsForgottenAfterItsArchivedOriginalWhereThatIsPruned) {
  Job job = job_in(State::done);
  job.original_name = "report.pdf";
  EXPECT_TRUE(may_be_forgotten(job, kGone, kNow)) << "kept for ever: the file simply stays";
  const Remains pruned{Presence::gone, Originals::archive, true};
  EXPECT_FALSE(may_be_forgotten(job, pruned, kNow));
  job.original_pruned = true;
  EXPECT_TRUE(may_be_forgotten(job, pruned, kNow));
  Job failed = job_in(State::failed);
  failed.original_name = "report.pdf";
  EXPECT_TRUE(may_be_forgotten(failed, pruned, kNow)) << "that one lies in failed/, and stays there";
}

TEST(ALink, IsKnownForAnHourBecauseLaterOnesMayMeetItsTask) {
  Job job = job_in(State::done);
  job.name = "page.url";
  job.due = kNow - 59min;
  EXPECT_FALSE(may_be_forgotten(job, kGone, kNow));
  job.due = kNow - 60min;
  EXPECT_TRUE(may_be_forgotten(job, kGone, kNow));
}

TEST(PruningAnOriginal, IsToldAndLeavesTheEndWhenItWas) {
  Job job = job_in(State::done);
  job.due = kNow - 10h;
  job.original_name = "a/report.pdf";
  for (const auto& [removal, told] :
       {std::pair{Removal::removed, "deleted from the archive: a/report.pdf"},
        {Removal::gone, "was not in the archive any more: a/report.pdf"},
        {Removal::another, "not as it was put there; what lies there now stays: a/report.pdf"}}) {
    const auto transition = after_pruning(job, removal);
    EXPECT_EQ(transition.from, State::done);
    EXPECT_EQ(transition.after.state, State::done);
    EXPECT_EQ(transition.after.due, job.due);
    EXPECT_TRUE(transition.after.original_pruned);
    EXPECT_EQ(transition.event.detail, told);
  }
}

TEST(AReprocess, OfADocumentWithoutTaskAndOriginalIsRefusedAndSaysWhatIsMissing) {
  Job job = job_in(State::done);
  job.task_id = kTaskId;
  job.task_status = "Deleted";
  job.original_pruned = true;
  const auto reply = asked(job, Reprocess{"default", R"({"a":1})", true}, kNow);
  EXPECT_EQ(reply.answer.outcome, queue::CommandAnswer::Outcome::refused);
  EXPECT_NE(reply.answer.text.find("its original was deleted from the archive (retention"),
            std::string::npos);
  EXPECT_FALSE(reply.transition);
}

}  // namespace
}  // namespace chunkrd::pipeline::lifecycle
