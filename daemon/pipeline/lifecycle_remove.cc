// Decisions about the end of a document's way: what is left of it at the service.
#include <fmt/format.h>

#include "pipeline/decision.h"

namespace chunkrd::pipeline::lifecycle {
namespace {

using queue::Asked;
using queue::Job;
using queue::State;
using taskapi::Accepted;
using taskapi::NoAnswer;
using taskapi::Refusal;
using taskapi::Unreadable;

// With `after_delivery: delete` the task of a document that failed goes too, unless it may hold a result that
// is paid for: then a person decides (retry fetches it, delete throws it away).
bool may_hold_a_result(const Job& job) {
  return !job.error_code.empty() && job.task_status != "Failed" && job.task_status != "Cancelled";
}

Job without(Job job, const std::string& task_id) {
  if (job.task_id == task_id) job.task_status = kDeleted;
  std::string left;
  for (const std::string& id : split(job.earlier_tasks))
    if (id != task_id) left += (left.empty() ? "" : " ") + id;
  job.earlier_tasks = std::move(left);
  return job;
}

Decision gone(const Job& job, const std::string& task_id, std::string_view how, const Moment& moment) {
  Job after = without(job, task_id);
  if (next_to_remove(after).empty()) {
    after.asked = Asked::nothing;
    after = moved(after, end_of(after), moment.now);
  } else {
    after.due = moment.now;
  }
  return decide(job, std::move(after), "removed", fmt::format("task {} {}", task_id, how), kReachable);
}

}  // namespace

State end_of(const Job& job) {
  if (job.error_code.empty()) return State::done;
  return job.error_code == "cancelled" ? State::cancelled : State::failed;
}

std::string next_to_remove(const Job& job) {
  const auto earlier = split(job.earlier_tasks);
  if (!earlier.empty()) return earlier.front();
  return job.task_status == kDeleted ? std::string() : job.task_id;
}

State over(const Job& job, const Policy& policy) {
  const bool configured = policy.remove_tasks && !may_hold_a_result(job);
  return configured && !next_to_remove(job).empty() ? State::removing : asked_end_of(job);
}

State asked_end_of(const Job& job) {
  return wants_removal(job.asked) && !next_to_remove(job).empty() ? State::removing : end_of(job);
}

Decision after_remove(const Job& job, const std::string& task_id, const taskapi::Answer<Accepted>& answer,
                      const Moment& moment, const Policy& policy) {
  const auto later = [&](std::string why, Signal signal) {
    return wait(job, State::removing, "remove_failed", std::move(why), signal, moment, policy);
  };
  return std::visit(
      Match{
          [&](const Accepted&) { return gone(job, task_id, "deleted", moment); },
          [&](const Refusal& refusal) {
            if (is_unknown(refusal)) return gone(job, task_id, "was gone already", moment);
            // contract: the wrong state is a 500 with this text. It will end.
            const bool too_early = refusal.text.find("cannot be deleted") != std::string::npos;
            return later(describe(refusal), too_early ? kReachable : signal_of(refusal));
          },
          [&](const NoAnswer& failure) { return later(describe(failure), {Signal::Kind::trouble, {}}); },
          [&](const Unreadable& text) { return later(text.message, {Signal::Kind::trouble, {}}); },
      },
      answer);
}

}  // namespace chunkrd::pipeline::lifecycle
