// Decisions about a task that exists: poll, collect.
#include <fmt/format.h>

#include <algorithm>

#include "core/counted.h"
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
  if (task.status != Status::Starting || job.task_status != kCancelling)
    after.task_status = taskapi::to_string(task.status);
  if (task.page_count && *task.page_count > 0) after.pages = task.page_count;
  return after;
}

Decision still_running(const Job& job, const Task& task, const Moment& moment, const Policy& policy) {
  // How long it was in Starting is told by the service's own clock alone: ours may be far from it. A task
  // that does not say when it began may have begun as late as it could.
  const Duration starting = task.started_at ? std::clamp<Duration>(*task.started_at - task.created_at,
                                                                   Duration::zero(), policy.starting_deadline)
                                            : policy.starting_deadline;
  const WallTime since = job.submitted_at.value_or(moment.now) + starting;
  if (task.status == Status::Processing && moment.now - since > policy.processing_deadline)
    return give_up_task(
        polled(job, task), "poll", "processing_timeout",
        fmt::format("task {} is Processing since {} s; nothing stops it at the service", job.task_id,
                    std::chrono::floor<std::chrono::seconds>(moment.now - since).count()),
        moment);
  Job after = polled(job, task);
  after.due = moment.now + moment.poll_in;
  if (wants_cancel(job) && task.status == Status::Processing) {
    after.asked = cancel_too_late(job.asked);
    const bool remove = wants_removal(after.asked);
    return decide(job, std::move(after), "cancel_too_late",
                  remove ? "the task is Processing: it goes on, and is deleted after the delivery"
                         : "the task is Processing: it goes on to its end",
                  kReachable);
  }
  return decide(job, std::move(after), "polled", fmt::format("{}: {}", to_string(task.status), task.message),
                kReachable);
}

Decision task_failed(const Job& job, const Task& task, const Moment& moment, const Policy& policy) {
  Job read = polled(job, task);
  if (task.message.find("Page limit exceeded") != std::string::npos)
    return decide(job, submitted_anew(read, moment.now), "over_quota", task.message,
                  {Signal::Kind::over_quota, {}});
  return try_again_or_bury(read, "poll", "task_failed", or_else(task.message, "the service gave no reason"),
                           moment, policy);
}

Decision cancelled(const Job& job, const Task& task, const Moment& moment, const Policy& policy) {
  if (wants_cancel(job))
    return bury(polled(job, task), "poll", "cancelled", "cancelled, because it was asked for", moment,
                kReachable);
  if (job.task_status == kCancelling)
    return try_again_or_bury(polled(job, task), "poll", "starting_timeout",
                             "the task never left Starting and was cancelled", moment, policy);
  return give_up_task(polled(job, task), "poll", "cancelled", "cancelled at the service, not by this daemon",
                      moment);
}

Decision succeeded(const Job& job, const Task& task, const Moment& moment) {
  const int pages = task.page_count.value_or(0);
  Decision decision = decide(job, moved(polled(job, task), State::collecting, moment.now), "succeeded",
                             counted(pages, "page"), {Signal::Kind::processed, {}});
  // Read once more after it was collected from: paid for already.
  if (job.empty_reads == 0) decision.transition.spent.pages = pages;
  return decision;
}

Decision on_status(const Job& job, const Task& task, const Moment& moment, const Policy& policy) {
  switch (task.status) {
    case Status::Starting:
    case Status::Processing:
      return still_running(job, task, moment, policy);
    case Status::Succeeded:
      return succeeded(job, task, moment);
    case Status::Failed:
      return task_failed(job, task, moment, policy);
    case Status::Cancelled:
      return cancelled(job, task, moment, policy);
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
  counted.not_found = 0;
  if (counted.empty_reads >= policy.empty_reads)
    return give_up_task(counted, "collect", std::move(code), std::move(why), moment);
  counted.due = moment.now + backoff(policy, counted.empty_reads, moment.jitter);
  return decide(job, std::move(counted), "read_again", std::move(why), kReachable);
}

// The task does not read Succeeded any more (somebody updated it): poll follows it. Counted, so that a task
// that reads one way here and another way there is not followed for ever.
Decision not_ready(const Job& job, const Task& task, const Moment& moment, const Policy& policy) {
  std::string why = fmt::format("the task reads {} again", to_string(task.status));
  Decision decision = unusable(job, "not_ready", std::move(why), moment, policy);
  Job& after = decision.transition.after;
  if (after.state != State::collecting) return decision;
  after.state = State::submitted;
  after.due = moment.now + moment.poll_in;
  after.task_status = taskapi::to_string(task.status);
  decision.transition.event.what = "not_ready";
  return decision;
}

Decision collected_whole(const Job& job, const artifacts::Summary& result, const Moment& moment,
                         const Policy& policy) {
  const Task& task = result.task;
  if (task.task_id != job.task_id)
    return unusable(job, "wrong_task", "the answer is about task " + task.task_id, moment, policy);
  if (task.status != Status::Succeeded) return not_ready(job, task, moment, policy);
  const std::optional<int> pages = task.page_count ? task.page_count : job.pages;
  if (result.chunks == 0 && pages != 0)
    return unusable(job, "empty_output",
                    pages ? fmt::format("Succeeded with {}, but without chunks", counted(*pages, "page"))
                          : "Succeeded without chunks and without a number of pages",
                    moment, policy);
  Job after = moved(job, State::delivering, moment.now);
  after.pages = pages;
  return decide(job, std::move(after), "collected",
                fmt::format("{} chunks, {} segments", result.chunks, result.segments), kReachable);
}

// The storage refuses a file: an address that has expired, or an object that is not there. Both read 403 or
// 404, so the task is read again for a new address, at once and then a minute apart; a result is not
// delivered with a file missing, and nobody waits for ever.
Decision file_refused(const Job& job, const FileRefused& refused, const Moment& moment,
                      const Policy& policy) {
  if (job.empty_reads + 1 < policy.empty_reads) {
    Decision again = unusable(job, "file_unavailable", refused.why, moment, policy);
    if (job.empty_reads > 0) again.transition.after.due = moment.now + policy.not_found_spacing;
    return again;
  }
  if (refused.need == FileRefused::Need::must)
    return unusable(job, "file_unavailable", refused.why, moment, policy);
  Decision without = collected_whole(job, refused.result, moment, policy);
  without.transition.event.detail += "; without " + refused.why;
  return without;
}

}  // namespace

bool is_whole(const Job& job, const artifacts::Summary& result) {
  const std::optional<int> pages = result.task.page_count ? result.task.page_count : job.pages;
  return result.task.task_id == job.task_id && result.task.status == Status::Succeeded &&
         (result.chunks > 0 || pages == 0);
}

Decision after_poll(const Job& job, const taskapi::Answer<Task>& answer, const Moment& moment,
                    const Policy& policy) {
  return std::visit(
      Match{
          [&](const Task& task) {
            if (task.task_id != job.task_id)
              return later(job, "poll_failed", "the answer is about task " + task.task_id,
                           {Signal::Kind::trouble, {}}, moment, policy);
            return on_status(job, task, moment, policy);
          },
          [&](const Refusal& refusal) {
            if (is_unknown(refusal)) return not_found(job, moment, policy);
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

bool is_to_be_cancelled(const Job& job, const Task& task, const Moment& moment, const Policy& policy) {
  if (task.status != Status::Starting) return false;
  const bool overdue = job.submitted_at && moment.now - *job.submitted_at > policy.starting_deadline;
  return overdue || wants_cancel(job);
}

Decision after_cancel(const Job& job, const taskapi::Answer<Task>& read_again, const Moment& moment,
                      const Policy& policy) {
  // Cancelled now: by us. Anything else, and it is not known whether the cancel took: never a second task
  // while the first may still run.
  Job cancelling = job;
  cancelling.task_status = kCancelling;
  return job.state == State::reparsing ? after_follow(cancelling, read_again, moment, policy)
                                       : after_poll(cancelling, read_again, moment, policy);
}

queue::Transition intend_cancel(const Job& job, WallTime now) {
  Job after = moved(job, job.state, now);
  after.task_status = kCancelling;
  return {
      job.state,
      std::move(after),
      {"cancelling", wants_cancel(job) ? "because it was asked for" : "the task is too long in Starting"}};
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
            if (is_unknown(refusal)) return not_found(job, moment, policy);
            return later(job, "collect_failed", describe(refusal), signal_of(refusal), moment, policy);
          },
          [&](const NoAnswer& failure) {
            return later(job, "collect_failed", describe(failure), signal_of(failure), moment, policy);
          },
          [&](const FileRefused& refused) { return file_refused(job, refused, moment, policy); },
          // The service has answered; that its storage does not, says nothing about it.
          [&](const FileLater& file) {
            return later(job, "collect_failed", file.why, kReachable, moment, policy);
          },
      },
      collected);
}

}  // namespace chunkrd::pipeline::lifecycle
