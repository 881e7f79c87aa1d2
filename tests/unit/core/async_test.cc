#include "core/async.h"

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace chunkrd {
namespace {

struct Seen {
  std::thread::id worked_on, resumed_on;
  std::string value, error;
};

awaitable<void> work_elsewhere(Executor executor, Seen& seen) {
  auto owned = std::make_unique<std::string>("only moved");
  seen.value = co_await run_on(executor, [&seen, text = std::move(owned)] {
    seen.worked_on = std::this_thread::get_id();
    return *text;
  });
  seen.resumed_on = std::this_thread::get_id();
}

awaitable<void> fail_elsewhere(Executor executor, Seen& seen) {
  try {
    co_await run_on(executor, [] { throw std::runtime_error("no space"); });
  } catch (const std::runtime_error& error) {
    seen.error = error.what();
    seen.resumed_on = std::this_thread::get_id();
  }
}

TEST(RunOn, WorksThereAndResumesHere) {
  asio::io_context loop;
  asio::thread_pool pool(1);
  Seen seen;
  asio::co_spawn(loop, work_elsewhere(pool.get_executor(), seen), asio::detached);
  loop.run();
  EXPECT_EQ(seen.value, "only moved");
  EXPECT_NE(seen.worked_on, std::this_thread::get_id());
  EXPECT_EQ(seen.resumed_on, std::this_thread::get_id());
}

TEST(RunOn, ThrowsToTheCallerWhatTheWorkThrows) {
  asio::io_context loop;
  asio::thread_pool pool(1);
  Seen seen;
  asio::co_spawn(loop, fail_elsewhere(pool.get_executor(), seen), asio::detached);
  loop.run();
  EXPECT_EQ(seen.error, "no space");
  EXPECT_EQ(seen.resumed_on, std::this_thread::get_id());
}

TEST(RunOn, TheSameLoopWillDo) {
  asio::io_context loop;
  Seen seen;
  asio::co_spawn(loop, work_elsewhere(loop.get_executor(), seen), asio::detached);
  loop.run();
  EXPECT_EQ(seen.value, "only moved");
}

}  // namespace
}  // namespace chunkrd
