#include "core/clock.h"

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace chunkrd {
namespace {

using namespace std::chrono_literals;

class SystemAlarm : public ::testing::Test {
 protected:
  void wait(WallTime time) { asio::co_spawn(loop, waits(*alarm, time, woken), asio::detached); }
  static awaitable<void> waits(Alarm& alarm, WallTime time, int& woken) {
    co_await alarm.wait_until(time);
    ++woken;
  }
  // All that can happen without time passing.
  void settle() {
    loop.restart();
    loop.poll();
  }

  asio::io_context loop;
  SystemClock clock{loop.get_executor()};
  std::unique_ptr<Alarm> alarm = clock.make_alarm();
  int woken = 0;
};

TEST_F(SystemAlarm, WakesAtItsTime) {
  const auto time = clock.now() + 20ms;
  wait(time);
  settle();
  EXPECT_EQ(woken, 0);
  loop.restart();
  loop.run();
  EXPECT_EQ(woken, 1);
  EXPECT_GE(clock.now(), time);
}

TEST_F(SystemAlarm, WakesAtOnceForATimeThatIsPast) {
  wait(WallTime::min());
  wait(clock.now());
  settle();
  EXPECT_EQ(woken, 2);
}

TEST_F(SystemAlarm, IsWokenByARing) {
  wait(WallTime::max());
  settle();
  EXPECT_EQ(woken, 0);
  alarm->ring();
  settle();
  EXPECT_EQ(woken, 1);
}

TEST_F(SystemAlarm, ARingWithoutAWaiterIsKeptForTheNextWait) {
  alarm->ring();
  alarm->ring();
  wait(WallTime::max());
  settle();
  EXPECT_EQ(woken, 1);
}

TEST_F(SystemAlarm, ARingWakesOnce) {
  wait(WallTime::max());
  settle();
  alarm->ring();
  alarm->ring();
  settle();
  wait(WallTime::max());
  settle();
  EXPECT_EQ(woken, 1) << "two rings for one waiter are one";
  alarm->ring();
  settle();
  EXPECT_EQ(woken, 2);
}

TEST_F(SystemAlarm, ARingBetweenAPastWaitAndItsReturnIsKept) {
  wait(WallTime::min());
  loop.poll_one();
  alarm->ring();
  settle();
  EXPECT_EQ(woken, 1);
}

TEST_F(SystemAlarm, MayBeDestroyedWithItsLoopWhileSomebodyWaits) {
  auto short_lived = std::make_unique<asio::io_context>();
  SystemClock its_clock(short_lived->get_executor());
  const auto waits_on_its_own = [](SystemClock& on) -> awaitable<void> {
    const auto own = on.make_alarm();
    co_await own->wait_until(WallTime::max());
  };
  asio::co_spawn(*short_lived, waits_on_its_own(its_clock), asio::detached);
  short_lived->poll();
  short_lived.reset();
}

}  // namespace
}  // namespace chunkrd
