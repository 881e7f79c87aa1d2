#include "local/parser/layout/tables.h"

#include <algorithm>
#include <string>
#include <vector>

#include "local/parser/layout/patterns.h"

namespace chunkrd::local::layout {
namespace {

/// A column's left and right edge.
struct Extent {
  double left;
  double right;
};

/// What stands at about one height: the fragments of a row, and those of the next ones whose cells have
/// another number of lines and are set half a line lower.
struct Group {
  std::size_t rows = 0;
  Box box;
  std::vector<Line> fragments;
};

double size_of(const Group& group) {
  return std::ranges::max(group.fragments, {}, &Line::size).size;
}

double gap_between(const Group& above, const Group& below) {
  return below.box.top - above.box.bottom;
}

/// Beside what it overlaps in height, and there is something.
bool stands_beside(const Line& fragment, const std::vector<Line>& others) {
  bool overlaps = false;
  for (const Line& other : others) {
    const double common = common_height(fragment.box, other.box);
    if (common < 0.25 * std::min(fragment.box.height(), other.box.height())) continue;
    if (common_width(fragment.box, other.box) > 0) return false;
    overlaps = true;
  }
  return overlaps;
}

std::vector<Group> groups_of(std::span<const Row> rows) {
  std::vector<Group> groups;
  for (const Row& row : rows) {
    const bool goes_on = !groups.empty() && std::ranges::all_of(row.fragments, [&](const Line& fragment) {
      return stands_beside(fragment, groups.back().fragments);
    });
    if (!goes_on) {
      groups.push_back({1, row.box, row.fragments});
      continue;
    }
    Group& group = groups.back();
    ++group.rows;
    group.box = join(group.box, row.box);
    group.fragments.insert(group.fragments.end(), row.fragments.begin(), row.fragments.end());
  }
  return groups;
}

/// How many fragments stand side by side.
std::size_t width_in_cells(const Group& group) {
  std::vector<Extent> extents;
  for (const Line& fragment : group.fragments) extents.push_back({fragment.box.left, fragment.box.right});
  std::ranges::sort(extents, {}, &Extent::left);
  std::size_t cells = 0;
  double right = 0;
  for (const Extent& extent : extents) {
    if (cells == 0 || extent.left >= right) ++cells;
    right = std::max(right, extent.right);
  }
  return cells;
}

bool has_cells(const Group& group) {
  const std::size_t cells = width_in_cells(group);
  // "1.   Unpack the parcel" is a list, however far the text stands from its number.
  return cells > 2 || (cells == 2 && !is_only_a_marker(text_of(group.fragments.front())));
}

std::vector<std::size_t> columns_under(const Extent& extent, const std::vector<Extent>& columns) {
  std::vector<std::size_t> under;
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (extent.left < columns[i].right && extent.right > columns[i].left) under.push_back(i);
  return under;
}

Extent extent_of(const Line& fragment) {
  return {fragment.box.left, fragment.box.right};
}

/// Adds what stands over one column at most: it widens the column, or is a new one. A label that reaches over
/// several ("Total without tax") says nothing about columns.
void widen(const Line& fragment, std::vector<Extent>& columns) {
  const Extent extent = extent_of(fragment);
  const auto under = columns_under(extent, columns);
  if (under.size() > 1) return;
  if (under.size() == 1) {
    Extent& column = columns[under.front()];
    column = {std::min(column.left, extent.left), std::max(column.right, extent.right)};
    return;
  }
  columns.insert(std::ranges::upper_bound(columns, extent.left, {}, &Extent::left), extent);
}

/// Where all fragments of the fuller rows leave free strips, there a column ends.
std::vector<Extent> columns_of(std::span<const Group> groups) {
  std::size_t most = 0;
  for (const Group& group : groups) most = std::max(most, width_in_cells(group));
  const auto is_full = [&](const Group& group) {
    return has_cells(group) && width_in_cells(group) * 5 >= most * 3;
  };
  std::vector<Extent> extents;
  for (const Group& group : groups)
    if (is_full(group))
      for (const Line& fragment : group.fragments) extents.push_back(extent_of(fragment));
  std::ranges::sort(extents, {}, &Extent::left);
  std::vector<Extent> columns;
  for (const Extent& extent : extents) {
    if (!columns.empty() && extent.left < columns.back().right + 1) {
      columns.back().right = std::max(columns.back().right, extent.right);
    } else {
      columns.push_back(extent);
    }
  }
  for (const Group& group : groups)
    if (!is_full(group) && has_cells(group))
      for (const Line& fragment : group.fragments) widen(fragment, columns);
  return columns;
}

/// The column that a fragment belongs to.
std::size_t column_of(const Line& fragment, const std::vector<Extent>& columns) {
  const auto under = columns_under(extent_of(fragment), columns);
  return under.empty() ? 0 : under.front();
}

std::vector<bool> filled_by(const Group& group, const std::vector<Extent>& columns) {
  std::vector<bool> filled(columns.size());
  for (const Line& fragment : group.fragments) filled[column_of(fragment, columns)] = true;
  return filled;
}

/// A head that is set to the left over numbers that are set to the right may stand beside all of them: one
/// column.
void join_head_with_body(std::span<const Group> groups, std::vector<Extent>& columns) {
  for (std::size_t i = 0; i + 1 < columns.size();) {
    bool is_apart = columns[i + 1].left - columns[i].right > 3 * size_of(groups.front());
    std::size_t in_first[2] = {0, 0};
    std::size_t in_others[2] = {0, 0};
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const auto filled = filled_by(groups[g], columns);
      is_apart = is_apart || (filled[i] && filled[i + 1]);
      for (std::size_t k = 0; k < 2; ++k)
        if (filled[i + k]) ++(g == 0 ? in_first : in_others)[k];
    }
    const bool only_head_left = in_first[0] == 1 && in_others[0] == 0 && in_others[1] > 0;
    const bool only_head_right = in_first[1] == 1 && in_others[1] == 0 && in_others[0] > 0;
    if (is_apart || (!only_head_left && !only_head_right)) {
      ++i;
      continue;
    }
    columns[i].right = columns[i + 1].right;
    columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  }
}

/// Lines of one cell have less between them than rows, where those are set apart.
bool is_tight(const Group& above, const Group& below) {
  return gap_between(above, below) < 0.35 * size_of(below);
}

/// True if `group` is the second line of a cell in the row above.
bool continues_cell(const Group& above, const Group& group, const std::vector<Extent>& columns) {
  return group.fragments.size() == 1 && gap_between(above, group) < 0.5 * size_of(group) &&
         columns_under(extent_of(group.fragments.front()), columns).size() == 1;
}

/// True if the first of `groups` is the first line of a cell in the row below, whose other cells have no such
/// line: "Unit" above "price".
bool leads_cell(std::span<const Group> groups) {
  if (groups.size() < 2 || groups[0].fragments.size() != 1 || !has_cells(groups[1])) return false;
  if (!is_tight(groups[0], groups[1]) || groups[0].fragments.front().words.size() > 3) return false;
  std::size_t over = 0;
  for (const Line& fragment : groups[1].fragments)
    if (common_width(fragment.box, groups[0].box) > 0) ++over;
  const Line& leftmost =
      std::ranges::min(groups[1].fragments, {}, [](const Line& line) { return line.box.left; });
  return over == 1 && common_width(leftmost.box, groups[0].box) <= 0;
}

/// How many groups from the first on could be one table.
std::size_t run_length(std::span<const Group> groups) {
  std::size_t length = 0;
  for (; length < groups.size(); ++length) {
    const Group& group = groups[length];
    if (length > 0 && gap_between(groups[length - 1], group) > 2.2 * size_of(group)) break;
    if (has_cells(group)) continue;
    const bool goes_on =
        length > 0 && continues_cell(groups[length - 1], group, columns_of(groups.first(length)));
    if (!goes_on && !leads_cell(groups.subspan(length))) break;
  }
  return length;
}

/// Two texts side by side, as the sender of a letter and its date: far apart, and none of them a label or a
/// number.
bool are_two_texts(std::span<const Group> groups, const std::vector<Extent>& columns) {
  if (columns.size() != 2 || columns[1].left - columns[0].right < 12 * size_of(groups.front())) return false;
  std::size_t words[2] = {0, 0};
  std::size_t cells[2] = {0, 0};
  for (const Group& group : groups) {
    for (const Line& fragment : group.fragments) {
      const std::size_t column = column_of(fragment, columns);
      words[column] += fragment.words.size();
      ++cells[column];
    }
  }
  return words[0] * 2 >= cells[0] * 3 && words[1] * 2 >= cells[1] * 3;
}

bool looks_like_table(std::span<const Group> groups, const std::vector<Extent>& columns) {
  std::size_t full_rows = 0;
  std::size_t cells = 0;
  std::size_t words = 0;
  std::size_t most_cells = 0;
  for (const Group& group : groups) {
    if (!has_cells(group)) continue;
    ++full_rows;
    const std::size_t width = width_in_cells(group);
    cells += width;
    most_cells = std::max(most_cells, width);
    for (const Line& fragment : group.fragments) words += fragment.words.size();
  }
  if (columns.size() < 2 || full_rows < (columns.size() == 2 ? 3U : 2U)) return false;
  // Cells that share a column by chance only: words of justified prose, scattered labels of a drawing.
  if (most_cells > columns.size() + 1 || are_two_texts(groups, columns)) return false;
  const std::size_t most_words = columns.size() == 2 ? 5 : 7;
  return words <= most_words * cells;
}

/// The cells of groups that are one row: each column from top to bottom.
std::vector<std::string> cells_of(std::span<const Group> groups, const std::vector<Extent>& columns) {
  std::vector<std::vector<Line>> fragments(columns.size());
  for (const Group& group : groups)
    for (const Line& fragment : group.fragments) fragments[column_of(fragment, columns)].push_back(fragment);
  std::vector<std::string> cells;
  for (std::vector<Line>& column : fragments) {
    std::string& cell = cells.emplace_back();
    for (const Row& row : rows_of(std::move(column))) {
      if (!cell.empty()) cell += ' ';
      cell += text_of(line_of_row(row));
    }
  }
  return cells;
}

/// True if the groups, which stand close together, are the lines of one row: at most one of them is a whole
/// row.
bool are_one_row(std::span<const Group> groups, const std::vector<Extent>& columns) {
  return std::ranges::count_if(groups, [&](const Group& group) {
           const auto filled = filled_by(group, columns);
           return filled.front() &&
                  static_cast<std::size_t>(std::ranges::count(filled, true)) * 2 >= columns.size();
         }) <= 1;
}

/// For each group, whether it stands close to others with which it makes one row. Only where rows are set
/// apart more than once do spaces tell lines from rows.
std::vector<bool> parts_of_rows(std::span<const Group> groups, const std::vector<Extent>& columns) {
  std::vector<bool> parts(groups.size());
  std::size_t bands = 0;
  for (std::size_t begin = 0, end = 0; begin < groups.size(); begin = end, ++bands) {
    for (end = begin + 1; end < groups.size() && is_tight(groups[end - 1], groups[end]); ++end) {
    }
    const bool is_row = are_one_row(groups.subspan(begin, end - begin), columns);
    std::fill(parts.begin() + static_cast<std::ptrdiff_t>(begin),
              parts.begin() + static_cast<std::ptrdiff_t>(end), is_row);
  }
  if (bands < 3) parts.assign(groups.size(), false);
  return parts;
}

/// Where rows end, as numbers of groups.
std::vector<std::size_t> row_ends(std::span<const Group> groups, const std::vector<Extent>& columns) {
  const std::vector<bool> parts = parts_of_rows(groups, columns);
  std::vector<std::size_t> ends;
  for (std::size_t i = 1; i < groups.size(); ++i) {
    const bool begins_row = has_cells(groups[i]) || leads_cell(groups.subspan(i));
    const bool is_close = is_tight(groups[i - 1], groups[i]);
    if (begins_row && !(is_close && (parts[i] || leads_cell(groups.subspan(i - 1, 2))))) ends.push_back(i);
  }
  ends.push_back(groups.size());
  return ends;
}

}  // namespace

std::optional<Table> table_at(std::span<const Row> rows) {
  // Asked for every row of a page: what cannot begin a table is known by its first rows.
  const auto groups = groups_of(rows.first(std::min<std::size_t>(rows.size(), 6)));
  if (groups.empty() || (!has_cells(groups.front()) && !leads_cell(groups))) return std::nullopt;
  const std::vector<Group> all = groups_of(rows);
  const auto used = std::span(all).first(run_length(all));
  if (used.empty()) return std::nullopt;
  auto columns = columns_of(used);
  if (!looks_like_table(used, columns)) return std::nullopt;
  join_head_with_body(used, columns);
  Table table;
  for (const Group& group : used) table.rows_used += group.rows;
  std::size_t begin = 0;
  for (const std::size_t end : row_ends(used, columns)) {
    table.cells.push_back(cells_of(used.subspan(begin, end - begin), columns));
    begin = end;
  }
  return table;
}

}  // namespace chunkrd::local::layout
