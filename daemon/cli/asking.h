#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "config/settings.h"
#include "pipeline/lifecycle.h"
#include "queue/sqlite/sqlite_store.h"

namespace chunkrd::cli {

/// How a command leaves a wish with whoever works the queue: the daemon that runs, or, while none does, this
/// process, which holds the queue for just that (CommandLock).
class Asking {
 public:
  /// Throws what open_queue() throws.
  explicit Asking(const config::Settings& settings);

  /// Nothing: the daemon has not answered within `patience`; it will, once the step that runs has ended.
  std::optional<queue::CommandAnswer> ask(queue::CommandKind kind, const std::string& job,
                                          const std::string& arguments, Duration patience);
  std::optional<queue::CommandAnswer> ask(const std::string& job, const pipeline::lifecycle::Wish& wish,
                                          Duration patience);

  /// Did one, when this was asked last?
  bool daemon_runs() const { return daemon_runs_; }
  queue::SqliteStore& store() { return *store_; }

 private:
  void open_anew_if_replaced();

  config::Settings settings_;
  std::unique_ptr<queue::SqliteStore> store_;
  std::pair<std::uint64_t, std::uint64_t>
      file_;  ///< which one is open: `rebuild` may put another in its place
  bool daemon_runs_ = false;
};

}  // namespace chunkrd::cli
