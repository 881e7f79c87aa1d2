#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "core/async.h"
#include "core/clock.h"
#include "pipeline/context.h"

namespace chunkrd::pipeline {

/// Says in the log which folders are gone, or there again, that were not when `before` was made. A missing
/// inbox is told by whoever watches it.
void tell_what_is_gone(const Rules& now, const Rules* before);

/// Looks again for the folders that were gone when their places were made, and makes these places anew when
/// that has changed: only then is it known how their documents are taken, and what their work touches.
/// Event-loop thread only.
class Renewal {
 public:
  /// Both must outlive it.
  Renewal(Context& context, Alarm& ended) : context_(context), ended_(ended) {}

  /// Begins to look if it is time; `ended` rings when that is over. True when a place was made anew since the
  /// last call.
  bool look(WallTime now, const Executor& loop);
  /// When to call look(): never while nothing is gone.
  WallTime next() const;
  /// At once, next time.
  void hurry() { look_at_ = {}; }
  bool is_looking() const { return !looking_at_.empty(); }

 private:
  awaitable<void> look_at(std::shared_ptr<Place> place);

  Context& context_;
  Alarm& ended_;
  WallTime look_at_{};
  std::set<std::string> looking_at_;  ///< inboxes
  bool has_renewed_ = false;
};

}  // namespace chunkrd::pipeline
