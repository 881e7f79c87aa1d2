#pragma once

#include <vector>

#include "local/parser/page.h"
#include "local/parser/segment.h"

namespace chunkrd::local::layout {

/// What the pages of a document mean: their segments in reading order, with type, box, words and plain
/// text (`content`, `cells`, `marker`); ids, html and markdown come later. Pure: the same pages, the same
/// segments.
std::vector<Segment> analyse(std::vector<Page> pages);

}  // namespace chunkrd::local::layout
