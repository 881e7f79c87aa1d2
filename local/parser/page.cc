#include "local/parser/page.h"

#include <utility>

#include "local/parser/direction.h"

namespace chunkrd::local {

double seen_width(const Page& page) {
  return page.placement ? page.placement->seen_width : page.width;
}

double seen_height(const Page& page) {
  return page.placement ? page.placement->seen_height : page.height;
}

Box on_seen_page(const Page& page, const Box& upright) {
  return page.placement ? page.placement->on_seen_page(upright) : upright;
}

std::string text_of(const Line& line) {
  std::string text;
  for (const std::size_t i : reading_order(line.words)) {
    if (!text.empty()) text += ' ';
    text += line.words[i].text;
  }
  return text;
}

Line line_of(std::vector<Word> words) {
  Line line;
  line.box = words.front().box;
  for (const Word& word : words) {
    line.box = join(line.box, word.box);
    line.size = std::max(line.size, word.box.height());
  }
  line.base = line.box.bottom;
  line.words = std::move(words);
  return line;
}

}  // namespace chunkrd::local
