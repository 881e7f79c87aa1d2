// Decisions on the way to a task: claim, create, reconcile.
#include <fmt/format.h>

#include <array>

#include "pipeline/decision.h"

namespace chunkrd::pipeline::lifecycle {
namespace {

using queue::Job;
using queue::State;
using taskapi::NoAnswer;
using taskapi::Refusal;
using taskapi::Task;
using taskapi::Unreadable;

// The first look at the task list comes soon (most lost answers are of tasks that exist), later ones back
// off.
constexpr Duration kFirstLook = std::chrono::seconds(1);

Decision with_task(const Job& job, const Task& task, const char* what, Signal::Kind kind,
                   const Moment& moment) {
  Job after = moved(job, State::submitted, moment.now + moment.poll_in);
  after.task_id = task.task_id;
  after.task_status = taskapi::to_string(task.status);
  after.submitted_at = moment.now;
  after.polls = after.not_found = after.empty_reads = 0;
  return decide(job, std::move(after), what, "task " + task.task_id, {kind, {}});
}

Decision ambiguous(const Job& job, std::string why, Signal signal, const Moment& moment) {
  return decide(job, moved(job, State::submitting, moment.now + kFirstLook), "answer_lost",
                std::move(why) + "; looking for the task by its tag", signal);
}

// Nothing of this submit can have become a task: the row is ready again.
Decision back_to_ready(const Job& job, std::string what, std::string why, Signal signal, const Moment& moment,
                       const Policy& policy) {
  Decision decision = wait(job, State::ready, std::move(what), std::move(why), signal, moment, policy);
  // A submit that may have arrived before keeps its tag, so that it can still be found.
  if (job.possible_duplicates == 0) decision.transition.after.tag.clear();
  return decision;
}

Decision refused(const Job& job, const Refusal& refusal, const Moment& moment, const Policy& policy) {
  const Signal signal = signal_of(refusal);
  switch (refusal.http_status) {
    case 400: {
      const bool type = refusal.text.find("Unsupported file type") != std::string::npos;
      return bury(job, "submit", type ? "unsupported_type" : "bad_request", refusal.text, moment,
                  {Signal::Kind::reachable, {}});
    }
    case 413:
      return bury(job, "submit", "too_large", refusal.text, moment, {Signal::Kind::reachable, {}});
    case 401:
    case 402:
    case 403:
    case 429:
      return back_to_ready(job, "held", describe(refusal), signal, moment, policy);
    default:
      break;
  }
  // 500 may come after the task was made (contract): only the list can tell.
  if (refusal.http_status >= 500 || refusal.http_status == 408)
    return ambiguous(job, describe(refusal), signal, moment);
  // A redirect or 404 for the whole operation: the address is wrong, not the document.
  return back_to_ready(job, "held", describe(refusal) + " (is api.url right?)", {Signal::Kind::trouble, {}},
                       moment, policy);
}

}  // namespace

Decision after_claim(const Job& job, const Claim& claim, const Intake& intake, const Moment& moment) {
  return std::visit(Match{
                        [&](const Gone& gone) {
                          return decide(job, moved(job, State::vanished, moment.now), "vanished", gone.why);
                        },
                        [&](const CannotRead& failure) {
                          return bury(job, "claim", "unreadable", failure.message, moment);
                        },
                        [&](const Spooled& original) {
                          Job known = job;
                          known.size_bytes = original.size_bytes;
                          known.sha256 = original.sha256;
                          if (original.size_bytes == 0)
                            return bury(known, "claim", "empty_file", "the file has no content", moment);
                          if (original.size_bytes > intake.document_bytes)
                            return bury(known, "claim", "too_large",
                                        fmt::format("{} bytes; the limit is {} (limits.document_bytes)",
                                                    original.size_bytes, intake.document_bytes),
                                        moment);
                          if (!intake.type_is_taken)
                            return bury(known, "claim", "unsupported_type",
                                        "this inbox does not take the type (types)", moment);
                          return decide(
                              job, moved(known, State::ready, moment.now), "claimed",
                              fmt::format("{} bytes, SHA-256 {}", original.size_bytes, original.sha256));
                        },
                    },
                    claim);
}

queue::Transition intend(const Job& job, const std::string& new_tag, WallTime now) {
  Job after = job;
  after.state = State::submitting;
  after.due = now;
  after.intent_at = now;
  if (after.tag.empty()) after.tag = new_tag;
  return {job.state, std::move(after), {"submitting", "tag " + (job.tag.empty() ? new_tag : job.tag)}};
}

Decision after_create(const Job& job, const taskapi::Answer<Task>& answer, const Moment& moment,
                      const Policy& policy) {
  return std::visit(
      Match{
          [&](const Task& task) { return with_task(job, task, "submitted", Signal::Kind::good, moment); },
          [&](const Refusal& refusal) { return refused(job, refusal, moment, policy); },
          [&](const Unreadable& answer_text) {
            return ambiguous(job, answer_text.message, {Signal::Kind::trouble, {}}, moment);
          },
          [&](const NoAnswer& failure) {
            if (failure.cause == NoAnswer::Cause::local_file)
              return bury(job, "submit", "unreadable", failure.message, moment);
            if (failure.request == NoAnswer::Request::not_sent)
              return back_to_ready(job, "not_sent", describe(failure), {Signal::Kind::trouble, {}}, moment,
                                   policy);
            return ambiguous(job, describe(failure), {Signal::Kind::trouble, {}}, moment);
          },
      },
      answer);
}

Decision after_reconcile(const Job& job, const Search& search, const Moment& moment, const Policy& policy) {
  return std::visit(
      Match{
          [&](const Task& task) { return with_task(job, task, "adopted", Signal::Kind::reachable, moment); },
          [&](const NotListed&) {
            const WallTime since = job.intent_at.value_or(moment.now);
            if (moment.now - since < policy.reconcile_grace) {
              Decision decision = wait(job, State::submitting, "not_listed", "looked for by tag, again later",
                                       {Signal::Kind::reachable, {}}, moment, policy);
              // Not beyond the end of the grace time by more than a moment: the document waits for it.
              queue::Job& after = decision.transition.after;
              after.due =
                  std::min(after.due, std::max(moment.now + kFirstLook, since + policy.reconcile_grace));
              return decision;
            }
            if (job.possible_duplicates >= policy.possible_duplicates)
              return bury(job, "reconcile", "submit_unconfirmed",
                          fmt::format("sent {} times without an answer, and not in the task list; tag {}",
                                      job.possible_duplicates + 1, job.tag),
                          moment);
            Job after = moved(job, State::ready, moment.now);
            after.possible_duplicates += 1;
            return decide(job, std::move(after), "possible_duplicate",
                          "not in the task list after the grace time: submitted again with the same tag");
          },
          [&](const Refusal& refusal) {
            return wait(job, State::submitting, "no_list", describe(refusal), signal_of(refusal), moment,
                        policy);
          },
          [&](const NoAnswer& failure) {
            return wait(job, State::submitting, "no_list", describe(failure), {Signal::Kind::trouble, {}},
                        moment, policy);
          },
          [&](const Unreadable& answer_text) {
            return wait(job, State::submitting, "no_list", answer_text.message, {Signal::Kind::trouble, {}},
                        moment, policy);
          },
      },
      search);
}

}  // namespace chunkrd::pipeline::lifecycle
