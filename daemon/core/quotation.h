#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace chunkrd {

/// A text of somebody else (an answer's body, a message, what a library says) as it may stand in a log or a
/// document's story: on one line, as harmless() has it, of addresses nothing but their origin (the rest may
/// be signed, and what stands before an '@' is a password), and at most some `bytes_max`, cut with "...".
/// Pure.
std::string quotation(std::string_view text, std::size_t bytes_max = 2000);

}  // namespace chunkrd
