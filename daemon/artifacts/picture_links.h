#pragma once

#include <string>
#include <string_view>

namespace chunkrd::artifacts {

/// `text` (Markdown or HTML) with every picture that is fetched from elsewhere replaced by its text:
/// "![a harbour](https://...)" becomes "a harbour", and so do <img> tags. The service's addresses end after
/// an hour, and say nothing to a language model. Pure.
std::string without_picture_links(std::string_view text);

}  // namespace chunkrd::artifacts
