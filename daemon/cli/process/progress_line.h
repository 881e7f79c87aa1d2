#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/clock.h"

namespace chunkrd::cli::process {

/// What a progress bar tells.
struct Progress {
  std::size_t waiting = 0, parsing = 0, delivered = 0, failed = 0;
  std::uint64_t bytes_sent = 0, bytes_to_send = 0;
  std::uint64_t work_left = 0, work_ended = 0;  ///< see Tally::work(); ended: since the command began
  std::size_t ended_here = 0;                   ///< documents, since the command began
  Duration elapsed{};
  std::optional<Duration> left{};  ///< Estimate's; nothing while nobody can tell
  std::string paused{};            ///< why nothing is submitted; empty if nothing keeps submits
};

/// One line without a line's end, at most `columns` wide: a bar, then the numbers; where there is no room,
/// the less important ones are left out.
std::string progress_line(const Progress& progress, int columns);

/// How long the rest will take if it goes on as it went, by the work in it and not by the number of
/// documents. Documents end in bursts, so what is told follows slowly. Looked at with each redraw.
class Estimate {
 public:
  std::optional<Duration> look(const Progress& progress);

 private:
  std::optional<Duration> left_;
  Duration seen_at_{}, ended_at_{};
  std::size_t ended_ = 0;
};

}  // namespace chunkrd::cli::process
