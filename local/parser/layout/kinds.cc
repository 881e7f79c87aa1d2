#include "local/parser/layout/kinds.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "local/parser/layout/patterns.h"
#include "local/parser/unicode.h"

namespace chunkrd::local::layout {
namespace {

/// How much larger than the text a heading is. OCR estimates sizes line by line and errs more.
double heading_factor(TextSource source) {
  return source == TextSource::ocr ? 1.3 : 1.12;
}

bool ends_like_prose(std::string_view text) {
  return text.empty() || std::string_view(".,;").contains(text.back());
}

bool has_letter(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (static_cast<unsigned char>(c) & 0x80) != 0;
  });
}

bool is_list_item(const Paragraph* paragraph) {
  return paragraph != nullptr && list_marker(text_of(*paragraph)).has_value();
}

/// Nobody else close above or below.
bool stands_alone(const Paragraph& paragraph, const Surroundings& where) {
  const double space = 0.4 * paragraph.size;
  return (where.before == nullptr || paragraph.box.top - where.before->box.bottom > space) &&
         (where.after == nullptr || where.after->box.top - paragraph.box.bottom > 0.5 * space);
}

bool is_heading(const Paragraph& paragraph, std::string_view text, const DocumentHabit& habit,
                const Surroundings& where) {
  const std::size_t words = words_of(text).size();
  if (!has_letter(text) || paragraph.lines.size() > 3 || words > 25) return false;
  // A line of the table of contents names a heading, and is none.
  if (text.contains(" … ")) return false;
  const bool numbered = begins_with_section_number(text);
  if (paragraph.size >= heading_factor(where.page.source) * habit.body_size &&
      (numbered || !ends_like_prose(text)))
    return true;
  if (words > 14 || paragraph.lines.size() > 2 || ends_like_prose(text)) return false;
  if (paragraph.bold) return true;
  if (paragraph.lines.size() > 1 || !stands_alone(paragraph, where)) return false;
  const bool in_list = is_list_item(where.before) || is_list_item(where.after);
  return (numbered && !in_list && words <= 10) || (is_all_capitals(text) && text.size() >= 5 && words <= 10);
}

bool is_footnote(const Paragraph& paragraph, std::string_view text, const DocumentHabit& habit,
                 const Surroundings& where) {
  return where.ends_region && paragraph.size <= 0.93 * habit.body_size &&
         paragraph.box.top > 0.6 * where.page.height && begins_with_note_mark(text);
}

}  // namespace

DocumentHabit habit_of(std::span<const Page> pages) {
  std::map<int, std::size_t> characters;  // by size in quarter points
  for (const Page& page : pages)
    for (const Line& line : page.lines)
      characters[static_cast<int>(line.size * 4 + 0.5)] += text_of(line).size();
  DocumentHabit habit;
  if (characters.empty()) return habit;
  std::size_t all = 0;
  for (const auto& [size, count] : characters) all += count;
  std::size_t seen = 0;
  for (const auto& [size, count] : characters) {
    seen += count;
    habit.body_size = size / 4.0;
    if (seen * 2 >= all) break;
  }
  for (const Line& line : pages.front().lines) habit.title_size = std::max(habit.title_size, line.size);
  habit.title_size *= 0.95;
  if (habit.title_size < 1.25 * habit.body_size) habit.title_size = 0;
  return habit;
}

SegmentType kind_of(const Paragraph& paragraph, const DocumentHabit& habit, const Surroundings& where) {
  const std::string text = text_of(paragraph);
  if (where.is_first_page && habit.title_size > 0 && paragraph.size >= habit.title_size && has_letter(text) &&
      paragraph.lines.size() <= 4 && paragraph.box.top < 0.5 * where.page.height)
    return SegmentType::Title;
  if (is_caption(text)) return SegmentType::Caption;
  if (is_heading(paragraph, text, habit, where)) return SegmentType::SectionHeader;
  if (is_footnote(paragraph, text, habit, where)) return SegmentType::Footnote;
  if (list_marker(text)) return SegmentType::ListItem;
  return SegmentType::Text;
}

}  // namespace chunkrd::local::layout
