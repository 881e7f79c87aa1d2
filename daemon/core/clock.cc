#include "core/clock.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

namespace chunkrd {
namespace {

// The longest sleep: somebody has to notice that the wall clock was set.
constexpr Duration kLongestSleep = std::chrono::seconds(60);

class TimerAlarm final : public Alarm {
 public:
  TimerAlarm(Executor loop, const Clock& clock) : timer_(std::move(loop)), clock_(clock) {}

  awaitable<void> wait_until(WallTime time) override {
    const WallTime now = clock_.now();
    if (rung_ || time <= now) {
      rung_ = false;
      co_await asio::post(timer_.get_executor(), asio::use_awaitable);
      co_return;
    }
    timer_.expires_after(std::min(time - now, kLongestSleep));
    boost::system::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    rung_ = false;
  }

  void ring() noexcept override {
    rung_ = true;
    timer_.cancel();
  }

 private:
  asio::steady_timer timer_;
  const Clock& clock_;
  bool rung_ = false;
};

Duration monotonic_now() {
  return std::chrono::floor<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

WallTime wall_now() {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

}  // namespace

SystemClock::SystemClock(Executor loop)
    : loop_(std::move(loop)), timeline_(std::nullopt, monotonic_now(), wall_now()) {}

const Timeline& SystemClock::go_on_from(const std::optional<Mark>& last) {
  timeline_ = Timeline(last, monotonic_now(), wall_now());
  return timeline_;
}

WallTime SystemClock::now() const {
  return timeline_.date(monotonic_now());
}

WallTime SystemClock::lived() const {
  return timeline_.lived(monotonic_now());
}

Duration SystemClock::look() {
  return timeline_.look(monotonic_now(), wall_now());
}

Mark mark_now(const std::optional<Mark>& last) {
  const Duration monotonic = monotonic_now();
  const Timeline timeline(last, monotonic, wall_now());
  const WallTime date = timeline.date(monotonic);
  return {timeline.lived(monotonic), date, date + timeline.ahead()};
}

std::unique_ptr<Alarm> SystemClock::make_alarm() {
  return std::make_unique<TimerAlarm>(loop_, *this);
}

}  // namespace chunkrd
