#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "artifacts/artifacts.h"
#include "config/settings.h"
#include "inbox/presence.h"
#include "outbox/folder.h"
#include "pipeline/policy.h"
#include "queue/command.h"
#include "queue/job.h"
#include "queue/store.h"
#include "taskapi/answer.h"
#include "taskapi/client.h"
#include "taskapi/task.h"

/// All that is decided about a document. Pure: the row, the answer, the moment and the policy in; the row as
/// it shall be, the line of its story and what it says about the service out. No I/O, no clock, no logging.
/// The table of these rules is in docs/architecture.md; tests/unit/pipeline tests it as a table.
namespace chunkrd::pipeline::lifecycle {

/// How submits fare, of whatever document; as far as this process has seen.
struct Submits {
  std::optional<WallTime> taken_at;  ///< when the service last took one
  bool fail = false;                 ///< so many have failed in a row that the breaker is open
};

/// What a decision depends on besides row and answer.
struct Moment {
  WallTime now;
  double jitter = 0;    ///< in [0, 1), for backoff
  Duration poll_in{0};  ///< when the planner would ask (again) how the task is doing
  Submits submits = {};
};

/// What an answer says about the service or this machine as a whole, for the Gate.
struct Signal {
  enum class Kind {
    none,
    good,         ///< the service took a submit: it is there and takes our key
    processed,    ///< a task succeeded: the quota had room for it
    reachable,    ///< it answered something else that is no fault: it is there and takes our key
    slow_down,    ///< 429: too fast; `wait` if it said how long
    healthy,      ///< /health says that it is there; whether it takes submits is not known
    trouble,      ///< network, 5xx: counts towards the breaker
    refused_key,  ///< 401, 403
    over_quota,   ///< 402, 429 "Usage limit exceeded", "Page limit exceeded"
    disk_full,    ///< here, not there
  };
  /// What was asked. Submits can fail while everything else works, and the other way round: what one of
  /// them has learnt does not speak for the other.
  enum class Source { other, submit };

  Kind kind = Kind::none;
  std::optional<Duration> wait;
  Source source = Source::other;
};

struct Decision {
  queue::Transition transition;
  Signal signal;
};

// --- taking a document -------------------------------------------------------------------------------

/// What is to be done with a file that lies in an inbox and has settled.
enum class Meeting {
  take,     ///< it gets a row
  in_hand,  ///< a row works on it, or has done so and left it there
  left,     ///< its row has ended, and only a change or a person can say that it is to be taken once more
  later,    ///< not now
};
Meeting meet(const queue::Standing& standing, config::Originals originals, WallTime now);

/// What a document is submitted with by the word of its sidecar.
struct OwnSettings {
  std::string profile;
  std::string settings;  ///< CreateForm without the document, canonical JSON
  int priority = 0;
};
/// Something about the document that was found out here, before anything is paid for.
struct Fault {
  std::string code, message;
};

/// The original lies in the spool, with its digest; that of one that is too large is not known.
struct Spooled {
  std::string sha256;
  std::uint64_t size_bytes = 0;
  std::optional<OwnSettings> own = std::nullopt;
  std::optional<Fault> fault = std::nullopt;
  std::string identity = {};  ///< Job::spooled
};
struct Gone {
  std::string why;  ///< vanished, changed (it settles again) or is not a document
};
/// It lies in the spool and cannot be read there.
struct CannotRead {
  std::string message;
};
/// It lies in the inbox, and we may not take it. Tried again: rights can be given at any time.
struct NotAllowed {
  std::string why;
};
using Claim = std::variant<Spooled, Gone, CannotRead, NotAllowed>;

/// What is refused here, before anything is paid for.
struct Intake {
  std::uint64_t document_bytes = 0;  ///< larger ones are refused
  bool type_is_taken = true;         ///< by the inbox's `types`
};

/// What is wrong with a document of that size, if anything, before anybody looks inside.
std::optional<Fault> fault_of_file(std::uint64_t size_bytes, const Intake& intake);

Decision after_claim(const queue::Job& job, const Claim& claim, const Intake& intake, const Moment& moment);

/// An earlier result for the same bytes and settings lies ready to be delivered again. `known` is the job
/// with what its step has learnt so far.
Decision after_reuse(const queue::Job& job, const queue::Job& known, const queue::Job& earlier,
                     const Moment& moment);

// --- the same document more than once ------------------------------------------------------------------

/// Another document with the same bytes and settings that is being paid for; in `ready` its submit begins.
struct First {
  std::string id;
  queue::State state = queue::State::ready;
  WallTime since;  ///< when it came there
};
bool is_paid_for(const queue::Job& job);
/// Has something left this machine that costs, if it arrived, and that nobody knows to be paid for? The day's
/// budget counts it as if it were.
bool may_be_paid_for(const queue::Job& job);
/// Is the submit of `job` to wait for what becomes of `first`? Not for more than two days where that hangs
/// here: for a disk that is full or a mount that is gone.
bool is_to_wait_for(const queue::Job& job, const First& first, WallTime now);
enum class Telling { told, silent };
/// It does. It comes up again by itself, too, after kTwinPatience.
Decision wait_for(const queue::Job& job, const std::string& first, Telling telling, const Moment& moment);
/// Its waiting is over without a result that could be taken over.
Decision wait_is_over(const queue::Job& job, const Moment& moment);

/// The very document (its inbox keeps originals) was delivered before, and nothing of it has changed but its
/// times: `name` is what its result is called in the outbox.
Decision after_unchanged(const queue::Job& job, const queue::Job& known, const queue::Job& earlier,
                         const std::string& name, const Moment& moment);

// --- submitting --------------------------------------------------------------------------------------

/// The intent that must be durable before the POST leaves. Keeps the tag of a submit that is repeated
/// because its answer was lost, so that either one can be found.
queue::Transition intend(const queue::Job& job, const std::string& new_tag, WallTime now);

Decision after_create(const queue::Job& job, const taskapi::Answer<taskapi::Task>& answer,
                      const Moment& moment, const Policy& policy);

/// The list was read to its end, or to where the submit's time is passed.
struct NotListed {
  int nobodys = 0;  ///< tasks in it that may be its own, or other links': that cannot be told
};
/// It is longer than what one look reads. The next one goes on; so far it is not known whether it is listed.
struct LookOn {
  int pages = 0;  ///< that were read of it
};
/// What a look through the task list for our tag came to.
using Search =
    std::variant<taskapi::Task, NotListed, LookOn, taskapi::Refusal, taskapi::NoAnswer, taskapi::Unreadable>;

/// May this task of the list be the one of a submit of `job`, a link, whose answer was lost? Its address
/// gives the document one of `names` at the service. Weaker than a tag: somebody else's document may have the
/// name. Only by our own clock: to take another document's task is worse than to pay twice.
bool may_be_link_task(const queue::Job& job, const std::vector<std::string>& names, const taskapi::Task& task,
                      WallTime now, Duration ahead = Duration::zero());
/// From when on a task may be one of this submit, and until when.
struct Window {
  WallTime from, to;
};
Window window_of_submit(const queue::Job& job, WallTime now);

Decision after_reconcile(const queue::Job& job, const Search& search, const Moment& moment,
                         const Policy& policy);

/// What the answer to GET /health says, which is asked before a submit may try whether an outage is over.
Signal after_health(const taskapi::Answer<taskapi::Accepted>& answer);

// --- following a task --------------------------------------------------------------------------------

Decision after_poll(const queue::Job& job, const taskapi::Answer<taskapi::Task>& answer, const Moment& moment,
                    const Policy& policy);

/// Is a task that reads Starting to be cancelled: because it never leaves that state, or because a person
/// asked for it? Then poll makes intend_cancel() durable, cancels and reads again, and the decision is
/// after_cancel's.
bool is_to_be_cancelled(const queue::Job& job, const taskapi::Task& task, const Moment& moment,
                        const Policy& policy);
/// Without it a cancel whose answer or row is lost would look, at the next poll, like somebody else's.
queue::Transition intend_cancel(const queue::Job& job, WallTime now);
Decision after_cancel(const queue::Job& job, const taskapi::Answer<taskapi::Task>& read_again,
                      const Moment& moment, const Policy& policy);

/// A result is good, but the storage refuses a file that belongs to it, or there is none.
struct FileRefused {
  enum class Need {
    must,      ///< the profile delivers it
    may_miss,  ///< it only makes another artifact better
  };
  artifacts::Summary result;
  std::string why;  ///< "the PDF: HTTP 403 from the storage"; no URL
  Need need = Need::must;
};
/// A result is good, but a file of it could not be had now: the storage is not reachable, or busy.
struct FileLater {
  std::string why;
};

/// A result that was fetched and read through, with its files, or why there is none.
using Collected = std::variant<artifacts::Summary, artifacts::Broken, taskapi::Refusal, taskapi::NoAnswer,
                               taskapi::Unreadable, FileRefused, FileLater>;

/// Is it the result of this job's task, with something in it? Only then its files are worth fetching.
bool is_whole(const queue::Job& job, const artifacts::Summary& result);

Decision after_collect(const queue::Job& job, const Collected& collected, const Moment& moment,
                       const Policy& policy);

// --- putting things in their places ------------------------------------------------------------------

/// A result as it lies in its outbox.
struct Published {
  std::string name;
  std::string outbox = {};     ///< Job::outbox
  std::string told = {};       ///< for the story: what of an earlier result was kept, if any
  std::string bound_for = {};  ///< Job::bound_for, as the configuration has it now
};
/// The fetched result is not there any more (swept, or never synced): fetch it again.
struct ResultMissing {};
using Delivery = std::variant<Published, ResultMissing>;

Decision after_deliver(const queue::Job& job, const Delivery& delivery, const Moment& moment);

/// Where an original was put.
struct Stored {
  std::string name;        ///< below the archive or failed/; empty where it was not kept
  std::string told;        ///< for the story
  std::string shelf = {};  ///< Job::shelf
};
/// It is not any more what was submitted: it has gone back into the inbox, to settle and get a result of its
/// own.
struct Returned {
  std::string told;  ///< for the story
};
/// It is still in the spool, and where it is to be put is not where its row says: that is settled first.
struct Destined {
  std::string bound_for;  ///< Job::bound_for
};
Decision after_destined(const queue::Job& job, const Destined& original, const Moment& moment);
/// For a document in any state in which its original lies in the spool.
Decision after_change(const queue::Job& job, const Returned& original, const Moment& moment,
                      const Policy& policy);
/// The document could not be read to its end while it was sent: nothing has become of the submit.
Decision after_unsent(const queue::Job& job, const std::string& why, const Moment& moment,
                      const Policy& policy);
Decision after_archive(const queue::Job& job, const Stored& original, const Moment& moment,
                       const Policy& policy);

/// What is left of a document whose original is neither in the spool nor where it was bound for, although
/// every folder that it may lie in is there.
struct Traces {
  std::optional<Published> result = std::nullopt;  ///< of this document, in its outbox
  std::optional<queue::Job> reported =
      std::nullopt;                               ///< by its report in failed/, as job_in_report() says it
  std::optional<Stored> original = std::nullopt;  ///< in failed/, beside that report; or in the archive
  bool in_inbox = false;                          ///< the very file lies there again
};
/// What becomes of it: its row may be of an earlier day, and what has been done since may be forgotten. It is
/// missed in some looks before it counts as lost: somebody may bring it back.
Decision after_missing(const queue::Job& job, const Traces& traces, const std::string& why,
                       const Moment& moment, const Policy& policy);
/// Is a report all that is to be put into failed/ with this decision?
bool is_to_be_reported(const Decision& decision, const Traces& traces);
/// Is the document of this row in the spool, if it is what the row says?
bool belongs_into_spool(const queue::Job& job);

Decision after_bury(const queue::Job& job, const Stored& original, const Moment& moment,
                    const Policy& policy);

// --- what is left at the service ---------------------------------------------------------------------

/// The end of a document's way, by what stands in its row.
queue::State end_of(const queue::Job& job);
/// Where it goes once its original and its result are safe: `removing` first, if its tasks are to be deleted.
queue::State over(const queue::Job& job, const Policy& policy);
/// The task that is to be deleted next; empty when none is left.
std::string next_to_remove(const queue::Job& job);
Decision after_remove(const queue::Job& job, const std::string& task_id,
                      const taskapi::Answer<taskapi::Accepted>& answer, const Moment& moment,
                      const Policy& policy);

// --- other settings for a document that has come to its end ------------------------------------------

/// The intent that must be durable before the PATCH leaves.
queue::Transition intend_update(const queue::Job& job, WallTime now);
/// Then the task is read first: after_lost_update.
bool update_may_have_left(const queue::Job& job);
/// What the task says of an update whose answer was lost. Nothing: it never arrived and is to be sent again.
std::optional<Decision> after_lost_update(const queue::Job& job, const taskapi::Answer<taskapi::Task>& read,
                                          const Moment& moment, const Policy& policy);
Decision after_update(const queue::Job& job, const taskapi::Answer<taskapi::Task>& answer,
                      const Moment& moment, const Policy& policy);
Decision after_follow(const queue::Job& job, const taskapi::Answer<taskapi::Task>& answer,
                      const Moment& moment, const Policy& policy);
/// The job with the settings that a reprocess under way wants; itself when there is none.
queue::Job with_wanted(queue::Job job);

// --- what people ask for -----------------------------------------------------------------------------

struct Retry {};
struct Cancel {
  bool or_remove = false;  ///< delete its task after the delivery, if it is too late to cancel
};
struct Remove {};
struct Reprocess {
  std::string profile;
  std::string settings;   ///< CreateForm without the document, canonical JSON
  bool resubmit = false;  ///< pay for a new task if the old one is gone
};
using Wish = std::variant<Retry, Cancel, Remove, Reprocess>;

/// What is said to the person, and what happens to the row, if anything.
struct Reply {
  queue::CommandAnswer answer;
  std::optional<queue::Transition> transition;
};
Reply asked(const queue::Job& job, const Wish& wish, WallTime now);

bool wants_cancel(const queue::Job& job);
/// Carries out a wish that had to wait, now that the job is where `decision` leads it.
Decision honour(Decision decision, const Moment& moment);

struct Retrieved {
  std::string sha256;
  std::uint64_t size_bytes = 0;
  std::string sidecar = {};  ///< identity of the one that came with it
  std::optional<OwnSettings> own = std::nullopt;
  std::optional<Fault> fault = std::nullopt;
  std::string identity = {};  ///< Job::spooled
  std::string spool = {};     ///< Job::spool
};
struct NoOriginal {
  std::string why;
};
/// The original, back in the spool, or why not.
using Retrieval = std::variant<Retrieved, NoOriginal>;
Decision after_retrieve(const queue::Job& job, const Retrieval& retrieval, const Moment& moment);

// --- forgetting what is over -------------------------------------------------------------------------

/// A bound of the configuration's `retention`, at one moment.
struct Bound {
  std::optional<WallTime> before;  ///< what ended before is over it
  std::int64_t excess = 0;         ///< and so are so many of the oldest
  bool is_none() const { return !before && excess <= 0; }
};
/// `there`: how many there are that it counts.
Bound bound_of(std::optional<Duration> after, std::int64_t keep, std::int64_t there, WallTime now);
/// Is the document over it that is number `place` (the oldest is 0) of those that came to their ends?
bool is_over(const Bound& bound, const queue::Job& job, std::int64_t place);

/// What of a document lies around that its row must not go without.
struct Remains {
  inbox::Presence in_inbox = inbox::Presence::unclear;
  config::Originals originals = config::Originals::archive;
  bool archive_is_pruned = false;  ///< its archived original is still to be deleted by `retention`
};
/// May the row go, now that it is over its bound?
bool may_be_forgotten(const queue::Job& job, const Remains& remains, WallTime now);

/// Its original was to be deleted from the archive, and that came to `removal`. Its end stays when it was.
queue::Transition after_pruning(const queue::Job& job, outbox::Removal removal);

// --- rows that were lost with the queue --------------------------------------------------------------

/// A document in the spool that nobody knows to be submitted, and the tasks in the service's list that are
/// its, the newest first. With one it is followed; without any it is looked for again before it is paid for,
/// with the grace time from `looked_at` on, if the whole list was read.
queue::Job resumed(queue::Job job, const std::vector<taskapi::Task>& tasks, std::optional<WallTime> looked_at,
                   WallTime now);

/// How far a delivery has come, by the files alone.
enum class Reached {
  begun,     ///< some of it may be visible: deliver ends it
  shown,     ///< all of it is, and the original lies in the spool still
  put_away,  ///< and the original does not
};
/// The job of a result in the outbox.
queue::Job delivered_before(queue::Job job, Reached reached, WallTime at);

/// Does the row know nothing of this result, which lies in the outbox? It is older than the delivery then,
/// whatever it says. `revision` is the result's.
bool is_older_than_its_result(const queue::Job& job, int revision);

/// What the task list says of a document whose row may be older than what has become of it since: `listed`
/// are all of its tasks there, the newest first. Nothing: no more than the row knows, as far as it matters.
std::optional<queue::Job> as_listed(const queue::Job& job, const std::vector<taskapi::Task>& listed,
                                    std::optional<WallTime> looked_at, WallTime now);

/// Does the row know of this task, and that nothing came of it? Then it is no task that a lost row or answer
/// is about.
bool came_to_nothing(const queue::Job& job, const taskapi::Task& task);

/// Does the row say of a document that lies in the spool that it is not there yet, or not any more?
bool is_older_than_its_spool(const queue::Job& job);
/// What becomes of such a row: put away, where it is `delivered` then; else it is claimed anew, and then
/// followed or looked for by resumed().
queue::Job found_in_spool(const queue::Job& job, WallTime now);

/// `reported`: what a report in failed/ says of the document of this row, which is not in the spool. Does the
/// row know nothing of this failure?
bool is_older_than_its_failure(const queue::Job& job, const queue::Job& reported);
queue::Job failed_before(queue::Job job, const queue::Job& reported);

// --- whatever else -----------------------------------------------------------------------------------

/// A folder that the step needs is not there now. The document waits, told once, and burns nothing.
Decision after_absence(const queue::Job& job, const std::string& why, const Moment& moment);

/// Something nobody planned for went wrong in a step (an exception): the step is run again later.
Decision after_error(const queue::Job& job, const std::string& message, Signal signal, const Moment& moment,
                     const Policy& policy);

}  // namespace chunkrd::pipeline::lifecycle
