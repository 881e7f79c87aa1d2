#pragma once

#include <string_view>

namespace chunkrd::local {

/// `text` (Markdown with "\n" at the end of lines) without its front matter: what stands at its very
/// beginning between "---" and "---" or "...", if each line of it can be YAML's, or between two "+++". Rules
/// drawn around prose are none. Pure.
std::string_view without_front_matter(std::string_view text);

}  // namespace chunkrd::local
