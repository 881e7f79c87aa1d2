#include "core/lease.h"

#include <fcntl.h>

#include <cerrno>
#include <csignal>
#include <mutex>

namespace chunkrd {
namespace {

// A lease that is broken sends SIGIO to its holder, which would end a process that does not expect it.
void expect_sigio() noexcept {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction now{};
    if (::sigaction(SIGIO, nullptr, &now) == 0 && now.sa_handler == SIG_DFL)
      (void)std::signal(SIGIO, SIG_IGN);
  });
}

}  // namespace

ReadLease::ReadLease(int fd) noexcept : fd_(fd) {
  expect_sigio();
  if (::fcntl(fd_, F_SETLEASE, F_RDLCK) == 0) {
    state_ = State::held;
  } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
    state_ = State::written;
  }
}

ReadLease::~ReadLease() {
  if (state_ == State::held) (void)::fcntl(fd_, F_SETLEASE, F_UNLCK);
}

}  // namespace chunkrd
