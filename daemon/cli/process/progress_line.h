#pragma once

#include <cstdint>
#include <string>

#include "core/clock.h"

namespace chunkrd::cli::process {

/// What a progress bar tells.
struct Progress {
  std::size_t waiting = 0, parsing = 0, delivered = 0, failed = 0;
  std::uint64_t bytes_sent = 0, bytes_to_send = 0;
  std::size_t ended_before = 0;  ///< of delivered and failed: when the command began
  Duration elapsed{};
  std::string paused{};  ///< why nothing is submitted; empty if nothing keeps submits
};

/// One line without a line's end, at most `columns` wide: a bar, then the numbers; where there is no room,
/// the less important ones are left out.
std::string progress_line(const Progress& progress, int columns);

/// How long the rest will take if it goes on as it went, for people ("2m 5s"); empty while nobody can tell.
std::string time_left(const Progress& progress);

}  // namespace chunkrd::cli::process
