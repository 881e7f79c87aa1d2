#pragma once

#include <chrono>
#include <memory>

#include "core/async.h"

namespace chunkrd {

/// A point of wall-clock time. Everything that is stored or shown uses this; milliseconds are enough.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

/// One coroutine's way to sleep: until a time, or until somebody rings. Event-loop thread only.
class Alarm {
 public:
  virtual ~Alarm() = default;

  /// Returns at `time`, or earlier when ring() is called. A ring() while nobody waits is kept: the next
  /// wait returns at once. May also return early for no reason (the caller looks at the clock again),
  /// which is how a jump of the wall clock is noticed. One waiter at a time.
  virtual awaitable<void> wait_until(WallTime time) = 0;

  virtual void ring() noexcept = 0;
};

/// Where all time in the pipeline comes from, so that a simulation can replace it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime now() const = 0;
  virtual std::unique_ptr<Alarm> make_alarm() = 0;
};

/// The machine's own clock, with alarms on `loop`.
class SystemClock final : public Clock {
 public:
  explicit SystemClock(Executor loop) : loop_(std::move(loop)) {}
  WallTime now() const override;
  std::unique_ptr<Alarm> make_alarm() override;

 private:
  Executor loop_;
};

}  // namespace chunkrd
