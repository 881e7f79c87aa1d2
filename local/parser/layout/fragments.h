#pragma once

#include <vector>

#include "local/parser/page.h"

namespace chunkrd::local::layout {

/// Cuts lines wherever the space between two words is wider than a space in running text ever is: there
/// begins another column, or another cell of a table.
std::vector<Line> split_at_gaps(const std::vector<Line>& lines);

/// Fragments that stand side by side, from left to right.
struct Row {
  Box box;
  std::vector<Line> fragments;
};

/// Puts fragments of one column together to rows, from top to bottom.
std::vector<Row> rows_of(std::vector<Line> fragments);

/// One line out of all fragments of a row.
Line line_of_row(const Row& row);

}  // namespace chunkrd::local::layout
