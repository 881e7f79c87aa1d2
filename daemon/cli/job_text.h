#pragma once

#include <string>

#include "cli/terminal.h"
#include "config/settings.h"
#include "queue/job.h"
#include "queue/store.h"

namespace chunkrd::cli {

Look look_of(queue::State state) noexcept;

/// Why nothing happens to documents that are due. Empty where nothing holds them.
struct Holding {
  std::string all;      ///< "the daemon does not run"
  std::string submits;  ///< "paused (quota)": only what would be paid for waits
};

/// Asks the queue whether a daemon works on it, and for its pauses.
Holding holding_of(queue::Store& store, const config::Settings& settings);

/// "poll in 12s", "submit now", "submit: paused (quota)", or code and message of what has failed: what a
/// table says of a job's future.
std::string next_or_error(const queue::Job& job, WallTime now, const Holding& holding);

/// "12.3 MB".
std::string size_text(std::uint64_t bytes);

}  // namespace chunkrd::cli
