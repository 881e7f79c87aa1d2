#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "queue/sqlite/high_water.h"
#include "queue/sqlite/open.h"
#include "queue/store.h"

namespace chunkrd::queue {

class EndingLog;
class Forgetter;

/// The queue in one SQLite file, with its write-ahead log beside it.
///
/// A file that somebody takes away, or puts another one in the place of, is noticed: its owner (Access::own)
/// saves what it held and refuses to go on, as a StoreError that says where. One that is opened and has not
/// come as far as it was (a lost log, a copy of an earlier day), is another one, or a copy of whatever day,
/// gets the note kOlderNote.
class SqliteStore final : public Store {
 public:
  /// Opens `file` or makes it; its folder must exist. Throws StoreError: see open_database().
  explicit SqliteStore(std::filesystem::path file, SqliteOptions options = {});
  ~SqliteStore() override;

  std::vector<bool> apply(std::span<const Change> changes, const Mark& now) override;
  std::optional<Mark> clock() override;
  using Store::due;
  std::vector<Job> due(State state, WallTime now, std::size_t limit, const Held& held) override;
  std::map<std::string, std::vector<Job>> ready_by_profile(WallTime now, std::size_t limit,
                                                           const Held& held) override;
  std::vector<std::string> inboxes() override;
  std::vector<std::string> profiles() override;
  std::optional<WallTime> next_due(State state, WallTime after) override;
  std::optional<Job> find(const std::string& id) override;
  Standing standing_of(const std::string& inbox, const std::string& name,
                       const std::string& identity) override;
  std::vector<StoredEvent> events(const std::string& id) override;
  StateCounts counts() override;
  std::optional<WallTime> oldest_unfinished() override;
  std::optional<Job> oldest_unfinished_job() override;
  OldestByState oldest_by_state() override;
  std::vector<Job> latest_in(State state, std::size_t limit) override;
  std::vector<Job> list(const Filter& filter, const std::string& before, std::size_t limit) override;
  std::vector<std::string> error_codes() override;
  std::vector<Job> with_prefix(const std::string& prefix, std::size_t limit) override;
  std::optional<Job> named(const std::string& inbox, const std::string& name) override;
  std::optional<Job> named(const std::string& inbox, const std::string& name,
                           const std::string& put_as) override;
  std::vector<Job> delivered_like(const std::string& sha256, const std::string& settings_hash,
                                  std::size_t limit) override;
  bool is_claimed_by_another(const Job& job, const std::string& shelf, const std::string& name) override;
  std::optional<Job> delivered_as(const std::string& inbox, const std::string& name,
                                  const std::string& id) override;
  bool link_has_task(const std::string& task_id) override;
  std::vector<Job> links_in_doubt(WallTime from, WallTime to) override;
  Spent spent_on(WallTime moment) override;
  std::vector<Ended> ended(Endings which, const EndMark& after, std::size_t limit) override;
  std::int64_t archived() override;
  std::vector<Forgotten> forgotten(std::size_t limit) override;
  void nothing_left(std::span<const Forgotten> documents) override;
  std::size_t forget_commands(WallTime before, std::size_t limit) override;
  std::size_t forget_spending(WallTime before) override;
  std::vector<Ending> endings(std::int64_t after, std::size_t limit) override;
  std::int64_t oldest_ending() override;
  std::int64_t newest_ending() override;
  std::size_t forget_endings(std::optional<WallTime> before, std::int64_t keep, std::size_t limit) override;
  std::optional<std::int64_t> announced() override;
  std::vector<Notification> notifications(const std::string& hook, WallTime now, std::size_t limit) override;
  std::optional<WallTime> next_notification(const std::string& hook, WallTime after) override;
  std::size_t give_up_notifications(const std::string& hook, WallTime since, std::size_t limit) override;
  std::vector<HookStanding> hooks() override;
  std::string queue_id() override;
  std::int64_t ask(const Command& command) override;
  std::vector<Command> pending_commands(std::size_t limit) override;
  std::optional<CommandAnswer> answer_of(std::int64_t seq) override;
  std::optional<std::string> note(const std::string& key) override;
  void set_note(const std::string& key, const std::string& value) override;

  /// For a queue that is made anew: the day (UTC) of `moment` has at least so much that was paid for.
  void raise_spent(WallTime moment, const Spent& at_least);

  /// Before the work of a daemon begins at `now`: of the time in which none ran, `not_lived` does not count
  /// for deadlines; and no row, from a clock that was wrong, waits for longer than anything is made to wait.
  void go_on(const Mark& now, Duration not_lived);

 private:
  struct Statements;

  template <class Work>
  auto run(std::string_view doing, Work work);
  void refuse_if_taken_away();
  void note_if_older();
  bool apply_one(const Insertion& insertion, const Mark& now);
  bool apply_one(const Transition& transition, const Mark& now);
  bool apply_one(const Answering& answering, const Mark& now);
  bool apply_one(const Forgetting& forgetting, const Mark& now);
  bool apply_one(const Announcing& announcing, const Mark& now);
  bool apply_one(const Told& told, const Mark& now);
  bool apply_one(const PutOff& put_off, const Mark& now);
  void keep(const Mark& now);
  void add_event(std::int64_t job_seq, const Event& event, WallTime now);

  std::filesystem::path file_;
  SQLite::Database database_;
  std::pair<dev_t, ino_t> inode_;  ///< the file that was opened
  bool owned_ = false;             ///< Access::own
  HighWater high_water_;
  std::string queue_id_;
  std::unique_ptr<Statements> statements_;
  std::unique_ptr<Forgetter> forgetter_;
  std::unique_ptr<EndingLog> ending_log_;
};

}  // namespace chunkrd::queue
