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
  removing = 13,   ///< its tasks are to be deleted at the service; then the end it had reached before
  updating = 14,   ///< new settings are asked for: to be sent as an update of its task
  reparsing = 15,  ///< the service took the update; to be polled
  retrying = 16,   ///< the original is to come back into the spool, to be worked on once more
};
inline constexpr int kStateCount = 16;

std::string_view to_string(State state) noexcept;
/// Nothing if `text` names no state.
std::optional<State> state_from(std::string_view text) noexcept;
constexpr bool is_end(State state) noexcept {
  return state >= State::done && state <= State::vanished;
}

/// What a person has asked of a document that could not be done at once. The value stands in the database.
enum class Asked : int {
  nothing = 0,
  cancel = 1,             ///< at the service, while that is possible
  remove = 2,             ///< its tasks are deleted once its way is over
  cancel_or_remove = 3,   ///< `remove` if it is too late for `cancel`
  cancel_and_remove = 4,  ///< both, each asked for by itself
};

/// How a document came into the spool. The value stands in the database.
enum class Took : int {
  unknown = 0,  ///< a row of an earlier release
  moved = 1,    ///< what lies in the spool is the original
  copied = 2,   ///< a copy lies there, the original stays in the inbox
};

/// Job::bound_for where that is no folder; a folder's path begins with a slash.
inline constexpr std::string_view kBoundForDeletion = "deleted";
inline constexpr std::string_view kBoundForInbox = "kept";

/// One document: a row of the queue. Nothing about a document lives anywhere else.
struct Job {
  // Never change after the row is made.
  std::string id;               ///< make_job_id()
  std::string inbox;            ///< the inbox folder's path as configured (bytes)
  std::string name;             ///< path below the inbox (bytes), "a/b/report.pdf"
  std::string source_identity;  ///< device, inode, size, mtime, ctime as text: inbox::Identity
  WallTime found_at;            ///< all times are of Mark::date, unless they say otherwise

  // What a transition changes.
  std::string profile;
  std::string settings;       ///< CreateForm without the document, canonical JSON
  std::string settings_hash;  ///< SHA-256 of `settings`
  std::string sidecar;        ///< identity of the sidecar that it was taken with; empty without one
  int priority = 0;           ///< higher first
  State state = State::claiming;
  /// Not to be worked on before. Of an end: when it was reached, on the line of Mark::lived.
  WallTime due;
  std::int64_t lease = 0;  ///< grows by one with each transition: a late writer's is too old
  WallTime state_since;    ///< when `state` last changed

  std::uint64_t size_bytes = 0;
  std::string sha256;  ///< of the original, once it is in the spool

  // Where its files lie, whatever the configuration says by now. Paths of folders (bytes); empty in rows of
  // an earlier release, and where there is nothing yet.
  std::string spool;   ///< it is taken into, and brought back into
  std::string outbox;  ///< its result is prepared in, and lies in; of `delivered_name`
  std::string shelf;   ///< its original was put into; of `original_name`
  /// Where its original is about to be put away: a folder, or one of the two above. Settled before it is
  /// moved: after a crash it is looked for there, whatever the configuration says by then. Empty before.
  std::string bound_for;
  Took took = Took::unknown;
  /// Identity of the original in the spool when its digest was read, if any later change shows in it; empty
  /// where only the digest can tell.
  std::string spooled;

  std::string tag;                    ///< of the current attempt, in the submitted file_name
  std::string task_id;                ///< of the current attempt, once known
  std::optional<WallTime> intent_at;  ///< when `submitting` was written: reconcile searches from here
  /// When the task id became known; in `submitting`: when its answer was lost. From where deadlines and the
  /// grace time count, so a stop of the daemon moves it on: see SqliteStore::go_on().
  std::optional<WallTime> submitted_at;
  std::string task_status;  ///< as last read: the contract's Status

  int attempts = 0;             ///< tasks made for this document that came to nothing
  int transient_failures = 0;   ///< in a row, of the current step: sets the backoff
  int possible_duplicates = 0;  ///< submits repeated although the one before may have arrived
  int polls = 0;                ///< of the current task
  int not_found = 0;            ///< in a row: 404s of the current task, or looks for its original
  int empty_reads = 0;          ///< results in a row that could not be used, of the current task
  std::optional<int> pages;

  std::string delivered_name;  ///< below the outbox; may differ from `name` where that was taken
  /// Where the original was put away: below `shelf`, the archive if delivered, else failed/. Empty where it
  /// was not kept, or not put away yet.
  std::string original_name;
  bool original_pruned = false;  ///< it was in the archive under that name until retention has deleted it
  std::string error_stage;       ///< the step that failed, empty if none
  std::string error_code;        ///< stable, for machines: "unsupported_type"
  std::string error_message;     ///< for people

  Asked asked = Asked::nothing;
  // A reprocess under way; all of it empty otherwise.
  std::string wanted_profile;
  std::string wanted_settings;  ///< CreateForm without the document, canonical JSON
  bool may_resubmit = false;    ///< pay for a new task if the old one is gone
  int revision = 0;             ///< how often a result of this document was asked for anew
  std::string reused_from;      ///< the job whose result was delivered again instead of a new task
  std::string earlier_tasks;    ///< ids of tasks that came to nothing, not deleted yet; with spaces between
};

/// The profile that counts while it is worked on: that of a reprocess under way, else its own.
inline const std::string& profile_at_work(const Job& job) {
  return job.wanted_settings.empty() ? job.profile : job.wanted_profile;
}

/// A line of a job's story. None where `what` is empty: nothing happened that was not told before.
struct Event {
  std::string what;    ///< "submitted"; empty: nothing that has not been told already
  std::string detail;  ///< "task 3f1c..., 1 page"; no document text, no signed URL
};

/// What became known to be paid for with a transition; added to the day's sum in the same transaction.
struct Spent {
  int documents = 0;
  int pages = 0;
  bool operator==(const Spent&) const = default;
};

/// What a step decided: the job as it shall be. Applied only while the row still has `from` and the
/// lease that the step has read (`after.lease`); the row's lease is then one higher.
struct Transition {
  State from;
  Job after;
  Event event;  ///< nothing is told when it is empty
  Spent spent = {};
};

struct StoredEvent {
  WallTime at;
  Event event;
};

}  // namespace chunkrd::queue
