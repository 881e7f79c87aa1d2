#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/async.h"
#include "core/clock.h"
#include "pipeline/context.h"
#include "pipeline/scheduler.h"

namespace chunkrd::pipeline {

/// Originals in failed/ that whoever wrote them goes on writing: a placeholder that is filled after it was
/// given up as empty, half a document whose other half comes late. Where the kernel does not tell who has a
/// file open, nobody could know that it was not whole. Such a document is tried again as it is now, as
/// `chunkrd retry` does it, as soon as it is the same at two looks.
///
/// Each is looked at seven times within a day of its end, with growing pauses, and after a start once; only
/// the very file that lay in the inbox counts, never one that somebody has put in its place. Event-loop
/// thread.
class LateWrites {
 public:
  /// look() is to be called so often.
  static constexpr std::chrono::seconds kLookEvery{5};

  /// All of them must outlive it; looks that are under way end with the loop.
  LateWrites(Context& context, Scheduler& scheduler, Executor loop)
      : context_(context), scheduler_(scheduler), loop_(std::move(loop)) {}

  /// Begins a look at those whose time it is, at most one an inbox at a time: what does not answer holds up
  /// no other. Throws StoreError.
  awaitable<void> look();

  bool is_looking() const { return !looking_.empty(); }

 private:
  using Jobs = std::map<std::string, std::vector<queue::Job>>;  ///< by inbox

  awaitable<void> add_ended(WallTime from, WallTime to, Jobs& jobs);
  awaitable<void> look_at(std::string inbox, std::vector<queue::Job> jobs);
  awaitable<void> look_at(const queue::Job& job);
  awaitable<void> try_again(const queue::Job& job);

  Context& context_;
  Scheduler& scheduler_;
  Executor loop_;
  std::optional<WallTime> looked_;
  std::map<std::string, std::string> changed_;  ///< how a changed one looked last, by job id
  std::set<std::string> looking_;               ///< inboxes
};

}  // namespace chunkrd::pipeline
