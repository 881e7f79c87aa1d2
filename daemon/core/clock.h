#pragma once

#include <memory>

#include "core/async.h"
#include "core/timeline.h"

namespace chunkrd {

/// One coroutine's way to sleep: until a time, or until somebody rings. Event-loop thread only.
class Alarm {
 public:
  virtual ~Alarm() = default;

  /// Returns at `time`, or earlier when ring() is called. A ring() while nobody waits is kept: the next
  /// wait returns at once. May also return early for no reason (the caller looks at the clock again), once a
  /// minute at least. One waiter at a time.
  virtual awaitable<void> wait_until(WallTime time) = 0;

  virtual void ring() noexcept = 0;
};

/// Where all time in the pipeline comes from, so that a simulation can replace it. Nothing of it jumps,
/// whatever is done to the wall clock: see Timeline.
class Clock {
 public:
  virtual ~Clock() = default;

  /// Mark::date: when something is due, when it happened.
  virtual WallTime now() const = 0;
  /// Mark::lived: for ages after which something is deleted.
  virtual WallTime lived() const { return now(); }
  /// What makes a time of the queue one of the wall clock: Timeline::ahead().
  virtual Duration ahead() const { return Duration::zero(); }
  /// Looks at the wall clock. By how much it was set since the last look; 0: not at all.
  virtual Duration look() { return Duration::zero(); }

  virtual std::unique_ptr<Alarm> make_alarm() = 0;

  Mark mark() const { return {lived(), now(), now() + ahead()}; }
};

/// The machine's own clock, with alarms on `loop`.
class SystemClock final : public Clock {
 public:
  /// Begins with what the wall clock shows.
  explicit SystemClock(Executor loop);

  /// Goes on from the last mark of an earlier run. To be called before anybody asks for the time.
  const Timeline& go_on_from(const std::optional<Mark>& last);

  WallTime now() const override;
  WallTime lived() const override;
  Duration ahead() const override { return timeline_.ahead(); }
  Duration look() override;
  std::unique_ptr<Alarm> make_alarm() override;

 private:
  Executor loop_;
  Timeline timeline_;
};

/// Now, for a command that works with a queue while nobody else does, or looks into one: the lines of time go
/// on from its last mark.
Mark mark_now(const std::optional<Mark>& last);

}  // namespace chunkrd
