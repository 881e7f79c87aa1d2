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
