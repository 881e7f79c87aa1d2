#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "local/parser/segment.h"

namespace chunkrd::local {

/// `text` for an HTML text or a quoted attribute.
std::string escape_html(std::string_view text);

/// `text` so that Markdown shows it as it is, at the beginning of a paragraph.
std::string escape_markdown(std::string_view text);

/// What stands for the address of a segment's image until the server serves it.
std::string image_reference(const Segment& segment);

/// Writes `html` and `markdown` from the type, the content, the cells, the marker and the id.
void render(Segment& segment);

/// One segment of type Page for each page, around what was found on it; the pages' order stays.
std::vector<Segment> merge_into_pages(const std::vector<Segment>& segments);

}  // namespace chunkrd::local
