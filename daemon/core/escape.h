#pragma once

#include <string>
#include <string_view>

namespace chunkrd {

/// File names are bytes; logs, JSON and people want text. Valid UTF-8 without control characters stays as
/// it is; every other byte, and '%', becomes %XX. Reversible: see unprintable().
std::string printable(std::string_view bytes);

/// The inverse of printable().
std::string unprintable(std::string_view text);

}  // namespace chunkrd
