#include "local/parser/layout/margins.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "local/parser/layout/patterns.h"

namespace chunkrd::local::layout {
namespace {

/// Of the page's height. Running titles stand within.
constexpr double kZone = 0.1;

/// A row's letters, small, with one '#' for each number, and the numbers.
struct Likeness {
  std::string letters;
  std::vector<std::int64_t> numbers;
};

Likeness likeness_of(const Row& row) {
  const std::string text = text_of(line_of_row(row));
  Likeness likeness;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c >= '0' && c <= '9') {
      // What is too long for a number counts no pages: any value will do as long as equal ones are equal.
      std::int64_t number = 0;
      const auto end = std::min(text.find_first_not_of("0123456789", at), text.size());
      if (std::from_chars(text.data() + at, text.data() + end, number).ec != std::errc()) {
        likeness.letters += text.substr(at, end - at);
      } else {
        likeness.letters += '#';
        likeness.numbers.push_back(number);
      }
      at = end;
      continue;
    }
    if (c >= 'A' && c <= 'Z') likeness.letters += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (static_cast<unsigned char>(c) & 0x80) != 0) likeness.letters += c;
    ++at;
  }
  if (const auto page = roman_page_number(text)) return {"#", {*page}};
  return likeness;
}

struct Edges {
  std::vector<Row> top;
  std::vector<Row> bottom;
};

/// Both from the edge inwards, and a row further than the zone: what stands beside its last row counts.
Edges edges_of(const Page& page) {
  const std::vector<Row> rows = rows_of(page.lines);
  Edges edges;
  const auto take = [](auto begin, auto end, std::vector<Row>& into, const auto& is_in_zone) {
    const auto last = std::find_if_not(begin, end, is_in_zone);
    into.assign(begin, last == end ? end : last + 1);
  };
  take(rows.begin(), rows.end(), edges.top,
       [&](const Row& row) { return row.box.middle_y() < kZone * page.height; });
  take(rows.rbegin(), rows.rend(), edges.bottom,
       [&](const Row& row) { return row.box.middle_y() > (1 - kZone) * page.height; });
  return edges;
}

bool is_in_zone(const Row& row, const Page& page) {
  const double middle = row.box.middle_y();
  return middle < kZone * page.height || middle > (1 - kZone) * page.height;
}

/// Knows on which pages a row's likeness stands at about the same height.
class Repetitions {
 public:
  void add(const std::vector<Row>& rows, const Page& page) {
    for (const Row& row : rows) {
      if (!is_in_zone(row, page)) continue;
      Likeness likeness = likeness_of(row);
      seen_[{std::move(likeness.letters), step_of(row)}].push_back(
          {page.number, std::move(likeness.numbers)});
    }
  }

  bool has_on_another_page(const Row& row, const Page& page) const {
    const Likeness likeness = likeness_of(row);
    if (likeness.letters.empty()) return false;
    for (const int shift : {-1, 0, 1}) {
      const auto found = seen_.find({likeness.letters, step_of(row) + shift});
      if (found == seen_.end()) continue;
      const Seen here{page.number, likeness.numbers};
      if (std::ranges::any_of(found->second, [&](const Seen& there) { return is_same(here, there); }))
        return true;
    }
    return false;
  }

 private:
  struct Seen {
    std::uint32_t page;
    std::vector<std::int64_t> numbers;
  };

  static int step_of(const Row& row) {
    constexpr double kStep = 6;  // points; OCR and other fonts move a running title a little
    return static_cast<int>(std::floor(row.box.middle_y() / kStep));
  }

  /// The same numbers, but for one that grows with the page: it is what counts them.
  static bool is_same(const Seen& here, const Seen& there) {
    if (here.page == there.page) return false;
    const std::int64_t apart = std::int64_t{there.page} - here.page;
    std::size_t counting = 0;
    for (std::size_t i = 0; i < here.numbers.size(); ++i) {
      if (here.numbers[i] == there.numbers[i]) continue;
      if (there.numbers[i] - here.numbers[i] != apart || ++counting > 1) return false;
    }
    return true;
  }

  std::map<std::pair<std::string, int>, std::vector<Seen>> seen_;
};

double size_of(const Row& row) {
  return std::ranges::max(row.fragments, {}, &Line::size).size;
}

double space_between(const Row& a, const Row& b) {
  return std::max(a.box.top, b.box.top) - std::min(a.box.bottom, b.box.bottom);
}

/// Two cells that stand under each other.
bool is_aligned(const Line& a, const Line& b) {
  constexpr double kNear = 3;  // points
  return std::abs(a.box.left - b.box.left) < kNear || std::abs(a.box.right - b.box.right) < kNear ||
         std::abs(a.box.middle_x() - b.box.middle_x()) < kNear;
}

bool are_rows_of_one_table(const Row& a, const Row& b) {
  std::size_t aligned = 0;
  for (const Line& cell : a.fragments)
    if (std::ranges::any_of(b.fragments, [&](const Line& other) { return is_aligned(cell, other); }))
      ++aligned;
  return aligned >= 2 && space_between(a, b) < 2.2 * std::min(size_of(a), size_of(b));
}

/// Set like a line of the same text: as large, at the same edge, as near as lines are.
bool are_lines_of_one_text(const Row& a, const Row& b) {
  const double size = std::min(size_of(a), size_of(b));
  return std::abs(size_of(a) - size_of(b)) < 0.08 * size && std::abs(a.box.left - b.box.left) < 2 &&
         space_between(a, b) < 0.6 * size;
}

/// The rows from the edge inwards, as long as each is part of the margin.
std::vector<Row> margin_rows(const std::vector<Row>& rows, const Repetitions& repetitions, const Page& page) {
  std::size_t count = 0;
  while (count < rows.size() && is_in_zone(rows[count], page) &&
         repetitions.has_on_another_page(rows[count], page))
    ++count;
  while (count > 0 && count < rows.size() &&
         (are_rows_of_one_table(rows[count - 1], rows[count]) ||
          are_lines_of_one_text(rows[count - 1], rows[count])))
    --count;
  return {rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count)};
}

void take_out(const std::vector<Row>& rows, std::vector<Line>& lines) {
  for (const Row& row : rows)
    for (const Line& taken : row.fragments)
      std::erase_if(lines, [&](const Line& line) { return line.box == taken.box; });
}

}  // namespace

std::vector<Margins> take_margins(std::vector<Page>& pages) {
  std::vector<Edges> edges;
  std::ranges::transform(pages, std::back_inserter(edges), edges_of);
  Repetitions top;
  Repetitions bottom;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    top.add(edges[i].top, pages[i]);
    bottom.add(edges[i].bottom, pages[i]);
  }
  std::vector<Margins> margins;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    Margins taken{margin_rows(edges[i].top, top, pages[i]), margin_rows(edges[i].bottom, bottom, pages[i])};
    std::ranges::reverse(taken.footers);
    take_out(taken.headers, pages[i].lines);
    take_out(taken.footers, pages[i].lines);
    margins.push_back(std::move(taken));
  }
  return margins;
}

}  // namespace chunkrd::local::layout
