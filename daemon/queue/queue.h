#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/async.h"
#include "core/clock.h"
#include "queue/store.h"

namespace chunkrd::queue {

/// The queue as coroutines see it: a Store on its writer's executor, with group commit.
///
/// Changes that arrive while a transaction is being written go together into the next one; each caller
/// resumes, on its own executor, only when its change is durable. What cannot be done now (StoreUnavailable)
/// is tried until it can: whoever waits for it waits on. A Store that fails is not tried again: the failure
/// is thrown to every waiter and to every later caller (to go on without a queue would lose documents), and
/// the daemon ends.
///
/// Event-loop thread only. Must outlive the coroutines that wait in it.
class Queue {
 public:
  /// `writer` runs one function at a time: a thread pool of one, or the simulation's loop.
  Queue(Store& store, Executor writer, const Clock& clock);
  ~Queue();

  /// A transaction that was written.
  struct Commit {
    std::size_t changes = 0;
    std::size_t refused = 0;          ///< of them: their guards did not match
    std::chrono::nanoseconds took{};  ///< with the wait for the writer's thread
  };
  /// Is told of each from now on.
  void on_commit(std::function<void(const Commit&)> tell);

  /// Why the store cannot be used now.
  struct Trouble {
    StoreUnavailable::Cause cause;
    std::string why;  ///< for people, with what ends it; as it was when the store was last tried
    WallTime since;
  };
  const std::optional<Trouble>& trouble() const;
  /// Is told when such a trouble begins, and when it ends.
  void on_trouble(std::function<void()> tell);
  /// For an end: from now on nobody waits for a store that cannot be used. It is a failure then.
  void wait_no_longer();

  /// Changes that wait for the next commit.
  std::size_t waiting() const;

  /// False when the guard did not match: somebody else moved the job.
  awaitable<bool> apply(Change change);

  /// All of them in one transaction of their own: few enough that others need not wait long. With none, that
  /// it is so late now is made durable.
  awaitable<std::vector<bool>> apply_together(std::vector<Change> changes);

  awaitable<std::vector<Job>> due(State state, WallTime now, std::size_t limit, Held held = {});
  awaitable<std::map<std::string, std::vector<Job>>> ready_by_profile(WallTime now, std::size_t limit,
                                                                      Held held = {});
  awaitable<std::vector<std::string>> inboxes();
  awaitable<std::vector<Job>> list(Filter filter, std::string before, std::size_t limit);
  awaitable<std::optional<WallTime>> next_due(State state, WallTime after);
  awaitable<Standing> standing_of(std::string inbox, std::string name, std::string identity);
  awaitable<StateCounts> counts();
  awaitable<std::optional<WallTime>> oldest_unfinished();
  awaitable<OldestByState> oldest_by_state();
  awaitable<std::vector<Job>> latest_in(State state, std::size_t limit);
  awaitable<std::optional<Job>> find(std::string id);
  awaitable<std::vector<std::string>> profiles();
  awaitable<std::vector<Job>> delivered_like(std::string sha256, std::string settings_hash,
                                             std::size_t limit);
  awaitable<bool> is_claimed_by_another(Job job, std::string shelf, std::string name);
  awaitable<std::optional<Job>> delivered_as(std::string inbox, std::string name, std::string id);
  awaitable<bool> link_has_task(std::string task_id);
  awaitable<std::vector<Job>> links_in_doubt(WallTime from, WallTime to);
  awaitable<Spent> spent_on(WallTime moment);
  awaitable<std::vector<Ended>> ended(Endings which, EndMark after, std::size_t limit);
  awaitable<std::int64_t> archived();
  awaitable<std::vector<Forgotten>> forgotten(std::size_t limit);
  awaitable<void> nothing_left(std::vector<Forgotten> documents);
  awaitable<std::size_t> forget_commands(WallTime before, std::size_t limit);
  awaitable<std::size_t> forget_spending(WallTime before);
  awaitable<std::vector<StoredEvent>> events(std::string id);
  awaitable<std::vector<Ending>> endings(std::int64_t after, std::size_t limit);
  awaitable<std::int64_t> newest_ending();
  awaitable<std::size_t> forget_endings(std::optional<WallTime> before, std::int64_t keep, std::size_t limit);
  awaitable<std::optional<std::int64_t>> announced();
  awaitable<std::vector<Notification>> notifications(std::string hook, WallTime now, std::size_t limit);
  awaitable<std::optional<WallTime>> next_notification(std::string hook, WallTime after);
  awaitable<std::size_t> give_up_notifications(std::string hook, WallTime since, std::size_t limit);
  awaitable<std::vector<HookStanding>> hooks();
  awaitable<std::string> queue_id();
  awaitable<std::vector<Command>> pending_commands(std::size_t limit);
  awaitable<std::optional<std::string>> note(std::string key);
  awaitable<void> set_note(std::string key, std::string value);

 private:
  struct Writer;
  std::shared_ptr<Writer> writer_;
};

}  // namespace chunkrd::queue
