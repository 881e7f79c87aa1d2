#include "cli/last_resort.h"

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <string_view>

namespace chunkrd::cli {
namespace {

// Not through the log: who hangs may hold it. And only if that cannot hang, too.
void say(std::string_view text) noexcept {
  pollfd errors{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&errors, 1, 0) == 1 && (errors.revents & POLLOUT) != 0)
    (void)!::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

LastResort::LastResort(Duration patience, ExitCode code) : patience_(patience.count()), code_(code) {
  hear();
  thread_ = std::thread([this] { loop_.run(); });
}

LastResort::~LastResort() {
  loop_.stop();
  thread_.join();
}

void LastResort::begin() {
  asio::post(loop_, [this] { give_time(); });
}

void LastResort::hear() {
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    give_time();
    hear();
  });
}

void LastResort::give_time() {
  if (std::exchange(begun_, true)) return;
  timer_.expires_after(Duration(patience_));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    say("chunkrd: something does not answer (a dead mount?); the process ends without it, nothing is lost\n");
    ::_exit(static_cast<int>(code_));
  });
}

}  // namespace chunkrd::cli
