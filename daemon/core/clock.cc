#include "core/clock.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

namespace chunkrd {
namespace {

// The longest sleep without a look at the wall clock: bounds what a clock jump can cost.
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

}  // namespace

WallTime SystemClock::now() const {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::unique_ptr<Alarm> SystemClock::make_alarm() {
  return std::make_unique<TimerAlarm>(loop_, *this);
}

}  // namespace chunkrd
