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
  double pitch = 0;  ///< from line to line, in font sizes
  double right = 0;  ///< where full lines end
};

Habit habit_of(std::span<const Line> lines) {
  Habit habit;
  std::vector<double> pitches;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    habit.right = std::max(habit.right, lines[i].box.right);
    if (i == 0) continue;
    const double pitch = (lines[i].base - lines[i - 1].base) / lines[i].size;
    if (pitch > 0.8 && pitch < 3) pitches.push_back(pitch);
  }
  if (pitches.empty()) return habit;
  std::ranges::sort(pitches);
  // Far below the median: lists and short paragraphs have more space than lines, never less.
  habit.pitch = pitches[pitches.size() / 6];
  // Of two paragraphs of one line each, the space between them says nothing of lines.
  constexpr std::size_t kFewLines = 3;
  constexpr double kUsualPitch = 1.5;
  if (pitches.size() < kFewLines) habit.pitch = std::min(habit.pitch, kUsualPitch);
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
    if (has_leader(text_of(last)) || has_leader(text_of(line))) return true;
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
    const double tolerance = is_from_ocr(a) ? 0.3 : 0.08;
    return a.bold != b.bold || std::abs(a.size - b.size) > tolerance * std::max(a.size, b.size);
  }

  bool is_far(const Line& above, const Line& line) const {
    const double pitch = line.base - above.base;
    const double usual = std::clamp(habit_.pitch, 1.0, 2.2) * line.size;
    const double factor = is_from_ocr(line) ? 1.3 : 1.2;
    const bool ends_here = is_short(above) && ends_sentence(text_of(above));
    return pitch > (ends_here ? 1.12 : factor) * usual;
  }

  static bool is_from_ocr(const Line& line) { return line.words.front().confidence.has_value(); }

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
  return has_leader(text) ? without_leader(text) : text;
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
