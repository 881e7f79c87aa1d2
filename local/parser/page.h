#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "local/parser/geometry.h"

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

/// What is on one page, before anybody thought about what it means.
struct Page {
  std::uint32_t number = 0;  ///< from 1
  double width = 0;          ///< points
  double height = 0;
  TextSource source = TextSource::text_layer;
  std::vector<Line> lines;
  std::vector<Word> ocr_words;  ///< filled when OCR ran, also where the text layer's lines were kept
  std::vector<Box> pictures;
};

/// The words of a line in the order in which they are read, with one space between them.
std::string text_of(const Line& line);

/// A line around `words`, which must not be empty; its size is the tallest word's height.
Line line_of(std::vector<Word> words);

}  // namespace chunkrd::local
