#include <gtest/gtest.h>

#include "local/parser/layout/tables.h"
#include "tests/unit/local/parser/page_builder.h"

namespace chunkrd::local::layout {
namespace {

std::vector<Row> rows(const std::vector<std::vector<std::string>>& cells, const std::vector<double>& lefts) {
  std::vector<Line> lines;
  double top = 100;
  for (const auto& row : cells) {
    for (std::size_t i = 0; i < row.size(); ++i)
      if (!row[i].empty()) lines.push_back(set_line(lefts[i], top, row[i]));
    top += 14;
  }
  return rows_of(std::move(lines));
}

TEST(Table, HasItsCellsInRowsAndColumns) {
  const TableCells cells{
      {"Cargo", "2023", "2024"}, {"Timber", "1200", "1350"}, {"Machine parts", "90", "240"}};
  const auto table = table_at(rows(cells, {72, 200, 300}));
  ASSERT_TRUE(table);
  EXPECT_EQ(table->cells, cells);
  EXPECT_EQ(table->rows_used, 3U);
}

TEST(Table, KeepsAnEmptyCellEmpty) {
  const TableCells cells{{"Cargo", "2023", "2024"}, {"Timber", "", "1350"}, {"Grain", "90", "240"}};
  EXPECT_EQ(table_at(rows(cells, {72, 200, 300}))->cells, cells);
}

TEST(Table, EndsWhereALineOfProseFollows) {
  auto all =
      rows({{"Cargo", "2023", "2024"}, {"Timber", "1200", "1350"}, {"Grain", "90", "240"}}, {72, 200, 300});
  all.push_back(
      {.box = {}, .fragments = {set_line(72, 150, "After the table the text goes on over the whole width")}});
  all.back().box = all.back().fragments.front().box;
  EXPECT_EQ(table_at(all)->rows_used, 3U);
}

TEST(Table, TakesTheSecondLineOfACellIntoTheCell) {
  auto all = rows({{"Cargo", "2023", "2024"}, {"Machine", "90", "240"}}, {72, 200, 300});
  for (const Line& line : {set_line(72, 125.0, "parts")}) all.push_back({line.box, {line}});
  const auto table = table_at(all);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->cells[1][0], "Machine parts");
}

TEST(Table, IsNotWhatAListIs) {
  EXPECT_FALSE(
      table_at(rows({{"1.", "Dredge the channel"}, {"2.", "Replace lamps"}, {"3.", "Rest"}}, {72, 100})));
  EXPECT_FALSE(table_at(rows({{"•", "Dredge"}, {"•", "Replace"}, {"•", "Rest"}}, {72, 100})));
}

TEST(Table, IsNotWhatTwoColumnsOfProseAre) {
  const std::string prose = "some words of a column of prose here";
  EXPECT_FALSE(table_at(rows({{prose, prose}, {prose, prose}, {prose, prose}}, {72, 320})));
}

TEST(Table, NeedsMoreThanTwoRowsOfTwoCells) {
  EXPECT_FALSE(table_at(rows({{"From", "Lindholm"}, {"To", "Everybody"}}, {72, 200})));
}

}  // namespace
}  // namespace chunkrd::local::layout
