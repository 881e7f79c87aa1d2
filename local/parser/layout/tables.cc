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

double size_of(const Row& row) {
  return std::ranges::max(row.fragments, {}, &Line::size).size;
}

bool has_cells(const Row& row) {
  if (row.fragments.size() < 2) return false;
  // "1.   Unpack the parcel" is a list, however far the text stands from its number.
  return row.fragments.size() > 2 || !is_only_a_marker(text_of(row.fragments.front()));
}

double gap_between(const Row& above, const Row& below) {
  return below.box.top - above.box.bottom;
}

/// Where all fragments of the rows with cells leave free strips, there a column ends.
std::vector<Extent> columns_of(std::span<const Row> rows) {
  std::vector<Extent> extents;
  for (const Row& row : rows)
    if (has_cells(row))
      for (const Line& fragment : row.fragments) extents.push_back({fragment.box.left, fragment.box.right});
  std::ranges::sort(extents, {}, &Extent::left);
  std::vector<Extent> columns;
  for (const Extent& extent : extents) {
    if (!columns.empty() && extent.left < columns.back().right + 1) {
      columns.back().right = std::max(columns.back().right, extent.right);
    } else {
      columns.push_back(extent);
    }
  }
  return columns;
}

/// The columns that a fragment lies in, at most two are of interest.
std::vector<std::size_t> columns_under(const Line& fragment, const std::vector<Extent>& columns) {
  std::vector<std::size_t> under;
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (fragment.box.left < columns[i].right && fragment.box.right > columns[i].left) under.push_back(i);
  return under;
}

/// True if `row` is the second line of a cell in the row above.
bool continues_cell(const Row& above, const Row& row, const std::vector<Extent>& columns) {
  return row.fragments.size() == 1 && gap_between(above, row) < 0.5 * size_of(row) &&
         columns_under(row.fragments.front(), columns).size() == 1;
}

/// How many rows from the first on could be one table.
std::size_t run_length(std::span<const Row> rows) {
  std::size_t length = 0;
  for (; length < rows.size(); ++length) {
    const Row& row = rows[length];
    if (length > 0 && gap_between(rows[length - 1], row) > 2.2 * size_of(row)) break;
    if (!has_cells(row) &&
        !(length > 0 && continues_cell(rows[length - 1], row, columns_of(rows.first(length)))))
      break;
  }
  return length;
}

bool looks_like_table(std::span<const Row> rows, const std::vector<Extent>& columns) {
  std::size_t full_rows = 0;
  std::size_t cells = 0;
  std::size_t words = 0;
  std::size_t most_cells = 0;
  for (const Row& row : rows) {
    if (!has_cells(row)) continue;
    ++full_rows;
    cells += row.fragments.size();
    most_cells = std::max(most_cells, row.fragments.size());
    for (const Line& fragment : row.fragments) words += fragment.words.size();
  }
  if (columns.size() < 2 || full_rows < (columns.size() == 2 ? 3U : 2U)) return false;
  // Cells that share a column by chance only: words of justified prose, scattered labels of a drawing.
  if (most_cells > columns.size() + 1) return false;
  const std::size_t most_words = columns.size() == 2 ? 5 : 7;
  return words <= most_words * cells;
}

void put(const Row& row, const std::vector<Extent>& columns, std::vector<std::string>& cells) {
  for (const Line& fragment : row.fragments) {
    const auto under = columns_under(fragment, columns);
    std::string& cell = cells[under.empty() ? 0 : under.front()];
    if (!cell.empty()) cell += ' ';
    cell += text_of(fragment);
  }
}

}  // namespace

std::optional<Table> table_at(std::span<const Row> rows) {
  if (rows.empty() || !has_cells(rows.front())) return std::nullopt;
  Table table{.rows_used = run_length(rows), .cells = {}};
  const auto used = rows.first(table.rows_used);
  const auto columns = columns_of(used);
  if (!looks_like_table(used, columns)) return std::nullopt;
  for (const Row& row : used) {
    if (has_cells(row)) table.cells.emplace_back(columns.size());
    put(row, columns, table.cells.back());
  }
  return table;
}

}  // namespace chunkrd::local::layout
