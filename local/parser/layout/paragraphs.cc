#include "local/parser/layout/paragraphs.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "local/parser/layout/patterns.h"

namespace chunkrd::local::layout {
namespace {

/// What is usual in a region.
struct Habit {
  double pitch = 0;  ///< from line to line, in points
  double right = 0;  ///< where full lines end
};

Habit habit_of(std::span<const Line> lines) {
  Habit habit;
  std::vector<double> pitches;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    habit.right = std::max(habit.right, lines[i].box.right);
    if (i == 0) continue;
    const double pitch = lines[i].box.middle_y() - lines[i - 1].box.middle_y();
    if (pitch > 0 && pitch < 3 * lines[i].size) pitches.push_back(pitch);
  }
  if (pitches.empty()) return habit;
  std::ranges::sort(pitches);
  // Below the median: the space between paragraphs is never the smaller one.
  habit.pitch = pitches[pitches.size() / 3];
  return habit;
}

bool ends_sentence(std::string_view text) {
  return !text.empty() && std::string_view(".:;!?").contains(text.back());
}

/// Where the text of a list item begins, behind its marker.
double text_left(const Line& line) {
  return line.words.size() > 1 ? line.words[1].box.left : line.box.left;
}

class Grouping {
 public:
  explicit Grouping(std::span<const Line> lines) : habit_(habit_of(lines)) {}

  bool begins_new(const Paragraph& open, const Line& line) const {
    const Line& last = open.lines.back();
    if (has_other_style(last, line) || is_far(last, line)) return true;
    const std::string first_text = text_of(open.lines.front());
    const bool in_list = list_marker(first_text).has_value();
    const std::string text = text_of(line);
    if (const auto marker = list_marker(text))
      if (marker->is_certain || in_list || ends_sentence(text_of(last)) || is_short(last)) return true;
    if (in_list) return line.box.left < text_left(open.lines.front()) - 0.5 * line.size && is_short(last);
    return is_indented(open, last, line);
  }

 private:
  static bool has_other_style(const Line& a, const Line& b) {
    const bool from_ocr = a.words.front().confidence.has_value();
    const double tolerance = from_ocr ? 0.3 : 0.08;
    return a.bold != b.bold || std::abs(a.size - b.size) > tolerance * std::max(a.size, b.size);
  }

  bool is_far(const Line& above, const Line& line) const {
    const double pitch = line.box.middle_y() - above.box.middle_y();
    const double usual = std::clamp(habit_.pitch, line.size * 1.0, line.size * 2.2);
    return pitch > 1.35 * usual;
  }

  bool is_short(const Line& line) const { return line.box.right < habit_.right - 4 * line.size; }

  /// The first line of a paragraph that is set in. Centred lines are set in too, but on both sides.
  static bool is_indented(const Paragraph& open, const Line& last, const Line& line) {
    const bool centred = std::abs(last.box.middle_x() - line.box.middle_x()) < 0.5 * line.size;
    const bool last_at_edge = last.box.left <= open.box.left + 0.3 * line.size;
    return !centred && last_at_edge && line.box.left > last.box.left + 0.8 * line.size;
  }

  Habit habit_;
};

}  // namespace

std::string text_of(const Paragraph& paragraph) {
  std::string text;
  for (const Line& line : paragraph.lines) join_line(text, text_of(line));
  return text;
}

std::vector<Paragraph> paragraphs_of(std::span<const Line> lines) {
  const Grouping grouping(lines);
  std::vector<Paragraph> paragraphs;
  for (const Line& line : lines) {
    if (paragraphs.empty() || grouping.begins_new(paragraphs.back(), line)) {
      paragraphs.push_back({line.box, {line}, line.size, line.bold});
      continue;
    }
    Paragraph& open = paragraphs.back();
    open.box = join(open.box, line.box);
    open.size = std::max(open.size, line.size);
    open.lines.push_back(line);
  }
  return paragraphs;
}

}  // namespace chunkrd::local::layout
