#pragma once

#include <span>
#include <string>
#include <string_view>

namespace chunkrd::config {

/// The one of `names` that `word` was probably meant to be: few letters wrong for its length, upper and
/// lower case and '-' for '_' not counted. Empty when none is near.
std::string_view nearest_name(std::string_view word, std::span<const std::string> names);

}  // namespace chunkrd::config
