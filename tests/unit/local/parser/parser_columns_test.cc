#include <gtest/gtest.h>

#include "local/parser/layout/columns.h"
#include "tests/unit/local/parser/page_builder.h"

namespace chunkrd::local::layout {
namespace {

std::vector<std::string> first_words(const std::vector<std::vector<Line>>& regions) {
  std::vector<std::string> words;
  for (const auto& region : regions)
    for (const Line& line : region)
      if (line.words.empty() || line.words[0].text.ends_with('!'))
        words.push_back(line.words.empty() ? "picture" : line.words[0].text);
  return words;
}

/// Six lines of prose, the first beginning with `mark`.
void add_column(std::vector<Line>& lines, double left, double top, const std::string& mark) {
  lines.push_back(set_line(left, top, mark + " begins this column of prose"));
  for (int i = 1; i < 6; ++i) lines.push_back(set_line(left, top + 12 * i, "some more words of the column"));
}

TEST(Columns, AreReadOneAfterTheOther) {
  std::vector<Line> lines;
  add_column(lines, 320, 100, "right!");
  add_column(lines, 72, 100, "left!");
  EXPECT_EQ(first_words(reading_regions(lines)), (std::vector<std::string>{"left!", "right!"}));
}

TEST(Columns, OfUnequalBaseLinesAreStillColumns) {
  std::vector<Line> lines;
  add_column(lines, 72, 100, "left!");
  add_column(lines, 320, 106, "right!");
  EXPECT_EQ(reading_regions(lines).size(), 2U);
}

TEST(Columns, EndWhereALineGoesAcross) {
  std::vector<Line> lines;
  add_column(lines, 72, 100, "left!");
  add_column(lines, 320, 100, "right!");
  lines.push_back(set_line(
      72, 60, "above! the columns stands a line that goes across the page from edge to edge of the text"));
  lines.push_back(set_line(
      72, 200, "below! the columns stands a line that goes across the page from edge to edge of the text"));
  EXPECT_EQ(first_words(reading_regions(lines)),
            (std::vector<std::string>{"above!", "left!", "right!", "below!"}));
}

TEST(Columns, ThreeAreThree) {
  std::vector<Line> lines;
  for (const auto& [left, mark] : {std::pair{400.0, "c!"}, {36.0, "a!"}, {218.0, "b!"}})
    add_column(lines, left, 100, mark);
  EXPECT_EQ(first_words(reading_regions(lines)), (std::vector<std::string>{"a!", "b!", "c!"}));
}

TEST(Columns, OfATableStayTogether) {
  std::vector<Line> lines;
  for (int row = 0; row < 6; ++row) {
    lines.push_back(set_line(72, 100 + 14 * row, "Timber"));
    lines.push_back(set_line(300, 100 + 14 * row, "1200"));
  }
  EXPECT_EQ(reading_regions(lines).size(), 1U);
}

TEST(Columns, OfAHostilePageTakeNoTimeWorthMentioning) {
  std::vector<Line> lines;
  for (int row = 0; row < 700; ++row)
    for (int column = 0; column < 6; ++column)
      lines.push_back(set_line(10 + 100 * column, row, "a b c d e", 1));
  EXPECT_FALSE(reading_regions(lines).empty());
}

}  // namespace
}  // namespace chunkrd::local::layout
