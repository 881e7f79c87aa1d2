#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "local/parser/page.h"
#include "local/parser/unicode.h"

namespace chunkrd::local {

/// Sets `text` as a typesetter would: every character half a font size wide, words with one space between.
inline Line set_line(double left, double top, std::string_view text, double size = 10) {
  std::vector<Word> words;
  double x = left;
  for (const std::string_view word : words_of(text)) {
    const double width = 0.5 * size * static_cast<double>(code_points(word).size());
    words.push_back({.box = {x, top, x + width, top + size}, .text = std::string(word), .confidence = {}});
    x += width + 0.25 * size;
  }
  return line_of(std::move(words));
}

inline Line bold(Line line) {
  line.bold = true;
  return line;
}

inline Page letter_page(std::uint32_t number, std::vector<Line> lines) {
  Page page;
  page.number = number;
  page.width = 612;
  page.height = 792;
  page.lines = std::move(lines);
  return page;
}

}  // namespace chunkrd::local
