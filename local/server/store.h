#pragma once

#include <SQLiteCpp/Database.h>

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "local/server/task.h"

namespace chunkrd::local::server {

struct ListFilter {
  std::optional<WallTime> start;  ///< created at or after
  std::optional<WallTime> end;    ///< created at or before
  std::int64_t offset = 0;
  std::int64_t limit = -1;  ///< negative: all
};

/// What was asked for and paid under one file name, for tests that count.
struct LedgerLine {
  std::string file_name;
  std::int64_t created = 0;
  std::int64_t succeeded = 0;
};

/// The tasks on disk: SQLite in WAL mode without a sync a transaction, which survives the death of this
/// program, though not always a power cut. Every change is guarded by the status it may start from.
/// Thread safe; everything blocks shortly and throws SQLite::Exception.
class Store {
 public:
  /// Opens or creates the database. Tasks that were Processing when the program ended are queued again.
  explicit Store(const std::filesystem::path& file);

  void insert(const Task& task);

  /// The row, expired or not.
  std::optional<Task> find(const std::string& id);

  /// Ids of tasks that have not expired at `now`, newest first.
  std::vector<std::string> list(const ListFilter& filter, WallTime now);

  /// Succeeded or Failed: remembers what is there, takes the settings and queues the task again.
  bool update(const std::string& id, const std::string& configuration);

  /// Starting: cancels. A cancelled update stays in the queue, where a worker will revert it.
  bool cancel(const std::string& id);

  /// Succeeded, Failed or Cancelled: forgets the task.
  bool remove(const std::string& id);

  /// The oldest task in the queue: Starting, or a cancelled update.
  std::optional<Task> next_queued();

  /// A queued task becomes Processing. False when it was cancelled or removed meanwhile.
  bool start(const std::string& id, WallTime now);

  /// Takes a task out of the queue with the status it has: it stays so until the next start of the program.
  void hold(const std::string& id);

  /// Puts a Processing task back into the queue as if it had never been taken.
  void put_back(const std::string& id);

  /// The progress text of a Processing task.
  void report(const std::string& id, const std::string& message);

  /// Processing ends well. First what the server does before it, which a client can see: finished_at is
  /// set while the task is still Processing.
  void finish_up(const std::string& id, WallTime now);
  void succeed(const std::string& id, const Output& output, std::optional<WallTime> expires_at);

  /// Processing ends badly; both times are absent when it timed out.
  void fail(const std::string& id, const std::string& message, std::optional<WallTime> finished_at,
            std::optional<WallTime> expires_at);

  /// An update that failed or was cancelled: status, message, settings and times are the earlier ones.
  void revert(const std::string& id);

  /// Processing tasks that no worker holds any more and that started before `before`.
  std::vector<std::string> stuck(WallTime before);

  /// Forgets finished tasks that have expired, and names them.
  std::vector<std::string> purge(WallTime now);

  std::vector<LedgerLine> ledger();

 private:
  bool change(const std::string& sql, const std::string& id);

  std::mutex mutex_;
  SQLite::Database database_;
};

}  // namespace chunkrd::local::server
