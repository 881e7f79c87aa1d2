#include <gtest/gtest.h>

#include "local/parser/direction.h"
#include "tests/unit/local/parser/page_builder.h"

namespace chunkrd::local {
namespace {

/// The line that stands like this from left to right, as it is read. (Source code is shown by editors in
/// an order of their own: hence the escapes. Shalom is \u05E9\u05DC\u05D5\u05DD.)
std::string read(const std::string& standing) {
  Line line = set_line(72, 100, standing);
  for (Word& word : line.words) word.text = in_reading_order(word.text);
  return text_of(line);
}

const std::string kShalom = "\u05E9\u05DC\u05D5\u05DD";
const std::string kMolahs = "\u05DD\u05D5\u05DC\u05E9";
const std::string kBA = "\u05D1\u05D0";
const std::string kAB = "\u05D0\u05D1";

TEST(Direction, IsLeftToRightWhereNothingElseIsSaid) {
  EXPECT_EQ(read("Nobody reads 12 (twelve) backwards."), "Nobody reads 12 (twelve) backwards.");
  EXPECT_EQ(read("\u6D77 \u6CB9 12"), "\u6D77 \u6CB9 12");
  EXPECT_EQ(read("-"), "-");
}

TEST(Direction, TurnsHebrewAndArabic) {
  EXPECT_EQ(read(kBA + " " + kMolahs), kShalom + " " + kAB);
  EXPECT_EQ(read("." + kBA + " ?" + kMolahs), kShalom + "? " + kAB + ".");
  EXPECT_EQ(read("\uFE8E\uFEE3"), "\uFEE3\uFE8E");
}

TEST(Direction, KeepsNumbersAndLatinWordsInALineThatRunsLeft) {
  EXPECT_EQ(read(kBA + " 1,250.50 " + kMolahs), kShalom + " 1,250.50 " + kAB);
  EXPECT_EQ(read(kBA + " Debian Linux " + kMolahs), kShalom + " Debian Linux " + kAB);
  EXPECT_EQ(read("USB-" + kBA + " " + kMolahs), kShalom + " " + kAB + "-USB");
}

TEST(Direction, TurnsOnlyTheForeignWordsOfALineThatRunsRight) {
  EXPECT_EQ(read("They say " + kBA + " " + kMolahs + " and 12 more words"),
            "They say " + kShalom + " " + kAB + " and 12 more words");
}

}  // namespace
}  // namespace chunkrd::local
