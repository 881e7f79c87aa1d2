// The decisions about what is left at the service when a document's way is over.
#include "tests/unit/pipeline/expect.h"

namespace chunkrd::pipeline::lifecycle {
namespace {

using queue::Asked;
using taskapi::Accepted;
using Request = NoAnswer::Request;
using Cause = NoAnswer::Cause;

Policy deleting() {
  Policy policy;
  policy.remove_tasks = true;
  return policy;
}

Job delivered() {
  Job job = job_in(State::delivered);
  job.delivered_name = "report.pdf";
  return job;
}

Job removing(std::string earlier = {}) {
  Job job = delivered();
  job.state = State::removing;
  job.earlier_tasks = std::move(earlier);
  return job;
}

TEST(AfterArchive, WithDeleteTheTaskIsRemovedOnceTheOriginalIsPutAway) {
  const Decision decision =
      after_archive(delivered(), {"report.pdf", "archived"}, moment_at(kNow), deleting());
  expect_decision(delivered(), decision, {State::removing, Due::now, Kind::none});
  EXPECT_EQ(decision.transition.after.original_name, "report.pdf");
}

TEST(AfterArchive, WhoAskedForItHasTheTaskRemovedWhateverTheProfileSays) {
  Job job = delivered();
  job.asked = Asked::remove;
  EXPECT_EQ(after_archive(job, {}, moment_at(kNow), Policy{}).transition.after.state, State::removing);
}

TEST(AfterArchive, AReusedResultHasNoTaskToRemove) {
  Job job = delivered();
  job.task_id.clear();
  EXPECT_EQ(after_archive(job, {}, moment_at(kNow), deleting()).transition.after.state, State::done);
}

TEST(AfterBury, ATaskThatMayHoldAPaidResultIsNotRemovedByTheProfile) {
  Job job = job_in(State::burying);
  job.task_id = kTaskId;
  for (const char* status : {"Processing", "Succeeded", "Starting", ""}) {
    job.task_status = status;
    EXPECT_EQ(after_bury(job, {}, moment_at(kNow), deleting()).transition.after.state, State::failed)
        << status;
  }
  for (const char* status : {"Failed", "Cancelled"}) {
    job.task_status = status;
    EXPECT_EQ(after_bury(job, {}, moment_at(kNow), deleting()).transition.after.state, State::removing)
        << status;
  }
}

struct RemoveRow {
  const char* what;
  taskapi::Answer<Accepted> answer;
  Expected expected;
};

Expected later(Kind signal, Due due = Due::backoff) {
  return {State::removing, due, signal, "", 0, 0, 1};
}

const RemoveRow kRemoveTable[] = {
    {"200", Accepted{"Task deleted"}, {State::done, Due::now, Kind::reachable}},
    {"404", refusal(404, "Task not found"), {State::done, Due::now, Kind::reachable}},
    {"wrong state", refusal(500, "Task cannot be deleted: status is Processing"), later(Kind::reachable)},
    {"500", refusal(500, "database"), later(Kind::trouble)},
    {"401", refusal(401), later(Kind::refused_key)},
    {"429", refusal(429), later(Kind::slow_down)},
    {"503 with Retry-After", refusal(503, "", kRetryAfter), later(Kind::trouble, Due::asked_for)},
    {"not sent", no_answer(Request::not_sent, Cause::connect), later(Kind::trouble)},
    {"lost", no_answer(Request::maybe_sent, Cause::cut), later(Kind::trouble)},
    {"garbled", Unreadable{"<html>"}, later(Kind::trouble)},
};

TEST(AfterRemove, DecidesOnEveryAnswer) {
  for (const RemoveRow& row : kRemoveTable) {
    SCOPED_TRACE(row.what);
    const Decision decision = after_remove(removing(), kTaskId, row.answer, moment_at(kNow), Policy{});
    expect_decision(removing(), decision, row.expected);
    EXPECT_EQ(decision.transition.after.task_status == "Deleted", row.expected.state == State::done);
  }
}

TEST(AfterRemove, EarlierTasksGoToo) {
  Job job = removing("t1 t2");
  std::string order;
  while (job.state == State::removing) {
    const std::string task = next_to_remove(job);
    order += task + ",";
    job = after_remove(job, task, Accepted{}, moment_at(kNow), Policy{}).transition.after;
  }
  EXPECT_EQ(order, "t1,t2,task-1,");
  EXPECT_EQ(next_to_remove(job), "");
}

TEST(AfterRemove, TheDocumentGoesBackToTheEndItHadReached) {
  Job job = removing();
  job.error_code = "task_failed";
  EXPECT_EQ(after_remove(job, kTaskId, Accepted{}, moment_at(kNow), Policy{}).transition.after.state,
            State::failed);
  job.error_code = "cancelled";
  EXPECT_EQ(after_remove(job, kTaskId, Accepted{}, moment_at(kNow), Policy{}).transition.after.state,
            State::cancelled);
}

}  // namespace
}  // namespace chunkrd::pipeline::lifecycle
