#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"

namespace chunkrd::cli {

struct Cell {
  std::string text;  ///< printable
  Look look = Look::plain;
};

/// Rows under each other, as wide as what is in them and no wider than the terminal.
///
/// A table can be written a batch of rows at a time, so that its memory does not grow with it: the columns
/// then have the widths of the first batch, and a longer cell of a later one moves the rest of its line.
class Table {
 public:
  enum class Align { left, right };
  enum class Fit {
    whole,    ///< never cut
    shorten,  ///< gives up width, in the middle of its texts, where the terminal has too little
  };
  struct Column {
    std::string title;
    Align align = Align::left;
    Fit fit = Fit::whole;
  };

  Table(std::vector<Column> columns, Terminal terminal);

  void add(std::vector<Cell> row);
  /// The rows that were added since the last call; before the first, the titles.
  std::string take_lines();

 private:
  void measure();
  void shrink_to_terminal();
  std::string line(const std::vector<Cell>& row) const;

  std::vector<Column> columns_;
  Terminal terminal_;
  std::vector<std::vector<Cell>> rows_;
  std::vector<int> widths_;  ///< empty before the first batch
};

}  // namespace chunkrd::cli
