#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <optional>

#include "core/clock.h"
#include "core/ids.h"

namespace chunkrd::simulation {

/// True time: it stands still until somebody moves it. The service lives by it.
class SimulatedClock {
 public:
  WallTime now() const { return now_; }
  std::unique_ptr<Alarm> make_alarm();

  /// Alarms made from now on belong to this loop; those of the loop before must be gone.
  void use(boost::asio::io_context& loop) { loop_ = &loop; }

  /// Sleeps in simulated time. For the simulated service.
  awaitable<void> sleep(Duration duration);

  /// When the next sleeper wants to be woken; never if nobody sleeps.
  WallTime next() const;

  /// Moves to `time` and wakes everybody whose time has come.
  void move_to(WallTime time);

 private:
  class SleepingAlarm;
  WallTime now_{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
  boost::asio::io_context* loop_ = nullptr;
  std::uint64_t alarms_ = 0;
  /// By the order in which they were made, so that those due at one moment wake in the same order in each
  /// run.
  std::map<std::uint64_t, SleepingAlarm*> sleepers_;
};

/// The clock of the machine that the daemon runs on: it may be set. Survives crashes of the simulated daemon.
class MachineClock final : public Clock {
 public:
  explicit MachineClock(SimulatedClock& time) : time_(time) {}

  WallTime wall() const { return time_.now() + wrong_; }
  /// Somebody sets it.
  void set_to(WallTime wall) { wrong_ = wall - time_.now(); }
  void set_right() { wrong_ = Duration::zero(); }

  /// A daemon starts, and knows when the one before it was last seen.
  const Timeline& go_on_from(const std::optional<Mark>& last) {
    return timeline_.emplace(last, monotonic(), wall());
  }

  WallTime now() const override { return timeline_->date(monotonic()); }
  WallTime lived() const override { return timeline_->lived(monotonic()); }
  Duration ahead() const override { return timeline_->ahead(); }
  Duration look() override { return timeline_->look(monotonic(), wall()); }
  std::unique_ptr<Alarm> make_alarm() override;

 private:
  class MachineAlarm;
  Duration monotonic() const { return time_.now().time_since_epoch(); }

  SimulatedClock& time_;
  Duration wrong_{0};
  std::optional<Timeline> timeline_;
};

/// splitmix64: the same numbers from the same seed on every machine.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;
  bool chance(double probability) { return fraction() < probability; }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

}  // namespace chunkrd::simulation
