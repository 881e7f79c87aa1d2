#include "cli/notify.h"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>
#include <time.h>

namespace chunkrd::cli::notify {
namespace {

void tell(const std::string& state) {
  ::sd_notify(0, state.c_str());
}

}  // namespace

void ready(const std::string& status) {
  tell("READY=1\nSTATUS=" + status);
}

void status(const std::string& text) {
  tell("STATUS=" + text);
}

void starting(const std::string& status, std::chrono::microseconds patience) {
  tell(fmt::format("STATUS={}\nEXTEND_TIMEOUT_USEC={}", status, patience.count()));
}

void reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000 + now.tv_nsec / 1000));
}

void stopping(const std::string& status, std::chrono::microseconds patience) {
  tell(fmt::format("STOPPING=1\nSTATUS={}\nEXTEND_TIMEOUT_USEC={}", status, patience.count()));
}

void watchdog() {
  tell("WATCHDOG=1");
}

std::optional<std::chrono::milliseconds> watchdog_interval() {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::microseconds(microseconds / 2));
}

}  // namespace chunkrd::cli::notify
