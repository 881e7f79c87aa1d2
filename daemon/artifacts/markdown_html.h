#pragma once

#include <string>
#include <string_view>

namespace chunkrd::artifacts {

/// Somebody else's Markdown (GitHub's, with tables) as HTML that is harmless, see harmless_html(). One that
/// is longer than kMarkdownBytesMax becomes one paragraph of its source: the time cmark takes may grow with
/// the square of the length. Pure.
std::string html_of_markdown(std::string_view markdown);

inline constexpr std::size_t kMarkdownBytesMax = std::size_t{64} << 10;

}  // namespace chunkrd::artifacts
