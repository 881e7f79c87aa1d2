#pragma once

#include <string_view>
#include <vector>

#include "local/parser/segment.h"

namespace chunkrd::local {

/// Reads Markdown (CommonMark with GitHub's tables, strikethrough and task lists; cmark-gfm) into rendered
/// segments: the first heading of level 1 is the Title, other headings are SectionHeaders, every list item
/// is a ListItem, code and quotations are Text. HTML in it is shown as text, never passed on; pictures are
/// named but not fetched. Front matter (YAML between "---" and "---" or "...", TOML between "+++") is no part
/// of the text. They have no place yet: see PageFlow.
std::vector<Segment> read_markdown(std::string_view text);

}  // namespace chunkrd::local
