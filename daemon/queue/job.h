#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace chunkrd::queue {

/// Where a document is on its way. The value is what stands in the database: never renumber, only add.
/// Each state that is not an end has exactly one step that can be run on it: see pipeline/steps.h.
enum class State : int {
  claiming = 1,    ///< settled in the inbox; to be taken into the spool
  ready = 2,       ///< in the spool, synced; to be submitted
  submitting = 3,  ///< the intent is durable; a POST may or may not have reached the service
  submitted = 4,   ///< the service has it and gave a task id; to be polled
  collecting = 5,  ///< the task succeeded; its result is to be fetched
  delivering = 6,  ///< the result lies in the outbox under a temporary name; to be published
  delivered = 7,   ///< published and durable; the original is to be put away
  burying = 8,     ///< will not succeed; original and report are to be put into failed/
  done = 9,        ///< end: delivered, original put away
  failed = 10,     ///< end: dead letter, original and report lie in failed/
  cancelled = 11,  ///< end: cancelled at the service, original and report lie in failed/
  vanished = 12,   ///< end: the file was gone before it could be taken
};
inline constexpr int kStateCount = 12;

std::string_view to_string(State state) noexcept;
/// Nothing if `text` names no state.
std::optional<State> state_from(std::string_view text) noexcept;
constexpr bool is_end(State state) noexcept {
  return state >= State::done;
}

/// One document: a row of the queue. Nothing about a document lives anywhere else.
struct Job {
  // Never change after the row is made.
  std::string id;               ///< make_job_id()
  std::string inbox;            ///< the inbox folder's path as configured (bytes)
  std::string name;             ///< path below the inbox (bytes), "a/b/report.pdf"
  std::string source_identity;  ///< device, inode, size, mtime, ctime as text: inbox::Identity
  WallTime found_at;
  std::string profile;
  std::string settings;       ///< CreateForm without the document, canonical JSON
  std::string settings_hash;  ///< SHA-256 of `settings`
  int priority = 0;           ///< higher first

  // What a transition changes.
  State state = State::claiming;
  WallTime due;            ///< not to be worked on before
  std::int64_t lease = 0;  ///< grows by one with each transition: a late writer's is too old
  WallTime state_since;    ///< when `state` last changed

  std::uint64_t size_bytes = 0;
  std::string sha256;  ///< of the original, once it is in the spool

  std::string tag;                    ///< of the current attempt, in the submitted file_name
  std::string task_id;                ///< of the current attempt, once known
  std::optional<WallTime> intent_at;  ///< when `submitting` was written: reconcile searches from here
  /// When the task id became known; in `submitting`: when its answer was lost, from where the grace time
  /// counts.
  std::optional<WallTime> submitted_at;
  std::string task_status;  ///< as last read: the contract's Status

  int attempts = 0;             ///< tasks made for this document that came to nothing
  int transient_failures = 0;   ///< in a row, of the current step: sets the backoff
  int possible_duplicates = 0;  ///< submits repeated although the one before may have arrived
  int polls = 0;                ///< of the current task
  int not_found = 0;            ///< 404 in a row, of the current task
  int empty_reads = 0;          ///< results in a row that could not be used, of the current task
  std::optional<int> pages;

  std::string delivered_name;  ///< below the outbox; may differ from `name` where that was taken
  std::string error_stage;     ///< the step that failed, empty if none
  std::string error_code;      ///< stable, for machines: "unsupported_type"
  std::string error_message;   ///< for people
};

/// A line of a job's story.
struct Event {
  std::string what;    ///< "submitted"
  std::string detail;  ///< "task 3f1c..., 1 page"; no document text, no signed URL
};

/// What a step decided: the job as it shall be. Applied only while the row still has `from` and the
/// lease that the step has read (`after.lease`); the row's lease is then one higher.
struct Transition {
  State from;
  Job after;
  Event event;
};

struct StoredEvent {
  WallTime at;
  Event event;
};

}  // namespace chunkrd::queue
