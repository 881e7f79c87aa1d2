#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/lifecycle.h"

/// Building blocks of lifecycle's decisions, for its own files only.
namespace chunkrd::pipeline::lifecycle {

/// The job in its next state, due at `due`.
inline queue::Job moved(const queue::Job& job, queue::State state, WallTime due) {
  queue::Job after = job;
  after.state = state;
  after.due = due;
  if (state != job.state) after.transient_failures = 0;
  return after;
}

inline Decision decide(const queue::Job& job, queue::Job after, std::string what, std::string detail,
                       Signal signal = {}) {
  return {{job.state, std::move(after), {std::move(what), std::move(detail)}}, signal};
}

/// Same state, later, because of something that is not the document's fault. Burns no attempt.
Decision wait(const queue::Job& job, queue::State state, std::string what, std::string detail, Signal signal,
              const Moment& moment, const Policy& policy);

// What stands in `task_status` besides the contract's own.

/// From the moment a cancel may have left this machine until the task reads otherwise: a task that is
/// Cancelled then was cancelled by us.
inline constexpr const char* kCancelling = "Cancelling";
/// From the moment an update may have left until it is known what became of it.
inline constexpr const char* kUpdating = "Updating";
/// The service has answered the submit with an error of its own (5xx): should there be no task, the document
/// is not to blame. It keeps its tag, and the time of its first intent, until one is taken.
inline constexpr const char* kUnserved = "Unserved";
/// The service has answered the submit of a link that it could not fetch what is there. As kUnserved, but it
/// may well be the document that is to blame.
inline constexpr const char* kNotFetched = "NotFetched";
/// Deleted by us.
inline constexpr const char* kDeleted = "Deleted";

/// A link whose submit has lost its answer looks for its task among those of some minutes before (see
/// window_of_submit): the links whose tasks these are must still be known then.
inline constexpr Duration kLinksAreKept = std::chrono::hours(1);

/// What is said about the service when it answered as the contract says.
inline constexpr Signal kReachable{Signal::Kind::reachable, {}, Signal::Source::other};

/// Dead letter. `code` is stable and listed in docs/architecture.md. A document that is only processed anew
/// keeps what it has instead: keep_old().
Decision bury(const queue::Job& job, std::string stage, std::string code, std::string message,
              const Moment& moment, Signal signal = {});

/// The job with its sidecar's settings.
queue::Job with_own(queue::Job job, const OwnSettings& own);

/// Marks a document as one that will not succeed.
void fail_with(queue::Job& job, std::string stage, std::string code, std::string message);

/// A reprocess came to nothing: the document is again as it was before.
Decision keep_old(const queue::Job& job, const std::string& code, const std::string& why,
                  const Moment& moment);

/// A task came to nothing: another one within the profile's attempts, then dead letter.
Decision try_again_or_bury(const queue::Job& job, std::string stage, std::string code, std::string message,
                           const Moment& moment, const Policy& policy);

/// A task came to nothing and another one would not do better: dead letter. The task counts as an attempt.
Decision give_up_task(const queue::Job& job, std::string stage, std::string code, std::string message,
                      const Moment& moment);

/// The task of this job is not known to the service (404).
Decision not_found(const queue::Job& job, const Moment& moment, const Policy& policy);

/// The service does not know what was asked about.
inline bool is_unknown(const taskapi::Refusal& refusal) {
  return refusal.http_status == 404 || refusal.http_status == 410;
}

/// What a refusal says about the service as a whole.
Signal signal_of(const taskapi::Refusal& refusal);
/// And what no answer does: one that failed here is no matter of the service's.
Signal signal_of(const taskapi::NoAnswer& failure);
bool is_quota(const taskapi::Refusal& refusal);

/// For the story: "HTTP 503: text", "no answer: ...".
std::string describe(const taskapi::Refusal& refusal);
std::string describe(const taskapi::NoAnswer& failure);

/// `text`, or `otherwise` where the service said nothing: an error is never without words.
std::string or_else(const std::string& text, std::string_view otherwise);

/// The words of `text`.
std::vector<std::string> split(const std::string& text);

/// The job as it is when it is tried again from the beginning.
queue::Job fresh(queue::Job job);

/// What stands in `asked` when the wish for a cancel is over: granted, or too late. A delete that was asked
/// for by itself stays granted.
queue::Asked cancel_granted(queue::Asked asked);
queue::Asked cancel_too_late(queue::Asked asked);
/// Are its tasks to be deleted because somebody asked for it?
bool wants_removal(queue::Asked asked);
/// The end of its way, by way of `removing` where that was asked for.
queue::State asked_end_of(const queue::Job& job);

/// A job that is to be submitted anew; of the task before only its id is kept, among the earlier ones.
queue::Job without_task(queue::Job job);

/// The job of a task that came to nothing: to be submitted anew. A row that was made again, or compared with
/// the list, does not know what was submitted after that task: it is looked for first.
queue::Job submitted_anew(const queue::Job& job, WallTime now);

template <class... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};

}  // namespace chunkrd::pipeline::lifecycle
