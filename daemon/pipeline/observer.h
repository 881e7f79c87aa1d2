#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/clock.h"
#include "queue/job.h"
#include "queue/store.h"

namespace chunkrd::pipeline {

/// Why no document is submitted although some are ready.
enum class Pause { auth, quota, disk, operator_asked, breaker, budget, queue };
inline constexpr int kPauseCount = 7;
std::string_view to_string(Pause pause) noexcept;

/// What retention deletes: rows of documents, originals in the archive, answered commands, days of spending.
enum class Pruned { documents, originals, commands, days };
inline constexpr int kPrunedCount = 4;

/// A step that came to its end.
struct StepEnd {
  const queue::Job& before;       ///< as it began
  const queue::Job* after;        ///< as it is now; null where nothing has changed
  std::chrono::nanoseconds took;  ///< with the commit
  bool unplanned_error;           ///< an exception that nobody planned for
};

/// Told what the pipeline does. Event-loop thread; must not block or throw.
class Observer {
 public:
  virtual ~Observer() = default;

  /// A transition became durable. `before` is State{} (0) for a new row.
  virtual void on_transition(queue::State before, const queue::Job& after) = 0;
  virtual void on_pause(Pause pause, bool paused) = 0;

  /// A submit is repeated although the one before may have arrived.
  virtual void on_possible_duplicate() = 0;

  /// Those that only wait for another document or for a folder are not told.
  virtual void on_step(const StepEnd&) {}
  /// So much became known to be paid for.
  virtual void on_spent(queue::Spent) {}

  /// A task whose answer was lost was found again by its tag.
  virtual void on_adopted() = 0;

  /// So many were deleted, because they are older or more than the configuration keeps.
  virtual void on_pruned(Pruned what, std::size_t count) = 0;

  /// Every few seconds: the queue as it is.
  virtual void on_queue(const queue::StateCounts& counts, std::optional<WallTime> oldest_unfinished) = 0;
};

}  // namespace chunkrd::pipeline
