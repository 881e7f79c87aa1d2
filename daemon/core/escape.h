#pragma once

#include <string>
#include <string_view>

namespace chunkrd {

/// File names are bytes; logs, JSON and people want text. Valid UTF-8 without control characters stays as
/// it is; every other byte, and '%', becomes %XX. Reversible: see unprintable().
std::string printable(std::string_view bytes);

/// The inverse of printable().
std::string unprintable(std::string_view text);

/// `bytes` with U+FFFD for each byte that is not part of well-formed UTF-8: for texts of others (an answer of
/// the service) that go into JSON. Not reversible.
std::string valid_utf8(std::string_view bytes);

/// As valid_utf8(), with U+FFFD for control characters too: for texts of others on a person's terminal.
std::string harmless(std::string_view bytes);

}  // namespace chunkrd
