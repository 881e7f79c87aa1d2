// Decisions about documents whose rows were lost: what the files and the task list say of them.
#include <algorithm>

#include "core/ids.h"
#include "pipeline/decision.h"

namespace chunkrd::pipeline::lifecycle {
namespace {

using queue::Job;
using queue::State;
using taskapi::Status;
using taskapi::Task;

bool is_over(const Task& task) {
  return task.status == Status::Failed || task.status == Status::Cancelled;
}

Job following(Job job, const std::vector<Task>& tasks, WallTime now) {
  // One that can still succeed is preferred; of those that came to nothing the last one tells why.
  auto chosen = std::ranges::find_if_not(tasks, is_over);
  if (chosen == tasks.end()) chosen = tasks.begin();
  for (const Task& task : tasks) {
    if (&task == &*chosen) continue;
    job.attempts += is_over(task);
    job.earlier_tasks += (job.earlier_tasks.empty() ? "" : " ") + task.task_id;
  }
  job = moved(job, State::submitted, now);
  job.task_id = chosen->task_id;
  job.task_status = taskapi::to_string(chosen->status);
  job.submitted_at = now;  // its deadlines: what was before nobody here has lived through
  job.polls = job.not_found = job.empty_reads = 0;
  return job;
}

}  // namespace

Job resumed(Job job, const std::vector<Task>& tasks, std::optional<WallTime> looked_at, WallTime now) {
  // Which attempt it was is not known: what all of them have in common finds any.
  if (job.tag.empty()) job.tag = job_mark(job.id);
  // The list is searched from there on.
  if (!job.intent_at) job.intent_at = job.found_at;
  if (!tasks.empty()) return following(std::move(job), tasks, now);
  job = moved(job, State::submitting, now);
  job.submitted_at = looked_at;
  return job;
}

Job delivered_before(Job job, Reached reached, WallTime at) {
  State state = State::done;
  if (reached == Reached::begun) state = State::delivering;
  if (reached == Reached::shown) state = State::delivered;
  job = moved(job, state, at);
  // A result that was taken over from another document has no task.
  if (!job.task_id.empty()) job.task_status = taskapi::to_string(Status::Succeeded);
  return job;
}

bool is_older_than_its_result(const Job& job, int revision) {
  const bool to_be_paid = job.state == State::ready || job.state == State::submitting;
  return to_be_paid && job.delivered_name.empty() && job.revision <= revision;
}

}  // namespace chunkrd::pipeline::lifecycle
