#include "local/parser/page.h"

#include <utility>

namespace chunkrd::local {

std::string text_of(const Line& line) {
  std::string text;
  for (const Word& word : line.words) {
    if (!text.empty()) text += ' ';
    text += word.text;
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
