#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cli/state_lock.h"
#include "config/settings.h"
#include "pipeline/lifecycle.h"
#include "queue/sqlite/sqlite_store.h"

namespace chunkrd::cli {

/// How a command leaves a wish with whoever works the queue: the daemon that runs, or, while none does, this
/// process, which holds the state folder meanwhile.
class Asking {
 public:
  /// Throws what open_queue() throws.
  explicit Asking(const config::Settings& settings);

  /// Nothing: the daemon has not answered within `patience`; it will, once the step that runs has ended.
  std::optional<queue::CommandAnswer> ask(queue::CommandKind kind, const std::string& job,
                                          const std::string& arguments, Duration patience);
  std::optional<queue::CommandAnswer> ask(const std::string& job, const pipeline::lifecycle::Wish& wish,
                                          Duration patience);

  bool daemon_runs() const { return !lock_; }
  queue::SqliteStore& store() { return store_; }

 private:
  std::optional<StateLock> lock_;  ///< while no daemon runs
  queue::SqliteStore store_;
};

}  // namespace chunkrd::cli
