// Decisions about a task that is to run again with other settings: update, follow.
#include <fmt/format.h>

#include "core/counted.h"
#include "pipeline/decision.h"
#include "pipeline/update_form.h"

namespace chunkrd::pipeline::lifecycle {
namespace {

using queue::Job;
using queue::State;
using taskapi::NoAnswer;
using taskapi::Refusal;
using taskapi::Status;
using taskapi::Task;
using taskapi::Unreadable;

std::string form_of(const Job& job) {
  return update_form(job.settings, job.wanted_settings);
}

// The service runs with the new settings: paid for, whenever that becomes known.
Decision follow(const Job& job, std::string why, const Moment& moment, Signal::Kind kind) {
  Job after = moved(job, State::reparsing, moment.now + moment.poll_in);
  after.task_status = taskapi::to_string(Status::Starting);
  after.submitted_at = moment.now;
  after.polls = after.not_found = after.empty_reads = 0;
  Decision decision = decide(job, std::move(after), "updating", std::move(why), {kind, {}});
  decision.transition.spent.documents = 1;
  return decision;
}

// The update cannot be made any more: only a new task could have the new settings, and that costs as the
// first one did.
Decision task_gone(const Job& job, std::string why, const Moment& moment) {
  if (!job.may_resubmit)
    return keep_old(job, "task_gone", why + "; reprocess with --resubmit pays for a new task", moment);
  Job after = moved(job, State::retrying, moment.now);
  after.may_resubmit = false;
  return decide(job, std::move(after), "task_gone", std::move(why) + ": the original is submitted anew",
                kReachable);
}

Decision not_there(const Job& job, const Moment& moment, const Policy& policy) {
  if (job.not_found + 1 >= policy.not_found_reads)
    return task_gone(job, fmt::format("task {} is not known to the service any more", job.task_id), moment);
  Job after = moved(job, job.state, moment.now + policy.not_found_spacing);
  after.not_found += 1;
  return decide(job, std::move(after), "not_found", "404: asked again before it counts");
}

// An update that certainly did not arrive: nothing needs to be looked for before the next try.
Decision not_taken(const Job& job, std::string what, std::string why, Signal signal, const Moment& moment,
                   const Policy& policy) {
  Decision decision = wait(job, State::updating, std::move(what), std::move(why), signal, moment, policy);
  decision.transition.after.task_status.clear();
  return decision;
}

Decision wrong_state(const Job& job, const Refusal& refusal, const Moment& moment) {
  const auto says = [&](const char* status) { return refusal.text.find(status) != std::string::npos; };
  // Ours may have arrived before: what it runs with tells.
  if (says("Starting") || says("Processing"))
    return follow(job, describe(refusal), moment, Signal::Kind::reachable);
  return task_gone(job, refusal.text, moment);
}

Decision update_refused(const Job& job, const Refusal& refusal, const Moment& moment, const Policy& policy) {
  switch (refusal.http_status) {
    case 400:
    case 413:
    case 415:
    case 422:
      if (refusal.text.find("cannot be updated") != std::string::npos)
        return wrong_state(job, refusal, moment);
      return keep_old(job, "bad_request", or_else(refusal.text, describe(refusal)), moment);
    case 401:
    case 402:
    case 403:
    case 429:
      return not_taken(job, "held", describe(refusal), signal_of(refusal), moment, policy);
    case 404:
    case 410:
      return not_there(job, moment, policy);
    default:
      break;
  }
  return wait(job, State::updating, "update_failed", describe(refusal), signal_of(refusal), moment, policy);
}

Decision update_ended(const Job& job, const Task& task, const Moment& moment) {
  Job read = job;
  read.polls += 1;
  read.not_found = read.transient_failures = 0;
  read.task_status = taskapi::to_string(task.status);
  const bool took = is_in_effect(job.settings, form_of(job), task.configuration);
  switch (task.status) {
    case Status::Succeeded:
      if (!took && wants_cancel(job))
        return keep_old(read, "update_cancelled", "the update was cancelled", moment);
      if (!took)
        return keep_old(read, "update_reverted",
                        "the service could not parse the document with the new settings and went back",
                        moment);
      break;
    case Status::Cancelled:
      return keep_old(read, "update_cancelled", "the update was cancelled", moment);
    default:
      return keep_old(read, "task_failed", or_else(task.message, "the service gave no reason"), moment);
  }
  Decision decision = decide(job, moved(read, State::collecting, moment.now), "succeeded",
                             counted(task.page_count.value_or(0), "page") + ", with the new settings",
                             {Signal::Kind::processed, {}});
  decision.transition.spent.pages = task.page_count.value_or(0);
  return decision;
}

Decision update_runs(const Job& job, const Task& task, const Moment& moment, const Policy& policy) {
  // The old times stay in an update (contract): only ours say how long it takes.
  const Duration waited = moment.now - job.submitted_at.value_or(moment.now);
  if (waited > policy.starting_deadline + policy.processing_deadline)
    return keep_old(
        job, "processing_timeout",
        fmt::format("the task is {} for too long; nothing stops it at the service", to_string(task.status)),
        moment);
  Job after = job;
  after.polls += 1;
  after.not_found = after.transient_failures = 0;
  if (task.status != Status::Starting || job.task_status != kCancelling)
    after.task_status = taskapi::to_string(task.status);
  after.due = moment.now + moment.poll_in;
  return decide(job, std::move(after), "polled", fmt::format("{}: {}", to_string(task.status), task.message),
                kReachable);
}

// Did the updates fail because the service fails whoever asks? Not once it has taken something of somebody
// since this one was asked for. Otherwise a service that takes none of this task's (contract: of one that
// timed out, of some prompts) would be asked for ever; and each may have run, failed and been undone.
bool is_of_an_outage(const Job& job, const Moment& moment) {
  const auto& [taken_at, fail] = moment.submits;
  return fail && !(taken_at && *taken_at >= job.state_since);
}

}  // namespace

queue::Transition intend_update(const Job& job, WallTime now) {
  Job after = moved(job, State::updating, now);
  if (job.task_status == kUpdating) after.possible_duplicates += 1;
  after.task_status = kUpdating;
  return {job.state, std::move(after), {"update", "sends " + form_of(job)}};
}

bool update_may_have_left(const Job& job) {
  return job.task_status == kUpdating;
}

std::optional<Decision> after_lost_update(const Job& job, const taskapi::Answer<Task>& read,
                                          const Moment& moment, const Policy& policy) {
  const auto* task = std::get_if<Task>(&read);
  if (task == nullptr) {
    if (const auto* refusal = std::get_if<Refusal>(&read))
      return update_refused(job, *refusal, moment, policy);
    return wait(job, State::updating, "poll_failed", "no answer to what became of the update",
                {Signal::Kind::trouble, {}}, moment, policy);
  }
  const bool runs = task->status == Status::Starting || task->status == Status::Processing;
  if (runs ||
      (task->status == Status::Succeeded && has_arrived(job.settings, form_of(job), task->configuration)))
    return follow(job, "the update had arrived", moment, Signal::Kind::reachable);
  if (job.possible_duplicates >= policy.possible_duplicates && is_of_an_outage(job, moment)) {
    Decision decision = wait(job, State::updating, "unserved",
                             "the service fails at submits and has not taken the update: tried again later",
                             kReachable, moment, policy);
    decision.transition.after.possible_duplicates = policy.possible_duplicates - 1;
    return decision;
  }
  if (job.possible_duplicates >= policy.possible_duplicates)
    return keep_old(job, "update_unconfirmed",
                    fmt::format("sent {} without an answer; the task has its old settings",
                                counted(job.possible_duplicates + 1, "time")),
                    moment);
  return std::nullopt;
}

Decision after_update(const Job& job, const taskapi::Answer<Task>& answer, const Moment& moment,
                      const Policy& policy) {
  Decision decision = std::visit(
      Match{
          [&](const Task& task) {
            if (task.task_id != job.task_id)
              return wait(job, State::updating, "answer_lost", "the answer is about task " + task.task_id,
                          {Signal::Kind::trouble, {}}, moment, policy);
            return follow(job, "task " + job.task_id, moment, Signal::Kind::good);
          },
          [&](const Refusal& refusal) { return update_refused(job, refusal, moment, policy); },
          [&](const Unreadable& text) {
            return wait(job, State::updating, "answer_lost", text.message, {Signal::Kind::trouble, {}},
                        moment, policy);
          },
          [&](const NoAnswer& failure) {
            const Signal trouble{Signal::Kind::trouble, {}};
            if (failure.request == NoAnswer::Request::not_sent)
              return not_taken(job, "not_sent", describe(failure), trouble, moment, policy);
            return wait(job, State::updating, "answer_lost", describe(failure), trouble, moment, policy);
          },
      },
      answer);
  decision.signal.source = Signal::Source::submit;
  return decision;
}

Decision after_follow(const Job& job, const taskapi::Answer<Task>& answer, const Moment& moment,
                      const Policy& policy) {
  const auto later = [&](std::string why, Signal signal) {
    return wait(job, State::reparsing, "poll_failed", std::move(why), signal, moment, policy);
  };
  return std::visit(
      Match{
          [&](const Task& task) {
            if (task.task_id != job.task_id)
              return later("the answer is about task " + task.task_id, {Signal::Kind::trouble, {}});
            const bool runs = task.status == Status::Starting || task.status == Status::Processing;
            return runs ? update_runs(job, task, moment, policy) : update_ended(job, task, moment);
          },
          [&](const Refusal& refusal) {
            if (is_unknown(refusal)) return not_there(job, moment, policy);
            return later(describe(refusal), signal_of(refusal));
          },
          [&](const NoAnswer& failure) { return later(describe(failure), {Signal::Kind::trouble, {}}); },
          [&](const Unreadable& text) { return later(text.message, {Signal::Kind::trouble, {}}); },
      },
      answer);
}

}  // namespace chunkrd::pipeline::lifecycle
