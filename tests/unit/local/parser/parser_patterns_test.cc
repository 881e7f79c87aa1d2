#include <gtest/gtest.h>

#include "local/parser/layout/patterns.h"

namespace chunkrd::local::layout {
namespace {

struct MarkerCase {
  std::string_view text;
  std::string_view marker;  ///< empty: none
};

TEST(ListMarker, IsFoundAtTheBeginningOfAnItemOnly) {
  const MarkerCase cases[] = {
      {"• one thing", "-"},
      {"- one thing", "-"},
      {"\uF0B7 symbol font", "-"},
      {"1. first", "1."},
      {"12) twelfth", "12)"},
      {"(a) letter", "(a)"},
      {"iv. roman", "iv."},
      {"1990. It began", ""},
      {"•", ""},
      {"1.", ""},
      {"one thing", ""},
      {"1.5 tonnes", ""},
      {"The end. of", ""},
      {"", ""},
  };
  for (const auto& [text, expected] : cases) {
    const auto marker = list_marker(text);
    EXPECT_EQ(marker ? marker->text : "", expected) << text;
  }
}

TEST(ListMarker, KnowsWhereTheItemsOwnTextBegins) {
  const std::string_view text = "•  fish and chips";
  EXPECT_EQ(text.substr(list_marker(text)->length), "fish and chips");
}

TEST(Patterns, TellACaptionFromASentenceAboutAFigure) {
  EXPECT_TRUE(is_caption("Figure 1: The quay"));
  EXPECT_TRUE(is_caption("Table 2. Fees"));
  EXPECT_TRUE(is_caption("Fig. 3 – The mole"));
  EXPECT_TRUE(is_caption("Abbildung 4: Der Kran"));
  EXPECT_FALSE(is_caption("Figure 1 shows the quay"));
  EXPECT_FALSE(is_caption("Figure it out: now"));
  EXPECT_FALSE(is_caption("Table"));
}

TEST(Patterns, AreRomanPageNumbers) {
  EXPECT_EQ(roman_page_number("vii"), 7);
  EXPECT_EQ(roman_page_number("- xiv -"), 14);
  for (const char* text : {"7", "Page vii", "mix", "vii viii", ""})
    EXPECT_EQ(roman_page_number(text), std::nullopt) << text;
}

TEST(Patterns, KnowSectionNumbers) {
  for (const auto* text : {"1 Cargo", "2. Money", "3.1 Method", "4.2.1. Österreich"})
    EXPECT_TRUE(begins_with_section_number(text)) << text;
  for (const auto* text : {"1 cargo", "2024 Report", "Cargo", "12", "1,5 Tonnes"})
    EXPECT_FALSE(begins_with_section_number(text)) << text;
}

TEST(Leader, BecomesOneCharacter) {
  EXPECT_TRUE(has_leader("Cargo . . . . . 3"));
  EXPECT_FALSE(has_leader("Cargo, and so on..."));
  EXPECT_EQ(without_leader("1 Cargo . . . . . . 3"), "1 Cargo … 3");
  EXPECT_EQ(without_leader("Money.......12"), "Money … 12");
}

std::string joined(std::string paragraph, std::string_view line) {
  join_line(paragraph, line);
  return paragraph;
}

TEST(Lines, AreJoinedWithASpaceAndDividedWordsAreMadeWhole) {
  EXPECT_EQ(joined("the old", "quay"), "the old quay");
  EXPECT_EQ(joined("the har-", "bour"), "the harbour");
  EXPECT_EQ(joined("the har\u00AD", "bour"), "the harbour");
  EXPECT_EQ(joined("the har\u2010", "bour"), "the harbour");
  EXPECT_EQ(joined("from 3-", "5 tonnes"), "from 3- 5 tonnes");
  EXPECT_EQ(joined("New-", "York"), "New- York");
  EXPECT_EQ(joined("", "quay"), "quay");
}

}  // namespace
}  // namespace chunkrd::local::layout
