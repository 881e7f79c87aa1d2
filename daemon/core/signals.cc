#include "core/signals.h"

#include <csignal>

namespace chunkrd {

void take_up_signals() noexcept {
  sigset_t none;
  sigemptyset(&none);
  (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
  (void)std::signal(SIGCHLD, SIG_DFL);
  for (const int signal : {SIGPIPE, SIGXFSZ}) (void)std::signal(signal, SIG_IGN);
}

}  // namespace chunkrd
