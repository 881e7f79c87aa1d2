#include "local/parser/layout/fragments.h"

#include <algorithm>
#include <utility>

namespace chunkrd::local::layout {
namespace {

/// In font sizes. A space is 0.25, a stretched one in a justified line up to about 0.9.
constexpr double kWidestSpace = 1.3;

Line part_of(const Line& line, std::vector<Word> words) {
  Line part = line_of(std::move(words));
  part.base = line.base;
  part.size = line.size;
  part.bold = line.bold;
  return part;
}

}  // namespace

std::vector<Line> split_at_gaps(const std::vector<Line>& lines) {
  std::vector<Line> fragments;
  for (const Line& line : lines) {
    std::vector<Word> words;
    for (const Word& word : line.words) {
      if (!words.empty() && word.box.left - words.back().box.right > kWidestSpace * line.size)
        fragments.push_back(part_of(line, std::exchange(words, {})));
      words.push_back(word);
    }
    if (!words.empty()) fragments.push_back(part_of(line, std::move(words)));
  }
  return fragments;
}

std::vector<Row> rows_of(std::vector<Line> fragments) {
  std::ranges::sort(fragments, {},
                    [](const Line& line) { return std::pair(line.box.middle_y(), line.box.left); });
  std::vector<Row> rows;
  for (Line& fragment : fragments) {
    const bool same_row =
        !rows.empty() && common_height(rows.back().box, fragment.box) >=
                             0.5 * std::min(rows.back().box.height(), fragment.box.height());
    if (!same_row) {
      rows.push_back({fragment.box, {}});
    } else {
      rows.back().box = join(rows.back().box, fragment.box);
    }
    rows.back().fragments.push_back(std::move(fragment));
  }
  for (Row& row : rows)
    std::ranges::sort(row.fragments, {},
                      [](const Line& line) { return std::pair(line.box.left, line.box.top); });
  return rows;
}

Line line_of_row(const Row& row) {
  Line line = row.fragments.front();
  for (auto it = row.fragments.begin() + 1; it != row.fragments.end(); ++it) {
    line.words.insert(line.words.end(), it->words.begin(), it->words.end());
    line.box = join(line.box, it->box);
    line.size = std::max(line.size, it->size);
    line.bold = line.bold && it->bold;
  }
  return line;
}

}  // namespace chunkrd::local::layout
