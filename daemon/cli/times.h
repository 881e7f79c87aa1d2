#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace chunkrd::cli {

/// The moment that a person means by `text`, nothing if it is none: "90s", "5m", "2h", "7d" or "2w" before
/// `now`, or "2026-11-01", "2026-11-01T09:30", "2026-11-01T09:30:00", each in UTC and with or without a Z.
std::optional<WallTime> moment_from(std::string_view text, WallTime now);

/// "45s", "12m", "3h", "8d": a length of time in its largest unit, for a table.
std::string brief(Duration length);

/// "2026-11-24 03:04:05", UTC, without milliseconds.
std::string for_people(WallTime time);

}  // namespace chunkrd::cli
