#pragma once

#include <optional>
#include <ostream>
#include <string>

#include "pipeline/lifecycle.h"
#include "queue/job.h"

/// What tables of decisions are written in: a job in each state, the service's answers, and what a decision
/// is expected to say.
namespace chunkrd::pipeline::lifecycle {

using namespace std::chrono_literals;
using queue::Job;
using queue::State;
using taskapi::NoAnswer;
using taskapi::Refusal;
using taskapi::Status;
using taskapi::Task;
using taskapi::Unreadable;
using Kind = Signal::Kind;

inline constexpr WallTime kNow{std::chrono::milliseconds(1'764'000'000'000)};
inline constexpr Duration kPollIn = 7777ms;
inline constexpr const char* kTag = "0123456789abcdefghij";
inline constexpr const char* kTaskId = "task-1";

inline Moment moment_at(WallTime now) {
  return {now, 0.5, kPollIn};
}

/// A document as it stands in `state` on an ordinary day.
inline Job job_in(State state) {
  Job job;
  job.id = "01job";
  job.inbox = "/srv/inbox";
  job.name = "report.pdf";
  job.profile = "default";
  job.settings = "{}";
  job.found_at = kNow - 1h;
  job.state = state;
  job.due = kNow;
  job.lease = 41;
  job.size_bytes = 1000;
  job.sha256 = "ab12";
  if (state == State::submitting || (state >= State::submitted && state <= State::delivered)) {
    job.tag = kTag;
    job.intent_at = kNow - 2s;
  }
  if (state >= State::submitted && state <= State::delivered) {
    job.task_id = kTaskId;
    job.task_status = state == State::submitted ? "Starting" : "Succeeded";
    job.submitted_at = kNow - 1s;
  }
  if (state == State::burying) {
    job.error_stage = "submit";
    job.error_code = "bad_request";
    job.error_message = "no";
  }
  return job;
}

inline Task task_in(Status status, std::string message = "") {
  Task task;
  task.task_id = kTaskId;
  task.status = status;
  task.message = std::move(message);
  task.created_at = kNow - 1s;
  task.file_name = std::string("report-") + kTag + ".pdf";
  return task;
}

inline Refusal refusal(int http_status, std::string text = "", std::optional<Duration> retry_after = {}) {
  return {http_status, std::move(text), retry_after, ""};
}

inline NoAnswer no_answer(NoAnswer::Request request, NoAnswer::Cause cause, int error = 0) {
  return {request, cause, "api.example.com", {error, std::generic_category()}};
}

/// When a row is due again, as a kind of time.
enum class Due {
  now,
  poll,        ///< when the planner says
  backoff,     ///< after a backoff of the policy: in (now, now + ceiling]
  first_look,  ///< one second: most lost answers are of tasks that exist
  spacing,     ///< the 404s' spacing
  asked_for,   ///< exactly the Retry-After of the table's answers
};
inline constexpr Duration kRetryAfter = 17min;

inline bool is_due(WallTime due, Due expected, const Policy& policy = {}) {
  switch (expected) {
    case Due::now:
      return due == kNow;
    case Due::poll:
      return due == kNow + kPollIn;
    case Due::backoff:
      return due > kNow && due <= kNow + policy.backoff_ceiling;
    case Due::first_look:
      return due == kNow + 1s;
    case Due::spacing:
      return due == kNow + policy.not_found_spacing;
    case Due::asked_for:
      return due == kNow + kRetryAfter;
  }
  return false;
}

/// What a decision is expected to be.
struct Expected {
  State state;
  Due due;
  Kind signal;
  const char* error_code = "";
  int attempts = 0;             ///< more than before
  int possible_duplicates = 0;  ///< more than before
  int transient_failures = 0;   ///< as it is then
};

}  // namespace chunkrd::pipeline::lifecycle

namespace chunkrd {
// What GoogleTest prints when a table's row fails.
inline void PrintTo(WallTime time, std::ostream* out) {
  *out << time.time_since_epoch().count() << " ms";
}
}  // namespace chunkrd
