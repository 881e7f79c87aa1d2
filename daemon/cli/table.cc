#include "cli/table.h"

#include <algorithm>
#include <numeric>

namespace chunkrd::cli {
namespace {

constexpr int kGap = 2;
// A shortened text below this says nothing any more.
constexpr int kLeast = 8;

}  // namespace

Table::Table(std::vector<Column> columns, Terminal terminal)
    : columns_(std::move(columns)), terminal_(terminal) {}

void Table::add(std::vector<Cell> row) {
  rows_.push_back(std::move(row));
}

std::string Table::take_lines() {
  std::string lines;
  if (widths_.empty()) {
    measure();
    std::vector<Cell> titles;
    for (const Column& column : columns_) titles.push_back({column.title, Look::strong});
    lines += line(titles);
  }
  for (const auto& row : rows_) lines += line(row);
  rows_.clear();
  return lines;
}

void Table::measure() {
  for (const Column& column : columns_) widths_.push_back(display_width(column.title));
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < columns_.size(); ++i)
      widths_[i] = std::max(widths_[i], display_width(row[i].text));
  if (terminal_.columns) shrink_to_terminal();
}

// The widest of the columns that may be shortened gives way, until the line fits or none can.
void Table::shrink_to_terminal() {
  const int gaps = kGap * static_cast<int>(columns_.size() - 1);
  int over = std::accumulate(widths_.begin(), widths_.end(), gaps) - *terminal_.columns;
  for (; over > 0; --over) {
    int* widest = nullptr;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].fit == Fit::shorten && widths_[i] > kLeast && (!widest || widths_[i] > *widest))
        widest = &widths_[i];
    if (!widest) return;
    --*widest;
  }
}

std::string Table::line(const std::vector<Cell>& row) const {
  std::string text;
  int owed = 0;  // spaces that are written only before something else
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const bool may_cut = terminal_.columns && columns_[i].fit == Fit::shorten;
    const std::string cell = may_cut ? shortened(row[i].text, widths_[i]) : row[i].text;
    const int padding = std::max(0, widths_[i] - display_width(cell));
    const bool right = columns_[i].align == Align::right;
    if (right) owed += padding;
    if (!cell.empty()) {
      text.append(static_cast<std::size_t>(owed), ' ');
      text += terminal_.shown(cell, row[i].look);
      owed = 0;
    }
    owed += (right ? 0 : padding) + kGap;
  }
  return text + '\n';
}

}  // namespace chunkrd::cli
