// Decisions about a task that exists: poll, collect.
#include <fmt/format.h>

#include "pipeline/decision.h"

namespace chunkrd::pipeline::lifecycle {
namespace {

using queue::Job;
using queue::State;
using taskapi::NoAnswer;
using taskapi::Refusal;
using taskapi::Status;
using taskapi::Task;
using taskapi::Unreadable;

Job polled(const Job& job, const Task& task) {
  Job after = job;
  after.polls += 1;
  after.not_found = 0;
  after.transient_failures = 0;
  after.task_status = taskapi::to_string(task.status);
  if (task.page_count && *task.page_count > 0) after.pages = task.page_count;
  return after;
}

Decision still_running(const Job& job, const Task& task, const Moment& moment, const Policy& policy) {
  const WallTime since = task.started_at.value_or(job.submitted_at.value_or(moment.now));
  if (task.status == Status::Processing && moment.now - since > policy.processing_deadline)
    return bury(polled(job, task), "poll", "processing_timeout",
                fmt::format("task {} is Processing since {} s; nothing stops it at the service", job.task_id,
                            std::chrono::duration_cast<std::chrono::seconds>(moment.now - since).count()),
                moment);
  Job after = polled(job, task);
  after.due = moment.now + moment.poll_in;
  return decide(job, std::move(after), "polled", fmt::format("{}: {}", to_string(task.status), task.message),
                {Signal::Kind::reachable, {}});
}

Decision task_failed(const Job& job, const Task& task, const Moment& moment, const Policy& policy) {
  Job read = polled(job, task);
  if (task.message.find("Page limit exceeded") != std::string::npos) {
    Job after = without_task(moved(read, State::ready, moment.now));
    return decide(job, std::move(after), "over_quota", task.message, {Signal::Kind::over_quota, {}});
  }
  return try_again_or_bury(read, "poll", "task_failed", task.message, moment, policy);
}

Decision on_status(const Job& job, const Task& task, const Moment& moment, const Policy& policy) {
  switch (task.status) {
    case Status::Starting:
    case Status::Processing:
      return still_running(job, task, moment, policy);
    case Status::Succeeded:
      return decide(job, moved(polled(job, task), State::collecting, moment.now), "succeeded",
                    fmt::format("{} pages", task.page_count.value_or(0)), {Signal::Kind::reachable, {}});
    case Status::Failed:
      return task_failed(job, task, moment, policy);
    case Status::Cancelled:
      return bury(polled(job, task), "poll", "cancelled", "cancelled at the service, not by this daemon",
                  moment);
  }
  return still_running(job, task, moment, policy);
}

Decision later(const Job& job, std::string what, std::string why, Signal signal, const Moment& moment,
               const Policy& policy) {
  return wait(job, job.state, std::move(what), std::move(why), signal, moment, policy);
}

// A result that cannot be used is read again a few times: the service answers 200 with nothing in it when
// its own storage fails to give the result (contract).
Decision unusable(const Job& job, std::string code, std::string why, const Moment& moment,
                  const Policy& policy) {
  Job counted = job;
  counted.empty_reads += 1;
  if (counted.empty_reads >= policy.empty_reads)
    return bury(counted, "collect", std::move(code), std::move(why), moment);
  counted.due = moment.now + backoff(policy, counted.empty_reads, moment.jitter);
  return decide(job, std::move(counted), "read_again", std::move(why));
}

Decision collected_whole(const Job& job, const artifacts::Summary& result, const Moment& moment,
                         const Policy& policy) {
  const Task& task = result.task;
  if (task.task_id != job.task_id)
    return unusable(job, "wrong_task", "the answer is about task " + task.task_id, moment, policy);
  if (task.status != Status::Succeeded) {
    Job after = moved(job, State::submitted, moment.now + moment.poll_in);
    after.task_status = taskapi::to_string(task.status);
    return decide(job, std::move(after), "not_ready",
                  fmt::format("the task reads {} again", to_string(task.status)));
  }
  if (result.chunks == 0 && task.page_count.value_or(0) != 0)
    return unusable(job, "empty_output",
                    fmt::format("Succeeded with {} pages, but without chunks", *task.page_count), moment,
                    policy);
  Job after = moved(job, State::delivering, moment.now);
  after.pages = task.page_count;
  return decide(job, std::move(after), "collected",
                fmt::format("{} chunks, {} segments", result.chunks, result.segments));
}

}  // namespace

Decision after_poll(const Job& job, const taskapi::Answer<Task>& answer, const Moment& moment,
                    const Policy& policy) {
  return std::visit(
      Match{
          [&](const Task& task) { return on_status(job, task, moment, policy); },
          [&](const Refusal& refusal) {
            if (refusal.http_status == 404) return not_found(job, moment, policy);
            return later(job, "poll_failed", describe(refusal), signal_of(refusal), moment, policy);
          },
          [&](const NoAnswer& failure) {
            return later(job, "poll_failed", describe(failure), {Signal::Kind::trouble, {}}, moment, policy);
          },
          [&](const Unreadable& text) {
            return later(job, "poll_failed", text.message, {Signal::Kind::trouble, {}}, moment, policy);
          },
      },
      answer);
}

bool is_overdue_in_starting(const Job& job, const Task& task, const Moment& moment, const Policy& policy) {
  return task.status == Status::Starting && job.submitted_at &&
         moment.now - *job.submitted_at > policy.starting_deadline;
}

Decision after_overdue(const Job& job, const taskapi::Answer<Task>& read_again, const Moment& moment,
                       const Policy& policy) {
  const auto* task = std::get_if<Task>(&read_again);
  // Not known whether the cancel took: never a second task while the first may still run.
  if (task == nullptr || task->status != Status::Cancelled)
    return after_poll(job, read_again, moment, policy);
  return try_again_or_bury(polled(job, *task), "poll", "starting_timeout",
                           "the task never left Starting and was cancelled", moment, policy);
}

Decision after_collect(const Job& job, const Collected& collected, const Moment& moment,
                       const Policy& policy) {
  return std::visit(
      Match{
          [&](const artifacts::Summary& result) { return collected_whole(job, result, moment, policy); },
          [&](const artifacts::Broken& broken) {
            return unusable(job, "unreadable_output", broken.message, moment, policy);
          },
          [&](const Unreadable& text) {
            return unusable(job, "unreadable_output", text.message, moment, policy);
          },
          [&](const Refusal& refusal) {
            if (refusal.http_status == 404) return not_found(job, moment, policy);
            return later(job, "collect_failed", describe(refusal), signal_of(refusal), moment, policy);
          },
          [&](const NoAnswer& failure) {
            return later(job, "collect_failed", describe(failure), {Signal::Kind::trouble, {}}, moment,
                         policy);
          },
      },
      collected);
}

}  // namespace chunkrd::pipeline::lifecycle
