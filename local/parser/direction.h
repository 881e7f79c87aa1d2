#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "local/parser/page.h"

namespace chunkrd::local {

// Poppler gives letters and words as they stand on the page, from left to right. Hebrew and Arabic are read
// from right to left, numbers and Latin words within them from left to right.

/// The letters of a word, in the order in which they are read.
std::string in_reading_order(const std::string& word);

/// The places in `words`, which stand on one line from left to right, in the order in which they are read.
std::vector<std::size_t> reading_order(std::span<const Word> words);

}  // namespace chunkrd::local
