#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "local/parser/layout/layout.h"
#include "tests/unit/local/parser/page_builder.h"

namespace chunkrd::local::layout {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::vector<std::pair<SegmentType, std::string>> found_in(std::vector<Page> pages) {
  std::vector<std::pair<SegmentType, std::string>> found;
  for (const Segment& segment : analyse(std::move(pages))) found.emplace_back(segment.type, segment.content);
  return found;
}

/// Enough of a body that ten points are the usual size.
std::vector<Line> body(double top) {
  return {set_line(72, top, "The harbour had a quiet but prosperous year, and eighteen ships called"),
          set_line(72, top + 12, "at the old quay, where the new crane was taken into service in spring.")};
}

std::vector<Line> operator+(std::vector<Line> a, const std::vector<Line>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

constexpr const char* kBody =
    "The harbour had a quiet but prosperous year, and eighteen ships called at the old quay, where the new "
    "crane was "
    "taken into service in spring.";

TEST(Layout, FindsTitleHeadingAndText) {
  const auto found = found_in({letter_page(
      1, std::vector{set_line(150, 90, "Annual Report", 24), set_line(72, 150, "Cargo", 14)} + body(180))});
  EXPECT_THAT(found, ElementsAre(Pair(SegmentType::Title, "Annual Report"),
                                 Pair(SegmentType::SectionHeader, "Cargo"), Pair(SegmentType::Text, kBody)));
}

TEST(Layout, TakesABoldShortLineForAHeading) {
  const auto found =
      found_in({letter_page(1, std::vector{bold(set_line(72, 150, "Cargo of the year"))} + body(180))});
  EXPECT_EQ(found.front().first, SegmentType::SectionHeader);
}

TEST(Layout, TakesANumberedLineThatStandsAloneForAHeading) {
  const auto found =
      found_in({letter_page(1, std::vector{set_line(72, 150, "2.1 Cargo of the year")} + body(180))});
  EXPECT_EQ(found.front().first, SegmentType::SectionHeader);
}

TEST(Layout, FindsListItemsWithTheirFurtherLines) {
  const auto found = found_in({letter_page(
      1, body(100) + std::vector{set_line(72, 130, "• sell the old crane to the neighbours, who have"),
                                 set_line(79.5, 142, "asked for it twice"),
                                 set_line(72, 154, "• paint the quay")})});
  EXPECT_THAT(found, ElementsAre(Pair(SegmentType::Text, kBody),
                                 Pair(SegmentType::ListItem,
                                      "sell the old crane to the neighbours, who have asked for it twice"),
                                 Pair(SegmentType::ListItem, "paint the quay")));
}

TEST(Layout, PartsParagraphsAtSpaceAndAtIndent) {
  auto lines = body(100) + body(130);
  lines.push_back(set_line(90, 154, "Indented begins the third paragraph."));
  EXPECT_EQ(found_in({letter_page(1, lines)}).size(), 3U);
}

TEST(Layout, TakesWhatComesAgainOnEveryPageForHeadersAndFooters) {
  std::vector<Page> pages;
  for (std::uint32_t number = 1; number <= 3; ++number)
    pages.push_back(letter_page(number, std::vector{set_line(72, 40, "Harbour Report"),
                                                    set_line(280, 750, "Page " + std::to_string(number))} +
                                            body(100)));
  const auto found = found_in(pages);
  ASSERT_EQ(found.size(), 9U);
  for (std::size_t i = 0; i < 9; i += 3) {
    EXPECT_THAT(found[i], Pair(SegmentType::PageHeader, "Harbour Report"));
    EXPECT_THAT(found[i + 1], Pair(SegmentType::Text, kBody));
    EXPECT_EQ(found[i + 2].first, SegmentType::PageFooter);
  }
}

TEST(Layout, LeavesALineAtTheTopOfASinglePageInTheText) {
  EXPECT_EQ(
      found_in({letter_page(1, std::vector{set_line(72, 40, "Lindholm, in May")} + body(100))}).front().first,
      SegmentType::Text);
}

TEST(Layout, FindsFootnotesBelowEverythingElse) {
  const auto found = found_in(
      {letter_page(1, body(100) + std::vector{set_line(72, 700, "1 As measured by the scale.", 8)})});
  EXPECT_THAT(found.back(), Pair(SegmentType::Footnote, "1 As measured by the scale."));
}

TEST(Layout, PutsAPictureInItsPlaceAndGivesItTheWordsInIt) {
  Page page = letter_page(
      1, body(100) + std::vector{set_line(110, 200, "Quay"), set_line(72, 320, "Figure 1: The quay")} +
             body(350));
  page.pictures = {{72, 150, 300, 300}};
  EXPECT_THAT(found_in({page}),
              ElementsAre(Pair(SegmentType::Text, kBody), Pair(SegmentType::Picture, "Quay"),
                          Pair(SegmentType::Caption, "Figure 1: The quay"), Pair(SegmentType::Text, kBody)));
}

TEST(Layout, FindsATableBetweenParagraphs) {
  auto lines = body(100);
  double top = 150;
  for (const auto& [name, before, now] :
       {std::tuple{"Cargo", "2023", "2024"}, {"Timber", "1200", "1350"}, {"Grain", "800", "760"}}) {
    lines.push_back(set_line(100, top, name));
    lines.push_back(set_line(200, top, before));
    lines.push_back(set_line(300, top, now));
    top += 14;
  }
  const auto segments = analyse({letter_page(1, lines + body(220))});
  ASSERT_EQ(segments.size(), 3U);
  EXPECT_EQ(segments[1].type, SegmentType::Table);
  EXPECT_THAT(segments[1].cells,
              ElementsAre(ElementsAre("Cargo", "2023", "2024"), ElementsAre("Timber", "1200", "1350"),
                          ElementsAre("Grain", "800", "760")));
}

TEST(Layout, HasNothingToSayAboutNothing) {
  EXPECT_TRUE(analyse({}).empty());
  EXPECT_TRUE(analyse({letter_page(1, {})}).empty());
}

}  // namespace
}  // namespace chunkrd::local::layout
