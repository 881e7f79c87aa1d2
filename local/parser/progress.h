#pragma once

#include <cstdint>
#include <string_view>

namespace chunkrd::local {

/// Tells whoever reads standard output how far the work is: one line at a time, at once.
void say(std::string_view line);

/// "Page 2/7: text layer".
void say_page(std::uint32_t page, std::uint32_t pages, std::string_view what);

}  // namespace chunkrd::local
