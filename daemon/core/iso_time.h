#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace chunkrd {

/// "2025-04-24T09:00:00.123Z".
std::string to_iso(WallTime time);

/// Reads RFC 3339 with any fraction and offset; nothing if it is something else.
std::optional<WallTime> from_iso(std::string_view text);

}  // namespace chunkrd
