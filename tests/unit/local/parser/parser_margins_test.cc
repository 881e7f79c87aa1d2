#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "local/parser/layout/margins.h"
#include "tests/unit/local/parser/page_builder.h"

namespace chunkrd::local::layout {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> texts(const std::vector<Row>& rows) {
  std::vector<std::string> texts;
  for (const Row& row : rows) texts.push_back(text_of(line_of_row(row)));
  return texts;
}

/// Lines with a third of their size between them.
std::vector<Line> lines(double top, std::initializer_list<const char*> texts, double left = 72) {
  std::vector<Line> all;
  for (const char* text : texts) {
    all.push_back(set_line(left, top, text));
    top += 13;
  }
  return all;
}

Page page(std::uint32_t number, std::vector<std::vector<Line>> parts) {
  std::vector<Line> all;
  for (auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return letter_page(number, std::move(all));
}

std::vector<Line> row(double top, const std::string& number, const std::string& name,
                      const std::string& price) {
  return {set_line(72, top, number), set_line(140, top, name), set_line(400, top, price)};
}

TEST(Margins, AreWhatComesAgainWithANumberThatCountsThePages) {
  std::vector<Page> pages;
  for (std::uint32_t i = 1; i <= 3; ++i)
    pages.push_back(page(i, {lines(40, {"Harbour Report 2024"}), lines(100, {"Some text"}),
                             lines(750, {("Page " + std::to_string(i + 6) + " of 12").c_str()})}));
  const auto margins = take_margins(pages);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_THAT(texts(margins[i].headers), ElementsAre("Harbour Report 2024"));
    EXPECT_THAT(texts(margins[i].footers), ElementsAre("Page " + std::to_string(i + 7) + " of 12"));
    EXPECT_EQ(pages[i].lines.size(), 1U);
  }
}

TEST(Margins, AreRomanNumbersToo) {
  std::vector<Page> pages{page(1, {lines(100, {"Some text"}), lines(750, {"iii"})}),
                          page(2, {lines(100, {"Some text"}), lines(750, {"iv"})})};
  EXPECT_THAT(texts(take_margins(pages)[1].footers), ElementsAre("iv"));
}

TEST(Margins, AreNotWhatStandsOnce) {
  // A single page; a number that counts no pages; other words; a date.
  for (const auto& [first, second] : {std::pair{"Page 1", "Some other line"},
                                      {"Carried over: 1,204", "Carried over: 3,310"},
                                      {"34 Hinge M10 78 44.54", "72 Washer M3 284 94.32"},
                                      {"Paid 3 May", "Paid 9 May"},
                                      {"Total 17", "Total 19"}}) {
    std::vector<Page> pages{page(1, {lines(100, {"Some text"}), lines(750, {first})}),
                            page(2, {lines(100, {"Some text"}), lines(750, {second})})};
    for (const Margins& margins : take_margins(pages)) {
      EXPECT_THAT(margins.footers, IsEmpty()) << first;
      EXPECT_THAT(margins.headers, IsEmpty()) << first;
    }
  }
}

TEST(Margins, AreNotTheRowsOfATableAtTheBordersOfItsPages) {
  // The head comes again on each page, and each page begins and ends with the same rows.
  std::vector<Page> pages;
  for (std::uint32_t i = 1; i <= 2; ++i)
    pages.push_back(
        page(i, {row(60, "No", "Part", "Price"), row(78, "1", "Nut", "1.31"), row(96, "2", "Bolt", "2.62"),
                 row(712, std::to_string(5 + i * i), "Hinge", "4.10"), row(730, "7", "Hinge", "4.10"),
                 row(748, "8", "Nut", "1.31")}));
  for (const Margins& margins : take_margins(pages)) {
    EXPECT_THAT(texts(margins.headers), IsEmpty());
    EXPECT_THAT(texts(margins.footers), IsEmpty());
  }
}

TEST(Margins, AreNotTheLinesOfATextThatGoesOn) {
  std::vector<Page> pages;
  for (std::uint32_t i = 1; i <= 2; ++i)
    pages.push_back(page(i, {lines(60, {"I say it again, and again I say it,", "until somebody hears",
                                        i == 1 ? "and answers me." : "what I say here,"})}));
  for (const Margins& margins : take_margins(pages)) EXPECT_THAT(texts(margins.headers), IsEmpty());
}

TEST(Margins, AreFoundAboveATableThatIsSetApart) {
  std::vector<Page> pages;
  for (std::uint32_t i = 1; i <= 2; ++i)
    pages.push_back(page(i, {lines(30, {"Spare parts"}), row(100, std::to_string(i), "Nut", "1.31")}));
  for (const Margins& margins : take_margins(pages))
    EXPECT_THAT(texts(margins.headers), ElementsAre("Spare parts"));
}

}  // namespace
}  // namespace chunkrd::local::layout
