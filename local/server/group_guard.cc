#include "local/server/group_guard.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace chunkrd::local::server {
namespace {

/// The leader's whole life, between fork and exit: only what a signal handler might do, too.
[[noreturn]] void watch(int lifeline) noexcept {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  ::setpgid(0, 0);
  ::prctl(PR_SET_NAME, "parser-guard");  // whoever kills all that is called chunkr-local leaves it alone
  // Above all the pipe's other end, and what clients wait to see closed.
  if (::dup2(lifeline, STDIN_FILENO) < 0 || ::close_range(STDIN_FILENO + 1, ~0U, 0) != 0) ::_exit(1);
  char nothing = 0;
  while (::read(STDIN_FILENO, &nothing, 1) < 0 && errno == EINTR) {
  }
  if (::getpgrp() == ::getpid()) ::kill(0, SIGKILL);
  ::_exit(0);
}

}  // namespace

GroupGuard::GroupGuard() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  const FileDescriptor reader(ends[0]);
  lifeline_ = FileDescriptor(ends[1]);
  leader_ = ::fork();
  if (leader_ == 0) watch(reader.get());
  if (leader_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  ::setpgid(leader_, leader_);  // whoever is first
}

GroupGuard::~GroupGuard() {
  kill();
  while (::waitpid(leader_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// The leader is not reaped before the end, so nobody else can have got the group's number.
void GroupGuard::kill() noexcept {
  ::kill(-leader_, SIGKILL);
}

}  // namespace chunkrd::local::server
