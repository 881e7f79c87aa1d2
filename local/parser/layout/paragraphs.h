#pragma once

#include <span>
#include <string>
#include <vector>

#include "local/parser/page.h"

namespace chunkrd::local::layout {

/// Lines that make one paragraph, heading or list item.
struct Paragraph {
  Box box;
  std::vector<Line> lines;
  double size = 0;
  bool bold = false;
};

/// Its text on one line, divided words made whole.
std::string text_of(const Paragraph& paragraph);

/// Puts the lines of one region (whole rows, from top to bottom, nothing between them) together to
/// paragraphs: a new one begins where the space, the size or the weight changes, at a list marker and at an
/// indented first line.
std::vector<Paragraph> paragraphs_of(std::span<const Line> lines);

}  // namespace chunkrd::local::layout
