#include "local/parser/layout/layout.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "local/parser/layout/columns.h"
#include "local/parser/layout/kinds.h"
#include "local/parser/layout/margins.h"
#include "local/parser/layout/paragraphs.h"
#include "local/parser/layout/patterns.h"
#include "local/parser/layout/tables.h"
#include "local/parser/layout/texts.h"

namespace chunkrd::local::layout {
namespace {

std::vector<Word> words_in(const std::vector<Line>& lines) {
  std::vector<Word> words;
  for (const Line& line : lines) words.insert(words.end(), line.words.begin(), line.words.end());
  return words;
}

std::string joined(const std::vector<std::string>& cells) {
  std::string text;
  for (const std::string& cell : cells) {
    if (!text.empty() && !cell.empty()) text += ' ';
    text += cell;
  }
  return text;
}

/// Makes the segments of one page.
class PageAnalysis {
 public:
  PageAnalysis(const Page& page, const DocumentHabit& habit, bool is_first)
      : page_(page), habit_(habit), is_first_(is_first) {}

  std::vector<Segment> run(const Margins& margins) {
    for (const Row& row : margins.headers) add_margin(row, SegmentType::PageHeader);
    for (const std::vector<Line>& region : reading_regions(fragments_and_pictures())) read_region(region);
    for (const Row& row : margins.footers) add_margin(row, SegmentType::PageFooter);
    for (Segment& segment : segments_) put_where_it_is_seen(segment);
    return std::move(segments_);
  }

 private:
  /// What stands in a picture is the picture's.
  std::vector<Line> fragments_and_pictures() {
    std::vector<Line> fragments;
    for (const Line& line : page_.lines) {
      const bool in_picture = std::ranges::any_of(
          page_.pictures, [&](const Box& picture) { return holds_middle_of(picture, line.box); });
      if (!in_picture) fragments.push_back(line);
    }
    for (const Box& picture : page_.pictures) fragments.push_back({.box = picture, .words = {}});
    return fragments;
  }

  Segment blank(SegmentType type, const Box& box) const {
    Segment segment;
    segment.type = type;
    segment.page_number = page_.number;
    segment.page_width = page_.width;
    segment.page_height = page_.height;
    segment.box = box;
    return segment;
  }

  void put_where_it_is_seen(Segment& segment) const {
    segment.page_width = seen_width(page_);
    segment.page_height = seen_height(page_);
    segment.box = on_seen_page(page_, segment.box);
    for (Word& word : segment.words) word.box = on_seen_page(page_, word.box);
  }

  void add_margin(const Row& row, SegmentType type) {
    Segment segment = blank(type, row.box);
    const Line line = line_of_row(row);
    segment.words = line.words;
    segment.content = text_of(line);
    segments_.push_back(std::move(segment));
  }

  void add_picture(const Box& box) {
    Segment segment = blank(SegmentType::Picture, box);
    for (const Line& line : page_.lines) {
      if (!holds_middle_of(box, line.box)) continue;
      segment.words.insert(segment.words.end(), line.words.begin(), line.words.end());
      join_line(segment.content, text_of(line));
    }
    segments_.push_back(std::move(segment));
  }

  void add_table(std::span<const Row> rows, TableCells cells) {
    Segment segment = blank(SegmentType::Table, rows.front().box);
    for (const Row& row : rows) {
      segment.box = join(segment.box, row.box);
      for (const Line& fragment : row.fragments)
        segment.words.insert(segment.words.end(), fragment.words.begin(), fragment.words.end());
    }
    for (const std::vector<std::string>& row : cells) {
      if (!segment.content.empty()) segment.content += '\n';
      segment.content += joined(row);
    }
    segment.cells = std::move(cells);
    segments_.push_back(std::move(segment));
  }

  /// Rows that are no table: one text, or several side by side.
  void add_texts(const std::vector<Row>& rows, const std::vector<Line>& below) {
    for (const std::vector<Row>& text : texts_in(rows)) {
      std::vector<Line> lines;
      for (const Row& row : text) lines.push_back(line_of_row(row));
      add_paragraphs(lines, below);
    }
  }

  void add_paragraphs(const std::vector<Line>& lines, const std::vector<Line>& below) {
    if (lines.empty()) return;
    const std::vector<Paragraph> paragraphs = paragraphs_of(lines);
    // Nothing but small print may come below a footnote.
    auto tail = paragraphs.size();
    if (below.empty())
      while (tail > 0 && paragraphs[tail - 1].size <= 0.93 * habit_.body_size) --tail;
    for (std::size_t i = 0; i < paragraphs.size(); ++i) {
      add_paragraph(paragraphs[i], {.page = page_,
                                    .before = i > 0 ? &paragraphs[i - 1] : nullptr,
                                    .after = i + 1 < paragraphs.size() ? &paragraphs[i + 1] : nullptr,
                                    .is_first_page = is_first_,
                                    .ends_region = i >= tail && below.empty()});
    }
  }

  void add_paragraph(const Paragraph& paragraph, const Surroundings& where) {
    Segment segment = blank(kind_of(paragraph, habit_, where), paragraph.box);
    segment.words = words_in(paragraph.lines);
    segment.content = text_of(paragraph);
    if (segment.type == SegmentType::ListItem) {
      const auto marker = list_marker(segment.content);
      segment.marker = marker->text;
      segment.content.erase(0, marker->length);
    }
    segments_.push_back(std::move(segment));
  }

  void read_region(const std::vector<Line>& region) {
    std::vector<Line> text;
    std::vector<Line> pictures;
    for (const Line& line : region) (line.words.empty() ? pictures : text).push_back(line);
    std::ranges::sort(pictures, std::greater{},
                      [](const Line& line) { return std::pair(line.box.top, line.box.left); });
    const std::vector<Row> rows = rows_of(std::move(text));
    const std::span all(rows);
    std::vector<Row> open;
    for (std::size_t i = 0; i < rows.size();) {
      while (!pictures.empty() && pictures.back().box.top < rows[i].box.top) {
        add_texts(std::exchange(open, {}), pictures);
        add_picture(pictures.back().box);
        pictures.pop_back();
      }
      const auto table = table_at(all.subspan(i));
      if (!table) {
        open.push_back(rows[i++]);
        continue;
      }
      add_texts(std::exchange(open, {}), region);
      add_table(all.subspan(i, table->rows_used), table->cells);
      i += table->rows_used;
    }
    add_texts(std::exchange(open, {}), pictures);
    for (; !pictures.empty(); pictures.pop_back()) add_picture(pictures.back().box);
  }

  const Page& page_;
  const DocumentHabit& habit_;
  bool is_first_;
  std::vector<Segment> segments_;
};

/// The mean of what OCR said about the words; nothing for a text layer.
std::optional<double> mean_confidence(const std::vector<Word>& words) {
  double sum = 0;
  std::size_t count = 0;
  for (const Word& word : words) {
    if (!word.confidence) continue;
    sum += *word.confidence;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

}  // namespace

std::vector<Segment> analyse(std::vector<Page> pages) {
  for (Page& page : pages) page.lines = split_at_gaps(page.lines);
  const std::vector<Margins> margins = take_margins(pages);
  if (pages.empty()) return {};
  const DocumentHabit habit = habit_of(pages);
  std::vector<Segment> segments;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    std::vector<Segment> found = PageAnalysis(pages[i], habit, i == 0).run(margins[i]);
    std::ranges::move(found, std::back_inserter(segments));
  }
  for (Segment& segment : segments) segment.confidence = mean_confidence(segment.words);
  return segments;
}

}  // namespace chunkrd::local::layout
