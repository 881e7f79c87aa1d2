#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "local/parser/geometry.h"
#include "local/parser/placement.h"

namespace chunkrd::local {

/// One word as a text layer or OCR gave it.
struct Word {
  Box box;
  std::string text;
  std::optional<double> confidence;  ///< 0 to 1; nothing for a text layer
};

/// Words that stand side by side on one base line, from left to right.
struct Line {
  Box box;
  std::vector<Word> words;
  double base = 0;    ///< where its base line would meet the page's left edge, a scan's turn considered
  double size = 0;    ///< font size in points, as far as the source tells
  bool bold = false;  ///< every word of it
};

enum class TextSource { text_layer, ocr };

/// What is on one page, before anybody thought about what it means. All of it is upright, but for
/// `ocr_words`.
struct Page {
  std::uint32_t number = 0;  ///< from 1
  double width = 0;          ///< points
  double height = 0;
  TextSource source = TextSource::text_layer;
  std::vector<Line> lines;
  std::vector<Word>
      ocr_words;  ///< as people see them; filled when OCR ran, also where the text layer was kept
  std::vector<Box> pictures;
  std::optional<Placement> placement;  ///< where people see it; nothing: as it is
};

/// What people see of a page: its size, and the place of something on it.
double seen_width(const Page& page);
double seen_height(const Page& page);
Box on_seen_page(const Page& page, const Box& upright);

/// The words of a line in the order in which they are read, with one space between them.
std::string text_of(const Line& line);

/// A line around `words`, which must not be empty; its size is the tallest word's height.
Line line_of(std::vector<Word> words);

}  // namespace chunkrd::local
