#pragma once

#include <chrono>
#include <optional>
#include <string>

/// What the service manager is told (sd_notify(3)). All of it does nothing when nobody listens.
/// $NOTIFY_SOCKET and $WATCHDOG_USEC are read by libsystemd.
namespace chunkrd::cli::notify {

void ready(const std::string& status);
void status(const std::string& text);
/// The start may take so much longer, from now on.
void starting(const std::string& status, std::chrono::microseconds patience);
void reloading();
/// The stop may take so long, whatever the unit's TimeoutStopSec= says.
void stopping(const std::string& status, std::chrono::microseconds patience);
void watchdog();

/// How often watchdog() is to be called: half of what the service manager waits. Nothing if it does not.
std::optional<std::chrono::milliseconds> watchdog_interval();

}  // namespace chunkrd::cli::notify
