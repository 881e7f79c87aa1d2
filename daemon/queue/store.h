#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "queue/command.h"
#include "queue/ending.h"
#include "queue/job.h"

namespace chunkrd::queue {

/// A new row. Refused (false) when another one works on this very file (same inbox, name and identity), when
/// not exactly `earlier` rows of it have ended, or when any file of that inbox and name is in `claiming`.
/// Store::standing_of() says which it was.
struct Insertion {
  Job job;
  Event event;
  std::int64_t earlier = 0;  ///< rows of this file that the caller knows, all of them ended
};

/// What the queue knows of a file that lies in an inbox.
struct Standing {
  std::int64_t rows = 0;         ///< of this very file
  std::optional<Job> latest;     ///< of them: the one that works on it, else the newest
  bool name_is_claimed = false;  ///< another file of that name is in `claiming`
};

/// The row of a document that has ended, its story with it, is to go; what is left of it is noted:
/// forgotten(). Refused (false) when it is not as it was read, when something is asked for it, or when it is
/// a link by which others are told apart: while the answer of a link's submit is looked for, no link is
/// forgotten.
struct Forgetting {
  std::string id;
  State state = State::done;
  std::int64_t lease = 0;
};

using Change = std::variant<Insertion, Transition, Answering, Forgetting, Announcing, Told, PutOff>;

/// Since when the job that has been longest in each state is in it; nothing where there is none. By State.
using OldestByState = std::array<std::optional<WallTime>, kStateCount + 1>;

using StateCounts = std::array<std::int64_t, kStateCount + 1>;  ///< indexed by State

/// Which jobs to list: what is empty does not restrict.
struct Filter {
  std::vector<State> states = {};
  std::optional<std::string> inbox = std::nullopt;       ///< its path as the jobs have it (bytes)
  std::optional<std::string> error_code = std::nullopt;  ///< that is the last error now
  std::optional<WallTime> since = std::nullopt;          ///< found then or later
};

using Inboxes = std::set<std::string>;  ///< by their paths as the jobs have them (bytes)

/// Whose rows are to be passed over.
struct Held {
  Inboxes inboxes = {};
  std::set<std::string> profiles = {};  ///< see Store::profiles()
  bool empty() const { return inboxes.empty() && profiles.empty(); }
};

/// A place in the order in which documents came to their ends.
struct EndMark {
  WallTime at = WallTime::min();
  std::int64_t seq = 0;
};
struct Ended {
  EndMark mark;
  Job job;
};
/// A document that has no row any more.
struct Forgotten {
  std::string id;
  std::string inbox;  ///< as its row had it
};
enum class Endings {
  all,
  failed,    ///< dead letters
  archived,  ///< done, and the original lies in the archive as far as the row knows
};

/// The note (Store::note) of a queue that may be older than what was done since: a copy of an earlier day was
/// put in its place, or its log was lost. Empty once its rows were compared with what lies around.
inline constexpr const char* kOlderNote = "older";

/// The durable table of jobs. Blocking; used by one thread at a time. Implementations pass one and the
/// same test suite (tests/unit/queue). Everything throws StoreError when the database fails.
class Store {
 public:
  virtual ~Store() = default;

  /// Applies all of `changes` in one durable transaction, in order, and says of each whether it took
  /// effect. A guard that does not match is `false`, not an error. If it throws, nothing took effect. `now`
  /// is kept with them, so that nothing in the store is later than clock() says. What was paid for counts for
  /// the day (UTC) of the wall clock; where that was set to another day, for both.
  virtual std::vector<bool> apply(std::span<const Change> changes, const Mark& now) = 0;

  /// The moment of the last apply(); nothing before the first.
  virtual std::optional<Mark> clock() = 0;

  /// Up to `limit` jobs in `state` that are due: `ready` by priority, then age; all others by due time. Not
  /// of those that are `held`: their rows are passed over one by one.
  virtual std::vector<Job> due(State state, WallTime now, std::size_t limit, const Held& held) = 0;
  std::vector<Job> due(State state, WallTime now, std::size_t limit) { return due(state, now, limit, {}); }

  /// Up to `limit` jobs of each profile that has some in `ready` that are due, by priority, then age.
  virtual std::map<std::string, std::vector<Job>> ready_by_profile(WallTime now, std::size_t limit,
                                                                   const Held& held) = 0;

  /// Every inbox that there are jobs of, by its path as the jobs have it (bytes).
  virtual std::vector<std::string> inboxes() = 0;

  /// Every profile by which a document that has not ended is to be worked on: that of a reprocess under way,
  /// else the row's own.
  virtual std::vector<std::string> profiles() = 0;

  /// The first due time in `state` that is later than `after`; nothing if there is none.
  virtual std::optional<WallTime> next_due(State state, WallTime after) = 0;

  virtual std::optional<Job> find(const std::string& id) = 0;

  virtual Standing standing_of(const std::string& inbox, const std::string& name,
                               const std::string& identity) = 0;

  virtual std::vector<StoredEvent> events(const std::string& id) = 0;

  /// From a counter table, never by counting rows.
  virtual StateCounts counts() = 0;

  /// When the oldest job that has not ended was found.
  virtual std::optional<WallTime> oldest_unfinished() = 0;

  virtual std::optional<Job> oldest_unfinished_job() = 0;

  /// Of states that are no ends. Of very many in a state only some hundred are looked at: those that are due
  /// first.
  virtual OldestByState oldest_by_state() = 0;

  /// Up to `limit` jobs in `state` with the latest due times, latest first: of an end, those that came to it
  /// last.
  virtual std::vector<Job> latest_in(State state, std::size_t limit) = 0;

  /// Up to `limit` jobs, newest first, that are older than the job `before`; from the newest on where that is
  /// empty. To page: the last one's id is the next `before`.
  virtual std::vector<Job> list(const Filter& filter, const std::string& before, std::size_t limit) = 0;

  /// Every error code that some job has as its last error.
  virtual std::vector<std::string> error_codes() = 0;

  /// Up to `limit` jobs whose ids begin so, newest first.
  virtual std::vector<Job> with_prefix(const std::string& prefix, std::size_t limit) = 0;

  /// The latest job of this inbox and name.
  virtual std::optional<Job> named(const std::string& inbox, const std::string& name) = 0;
  /// The latest of them whose result was delivered, or whose original was put away, under the name `put_as`.
  virtual std::optional<Job> named(const std::string& inbox, const std::string& name,
                                   const std::string& put_as) = 0;

  /// Up to `limit` jobs that are done with these bytes and these settings, the latest first: the result of
  /// each may be delivered again.
  virtual std::vector<Job> delivered_like(const std::string& sha256, const std::string& settings_hash,
                                          std::size_t limit) = 0;

  /// Does another row say, too, that its original lies there? In the archive: one with the same bytes.
  virtual bool is_claimed_by_another(const Job& job, const std::string& shelf, const std::string& name) = 0;

  /// The latest job of this inbox and name, but for the job `id`, that has a result in the outbox.
  virtual std::optional<Job> delivered_as(const std::string& inbox, const std::string& name,
                                          const std::string& id) = 0;

  /// Whether a document that is a link (NAME.url) has this task, or had it before.
  virtual bool link_has_task(const std::string& task_id) = 0;
  /// The links that may have made a task between `from` and `to` that nobody knows: a submit waits for its
  /// answer, or one without an answer was repeated (also if that came to a good end since).
  virtual std::vector<Job> links_in_doubt(WallTime from, WallTime to) = 0;

  /// What was paid for on the day (UTC) of `moment`, by the wall clock.
  virtual Spent spent_on(WallTime moment) = 0;

  /// Up to `limit` jobs that came to their ends after the place `after`, in that order.
  virtual std::vector<Ended> ended(Endings which, const EndMark& after, std::size_t limit) = 0;
  /// How many originals lie in archives as far as the rows know: from a counter, too.
  virtual std::int64_t archived() = 0;

  /// Up to `limit` documents whose rows are gone and of which files of ours may be left.
  virtual std::vector<Forgotten> forgotten(std::size_t limit) = 0;
  /// Nothing is left of these.
  virtual void nothing_left(std::span<const Forgotten> documents) = 0;

  /// Forgets up to `limit` commands that were answered before `before`, oldest first; says how many.
  virtual std::size_t forget_commands(WallTime before, std::size_t limit) = 0;
  /// Forgets what was paid for on days (UTC) before that of `before`; says of how many.
  virtual std::size_t forget_spending(WallTime before) = 0;

  /// Up to `limit` documents that came to their ends after the end number `after`, in that order. Each is
  /// written in the transaction that ends it; an end that was told before (a document whose task was deleted
  /// since) is none.
  virtual std::vector<Ending> endings(std::int64_t after, std::size_t limit) = 0;
  /// The numbers of the oldest end that is known and of the newest there ever was; 0 where there is none.
  virtual std::int64_t oldest_ending() = 0;
  virtual std::int64_t newest_ending() = 0;
  /// Forgets up to `limit` ends, oldest first, that came before `before` (Mark::lived) or are not of the
  /// newest `keep` (0: however many); none that somebody is still to be told of. Says how many.
  virtual std::size_t forget_endings(std::optional<WallTime> before, std::int64_t keep,
                                     std::size_t limit) = 0;

  /// The last Announcing's `upto`; nothing before the first.
  virtual std::optional<std::int64_t> announced() = 0;
  /// Up to `limit` notifications of `hook` that are due, those that are due first before others.
  virtual std::vector<Notification> notifications(const std::string& hook, WallTime now,
                                                  std::size_t limit) = 0;
  /// The first due time of a notification of `hook` that is later than `after`; nothing if there is none.
  virtual std::optional<WallTime> next_notification(const std::string& hook, WallTime after) = 0;
  /// Gives up to `limit` notifications of `hook` up that wait since `since` or longer; says how many.
  virtual std::size_t give_up_notifications(const std::string& hook, WallTime since, std::size_t limit) = 0;
  /// Every hook that has notifications waiting.
  virtual std::vector<HookStanding> hooks() = 0;

  /// Tells this queue from every other one, also from one that was rebuilt in its place.
  virtual std::string queue_id() = 0;

  /// Writes a wish down and gives it its number.
  virtual std::int64_t ask(const Command& command) = 0;
  /// Not answered yet, oldest first.
  virtual std::vector<Command> pending_commands(std::size_t limit) = 0;
  /// Nothing while it is pending.
  virtual std::optional<CommandAnswer> answer_of(std::int64_t seq) = 0;

  /// Small durable values by name, beside the jobs: pauses, learnt poll times.
  virtual std::optional<std::string> note(const std::string& key) = 0;
  virtual void set_note(const std::string& key, const std::string& value) = 0;
};

/// The database failed or is not usable. Says which file and what to do.
class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// It cannot be used now, and can be again when what is told has its end: nothing has taken effect, and the
/// same may be tried once more.
class StoreUnavailable : public StoreError {
 public:
  enum class Cause {
    full,     ///< the disk, or another want of this machine
    locked,   ///< by another program
    refused,  ///< the disk takes no writes: mounted read-only, or broken
  };
  StoreUnavailable(Cause cause, const std::string& message) : StoreError(message), cause_(cause) {}
  Cause cause() const noexcept { return cause_; }

 private:
  Cause cause_;
};

/// It is no queue for this program: a newer chunkrd's, another program's, on a network mount. It was left as
/// it is, and trying again mends nothing.
class StoreRefused : public StoreError {
 public:
  using StoreError::StoreError;
};

}  // namespace chunkrd::queue
