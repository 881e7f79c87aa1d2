#include "local/parser/layout/margins.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "local/parser/layout/patterns.h"

namespace chunkrd::local::layout {
namespace {

/// Of the page's height. Running titles stand within.
constexpr double kZone = 0.1;

std::string text_of_row(const Row& row) {
  return text_of(line_of_row(row));
}

/// What stays the same from page to page: the letters, small, and one '#' for each number.
std::string likeness(const Row& row) {
  std::string same;
  for (const char c : text_of_row(row)) {
    if (c >= '0' && c <= '9') {
      if (same.empty() || same.back() != '#') same += '#';
    } else if (c >= 'A' && c <= 'Z') {
      same += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || (static_cast<unsigned char>(c) & 0x80) != 0) {
      same += c;
    }
  }
  return same;
}

struct Edges {
  std::vector<Row> top;
  std::vector<Row> bottom;
};

Edges edges_of(const Page& page) {
  std::vector<Line> top;
  std::vector<Line> bottom;
  for (const Line& line : page.lines) {
    if (line.box.middle_y() < kZone * page.height) top.push_back(line);
    if (line.box.middle_y() > (1 - kZone) * page.height) bottom.push_back(line);
  }
  Edges edges{rows_of(std::move(top)), rows_of(std::move(bottom))};
  std::ranges::reverse(edges.bottom);
  return edges;
}

/// Counts on how many pages a row's likeness stands at about the same height.
class Repetitions {
 public:
  void add(const std::vector<Row>& rows) {
    for (const Row& row : rows) ++counts_[key(row, 0)];
  }
  bool has_more_than_once(const Row& row) const {
    int count = 0;
    for (const int shift : {-1, 0, 1})
      if (const auto found = counts_.find(key(row, shift)); found != counts_.end()) count += found->second;
    return count > 1;
  }

 private:
  static std::pair<std::string, int> key(const Row& row, int shift) {
    constexpr double kStep = 6;  // points; OCR and other fonts move a running title a little
    return {likeness(row), static_cast<int>(std::floor(row.box.middle_y() / kStep)) + shift};
  }
  std::map<std::pair<std::string, int>, int> counts_;
};

bool holds_page_number(const Row& row) {
  return std::ranges::any_of(row.fragments, [](const Line& line) { return is_page_number(text_of(line)); });
}

/// The rows from the edge inwards, as long as each is part of the margin.
std::vector<Row> margin_rows(const std::vector<Row>& rows, const Repetitions& repetitions) {
  std::vector<Row> margin;
  for (const Row& row : rows) {
    const bool repeats = !likeness(row).empty() && repetitions.has_more_than_once(row);
    if (!repeats && !(margin.empty() && holds_page_number(row))) break;
    margin.push_back(row);
  }
  return margin;
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
  for (const Edges& edge : edges) {
    top.add(edge.top);
    bottom.add(edge.bottom);
  }
  std::vector<Margins> margins;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    Margins taken{margin_rows(edges[i].top, top), margin_rows(edges[i].bottom, bottom)};
    std::ranges::reverse(taken.footers);
    take_out(taken.headers, pages[i].lines);
    take_out(taken.footers, pages[i].lines);
    margins.push_back(std::move(taken));
  }
  return margins;
}

}  // namespace chunkrd::local::layout
