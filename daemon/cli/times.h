#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "queue/store.h"

namespace chunkrd::cli {

/// The moment that a person means by `text`, nothing if it is none: "90s", "5m", "2h", "7d" or "2w" before
/// `now`, or "2026-11-01", "2026-11-01T09:30", "2026-11-01T09:30:00", each in UTC and with or without a Z.
std::optional<WallTime> moment_from(std::string_view text, WallTime now);

/// "45s", "12m", "3h", "8d": a length of time in its largest unit, for a table.
std::string brief(Duration length);

/// "2026-11-24 03:04:05", UTC, without milliseconds.
std::string for_people(WallTime time);

/// How far the wall clock is ahead of the times in this queue; 0 where it was never set since the queue was
/// made. To be added to what is shown.
Duration ahead_of(queue::Store& store);
/// The job with its times as the wall clock has them.
queue::Job dated(queue::Job job, Duration ahead);

}  // namespace chunkrd::cli
