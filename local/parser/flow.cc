#include "local/parser/flow.h"

#include <algorithm>
#include <string>
#include <utility>

#include "local/parser/layout/patterns.h"
#include "local/parser/unicode.h"

namespace chunkrd::local {
namespace {

constexpr double kMargin = 72;
constexpr double kLineHeight = 14.4;
constexpr std::size_t kCharactersPerLine = 85;

std::size_t line_count(std::string_view content) {
  std::size_t lines = 0;
  for (std::size_t begin = 0; begin <= content.size();) {
    const auto end = std::min(content.find('\n', begin), content.size());
    lines += std::max<std::size_t>(1, (end - begin + kCharactersPerLine - 1) / kCharactersPerLine);
    begin = end + 1;
  }
  return lines;
}

}  // namespace

void PageFlow::place(Segment& segment) {
  const double room = kPageHeight - 2 * kMargin;
  const double height = std::min(room, static_cast<double>(line_count(segment.content)) * kLineHeight);
  if (top_ + height > kPageHeight - kMargin) {
    ++page_;
    top_ = kMargin;
  }
  segment.page_number = page_;
  segment.page_width = kPageWidth;
  segment.page_height = kPageHeight;
  segment.box = {kMargin, top_, kPageWidth - kMargin, top_ + height};
  top_ += height + kLineHeight / 2;
}

std::vector<Segment> read_plain_text(std::string_view text) {
  std::vector<Segment> segments;
  std::string paragraph;
  const auto close = [&] {
    if (paragraph.empty()) return;
    segments.emplace_back().content = std::exchange(paragraph, {});
  };
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string line;
    for (const std::string_view word : words_of(text.substr(0, end))) {
      if (!line.empty()) line += ' ';
      line += word;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) close();
    layout::join_line(paragraph, line);
  }
  close();
  return segments;
}

}  // namespace chunkrd::local
