#include "core/file_pools.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <chrono>
#include <functional>
#include <future>
#include <system_error>

#include "tests/support/crippled_kernel.h"

namespace chunkrd {
namespace {

using namespace std::chrono_literals;

TEST(FilePools, AMountThatHangsHoldsUpNothingThatDoesNotTouchIt) {
  asio::io_context loop;
  FilePools pools;
  const FileSystems dead{1}, alive{2};
  std::promise<void> mounted_again;
  const auto hang = mounted_again.get_future().share();
  for (int i = 0; i < 20; ++i)
    asio::co_spawn(loop, pools.run(dead, "hangs", [hang] { hang.wait(); }), asio::detached);
  bool done = false;
  asio::co_spawn(loop, pools.run(alive, "works", [] { return 7; }), [&](std::exception_ptr, int) {
    done = true;
    loop.stop();
  });
  loop.run_for(30s);
  EXPECT_TRUE(done);
  EXPECT_TRUE(pools.waiting_since("hangs"));
  EXPECT_FALSE(pools.waiting_since("works"));
  mounted_again.set_value();
  loop.restart();
  loop.run();
  EXPECT_FALSE(pools.waiting_since("hangs"));
}

TEST(FilePools, APieceThatIsSentOrFetchedDoesNotWaitBehindLongWork) {
  asio::io_context loop;
  FilePools pools;
  std::promise<void> hashed;
  const auto hash = hashed.get_future().share();
  for (int i = 0; i < 20; ++i)
    asio::co_spawn(loop, pools.run({1}, "a gigabyte", [hash] { hash.wait(); }), asio::detached);
  loop.poll();
  std::promise<void> sent, fetched;
  asio::post(pools.for_sending({1}), [&] { sent.set_value(); });
  asio::post(pools.for_fetching({1}, "another").threads(), [&] { fetched.set_value(); });
  EXPECT_EQ(sent.get_future().wait_for(30s), std::future_status::ready);
  EXPECT_EQ(fetched.get_future().wait_for(30s), std::future_status::ready);
  hashed.set_value();
  loop.restart();
  loop.run();
}

TEST(FilePools, WhoWaitsForWhatIsFetchedIsKnown) {
  FilePools pools;
  const FilePools::Lent threads = pools.for_fetching({1}, "it");
  EXPECT_FALSE(pools.waiting_since("it"));
  const auto first = threads.wait();
  const auto since = pools.waiting_since("it");
  EXPECT_TRUE(since);
  auto second = threads.wait();
  EXPECT_EQ(pools.waiting_since("it"), since);
  second.reset();
  EXPECT_EQ(pools.waiting_since("it"), since);
}

// A daemon that is told to stop, or killed in the simulation, takes everything with it that still waits.
TEST(FilePools, WhoWaitsMayGoAfterThemWithItsLoop) {
  asio::io_context loop;
  auto pools = std::make_unique<FilePools>(loop.get_executor());
  for (const char* whom : {"one", "two", "one"})
    asio::co_spawn(loop, pools->run({}, whom, [] {}), asio::detached);
  for (int i = 0; i < 3; ++i) loop.poll_one();
  ASSERT_TRUE(pools->waiting_since("one"));
  pools.reset();
}

TEST(FilePools, WorkIsCutAtItsNextLookAndNoneBeginsAnew) {
  asio::io_context loop;
  FilePools pools;
  std::promise<void> begun;
  std::exception_ptr ended, later;
  asio::co_spawn(loop,
                 pools.run({}, "long",
                           [&begun] {
                             begun.set_value();
                             while (true) look_whether_cut();
                           }),
                 [&](std::exception_ptr error) { ended = error; });
  asio::co_spawn(
      loop,
      [&]() -> awaitable<void> {
        begun.get_future().wait();
        pools.cut();
        co_await pools.run({}, "later", [] {});
      },
      [&](std::exception_ptr error) { later = error; });
  loop.run_for(30s);
  ASSERT_TRUE(ended && later);
  EXPECT_THROW(std::rethrow_exception(ended), CutShort);
  EXPECT_THROW(std::rethrow_exception(later), CutShort);
}

TEST(FilePools, OnOneExecutorEverythingRunsThere) {
  asio::io_context loop;
  FilePools pools{loop.get_executor()};
  bool same = false;
  asio::co_spawn(loop, pools.run({1}, "a", [&loop] { return loop.get_executor().running_in_this_thread(); }),
                 [&](std::exception_ptr, bool here) { same = here; });
  loop.run();
  EXPECT_TRUE(same);
}

// In a process of its own, from some time on without new threads. Its answer, or -1.
int in_a_process(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      ::_exit(work());
    } catch (...) {
      ::_exit(99);
    }
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(FilePools, WithoutThreadsForAnotherFileSystemTheFirstOnesDoItsWork) {
  EXPECT_EQ(in_a_process([] {
              FilePools pools;
              if (!tests::let_call_fail(SYS_clone3, EAGAIN)) return 1;
              asio::io_context loop;
              int answer = 0;
              asio::co_spawn(loop, pools.run({7}, "a", [] { return 42; }),
                             [&](std::exception_ptr, int said) { answer = said; });
              loop.run_for(30s);
              return answer;
            }),
            42);
}

TEST(FilePools, WithoutAnyThreadThatIsToldAtOnce) {
  EXPECT_EQ(in_a_process([] {
              if (!tests::let_call_fail(SYS_clone3, EAGAIN)) return 1;
              try {
                const FilePools pools;
              } catch (const std::system_error&) {
                return 42;
              }
              return 2;
            }),
            42);
}

TEST(FilePools, AreChosenByWhereFoldersLie) {
  EXPECT_EQ(file_systems_of({"/", "/"}), file_systems_of({"/"}));
  EXPECT_EQ(file_systems_of({"/proc/not/there"}), file_systems_of({"/proc"})) << "the nearest that is there";
  EXPECT_NE(file_systems_of({"/proc"}), file_systems_of({"/"}));
}

}  // namespace
}  // namespace chunkrd
