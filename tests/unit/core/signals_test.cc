#include "core/signals.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

namespace chunkrd {
namespace {

// How a child ends that begins with what `inherit` does, takes up its signals, and then does `act`.
template <class Inherit, class Act>
int status_of_child(Inherit inherit, Act act) {
  const pid_t child = ::fork();
  if (child == 0) {
    inherit();
    take_up_signals();
    ::_exit(act() ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(Signals, AreNotBlockedSoThatAStopIsHeard) {
  const auto block_all = [] {
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
  };
  const int status = status_of_child(block_all, [] { return ::raise(SIGTERM) != 0; });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << status;
}

TEST(Signals, AFileThatHasReachedTheLimitOfTheProcessIsAnErrorAndNotItsEnd) {
  EXPECT_EQ(status_of_child([] { std::signal(SIGXFSZ, SIG_DFL); },
                            [] {
                              const rlimit small{4, 4};
                              std::FILE* const file = std::tmpfile();
                              return ::setrlimit(RLIMIT_FSIZE, &small) == 0 &&
                                     ::write(::fileno(file), "12345678", 8) == 4 &&
                                     ::write(::fileno(file), "5", 1) < 0 && errno == EFBIG;
                            }),
            0);
}

TEST(Signals, ChildrenCanBeWaitedFor) {
  EXPECT_EQ(status_of_child([] { std::signal(SIGCHLD, SIG_IGN); },
                            [] {
                              const pid_t child = ::fork();
                              if (child == 0) ::_exit(7);
                              int status = 0;
                              return ::waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7;
                            }),
            0);
}

}  // namespace
}  // namespace chunkrd
