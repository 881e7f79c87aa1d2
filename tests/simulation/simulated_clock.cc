#include "tests/simulation/simulated_clock.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

namespace chunkrd::simulation {

// Sleeps on a timer that never ends by itself; the clock cancels it. So all suspended coroutines belong to
// the loop, and a crash (the loop destroyed) takes them with it.
class SimulatedClock::SleepingAlarm final : public Alarm {
 public:
  SleepingAlarm(boost::asio::io_context& loop, SimulatedClock& clock)
      : number_(clock.alarms_++), timer_(loop, boost::asio::steady_timer::time_point::max()), clock_(clock) {}
  ~SleepingAlarm() override { clock_.sleepers_.erase(number_); }

  awaitable<void> wait_until(WallTime time) override {
    if (rung_ || time <= clock_.now()) {
      rung_ = false;
      co_await asio::post(timer_.get_executor(), asio::use_awaitable);
      co_return;
    }
    until = time;
    clock_.sleepers_.emplace(number_, this);
    boost::system::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    rung_ = false;
  }

  void ring() noexcept override {
    rung_ = true;
    wake();
  }

  void wake() noexcept {
    clock_.sleepers_.erase(number_);
    timer_.cancel();
  }

  WallTime until{};

 private:
  const std::uint64_t number_;
  boost::asio::steady_timer timer_;
  SimulatedClock& clock_;
  bool rung_ = false;
};

std::unique_ptr<Alarm> SimulatedClock::make_alarm() {
  return std::make_unique<SleepingAlarm>(*loop_, *this);
}

awaitable<void> SimulatedClock::sleep(Duration duration) {
  const WallTime end = now_ + duration;
  const auto alarm = make_alarm();
  while (now_ < end) co_await alarm->wait_until(end);
}

WallTime SimulatedClock::next() const {
  WallTime next = WallTime::max();
  for (const auto& [number, sleeper] : sleepers_) next = std::min(next, sleeper->until);
  return next;
}

void SimulatedClock::move_to(WallTime time) {
  now_ = std::max(now_, time);
  const auto asleep = sleepers_;
  for (const auto& [number, sleeper] : asleep)
    if (sleeper->until <= now_) sleeper->wake();
}

class MachineClock::MachineAlarm final : public Alarm {
 public:
  MachineAlarm(const MachineClock& clock, const SimulatedClock& time, std::unique_ptr<Alarm> alarm)
      : clock_(clock), time_(time), alarm_(std::move(alarm)) {}

  awaitable<void> wait_until(WallTime date) override {
    return alarm_->wait_until(date == WallTime::max() ? date : time_.now() + (date - clock_.now()));
  }
  void ring() noexcept override { alarm_->ring(); }

 private:
  const MachineClock& clock_;
  const SimulatedClock& time_;
  std::unique_ptr<Alarm> alarm_;
};

std::unique_ptr<Alarm> MachineClock::make_alarm() {
  return std::make_unique<MachineAlarm>(*this, time_, time_.make_alarm());
}

std::uint64_t SeededRandom::next() {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

}  // namespace chunkrd::simulation
