#pragma once

#include <vector>

#include "local/parser/page.h"

namespace chunkrd::local::layout {

/// Parts of a page that are read one after the other, each from top to bottom: where two columns of prose
/// stand side by side, first the left one. Columns of a table are no columns of prose and stay together.
/// Order of `fragments` does not matter. A fragment without words stands for a picture.
std::vector<std::vector<Line>> reading_regions(std::vector<Line> fragments);

}  // namespace chunkrd::local::layout
