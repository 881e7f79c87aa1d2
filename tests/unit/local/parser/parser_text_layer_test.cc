#include <gtest/gtest.h>

#include <stdexcept>

#include "local/parser/text_layer.h"
#include "tests/unit/local/parser/page_builder.h"

namespace chunkrd::local {
namespace {

std::string layer(const std::string& words) {
  return "<!DOCTYPE html><html "
         "xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>x</title></head><body><doc>"
         "<page width=\"612\" height=\"792\"><flow><block><line>" +
         words + "</line></block></flow></page></doc></body></html>";
}

std::string word(double left, double right, const std::string& text) {
  return "<word xMin=\"" + std::to_string(left) + "\" yMin=\"100\" xMax=\"" + std::to_string(right) +
         "\" yMax=\"110\">" + text + "</word>";
}

TEST(TextLayer, HasWordsWithTheirPlaces) {
  const auto pages = read_text_layer(layer(word(72, 90, "salt &amp;") + word(93, 120, "fish")), 5);
  ASSERT_EQ(pages.size(), 1U);
  EXPECT_EQ(pages[0].number, 5U);
  EXPECT_EQ(pages[0].width, 612);
  EXPECT_EQ(text_of(pages[0].lines.at(0)), "salt & fish");
  EXPECT_EQ(pages[0].lines[0].box, (Box{72, 100, 120, 110}));
}

TEST(TextLayer, JoinsWhatKerningPulledOverEachOther) {
  const auto pages = read_text_layer(layer(word(72, 90, "giv") + word(89.9, 99, "es")), 1);
  EXPECT_EQ(text_of(pages[0].lines.at(0)), "gives");
}

TEST(TextLayer, KeepsTheSpacesOfAFontThatClaimsToBeTall) {
  std::string words = word(72, 92, "salt") + word(94.5, 104, "in");
  for (auto at = words.find("yMax=\"110"); at != words.npos; at = words.find("yMax=\"110"))
    words.replace(at + 6, 3, "141");
  EXPECT_EQ(text_of(read_text_layer(layer(words), 1)[0].lines.at(0)), "salt in");
}

TEST(TextLayer, LeavesOutWhatStandsBesideThePage) {
  const auto pages =
      read_text_layer(layer(word(72, 90, "here") + word(9000, 9010, "away") + word(95, 95, "thin")), 1);
  EXPECT_EQ(text_of(pages[0].lines.at(0)), "here");
}

TEST(TextLayer, CutsWhatReachesOverTheEdge) {
  const auto pages = read_text_layer(layer(word(-20, 90, "wide") + word(600, 620, "far")), 1);
  EXPECT_EQ(pages[0].lines.at(0).box, (Box{0, 100, 612, 110}));
}

TEST(TextLayer, HasThePagesOfItsFrames) {
  const auto pages = read_text_layer(layer(word(700, 720, "turned")), 2, {{2, {792, 612}}});
  EXPECT_EQ(pages[0].width, 792);
  EXPECT_EQ(text_of(pages[0].lines.at(0)), "turned");
}

TEST(TextLayer, SurvivesCharactersThatXmlForbids) {
  const auto pages = read_text_layer(layer(word(72, 90, "a\x01\xFF\x02z")), 1);
  EXPECT_EQ(text_of(pages[0].lines.at(0)), "a   z");
}

TEST(TextLayer, ThatIsNoXmlIsAnError) {
  EXPECT_THROW(read_text_layer("<html", 1), std::runtime_error);
}

TEST(TextLayer, IsGoodIfItIsLongAndLegible) {
  const auto page = [](const char* text) { return letter_page(1, {set_line(72, 100, text)}); };
  EXPECT_TRUE(is_good_text_layer(page("A whole line of legible text")));
  EXPECT_FALSE(is_good_text_layer(page("Page 7")));
  EXPECT_TRUE(has_clean_text(page("Page 7")));
  EXPECT_FALSE(is_good_text_layer(page(
      "\uE001\uE002\uE003\uE004\uE005\uE006\uE007\uE008 \uFFFD\uFFFD\uFFFD\uFFFD\uFFFD and some letters")));
  EXPECT_FALSE(has_clean_text(letter_page(1, {})));
  const auto unmapped =
      read_text_layer(layer(word(72, 300, "+ \x01\x02\x03\x04 , \x05\x06 -.* ' \x0E\x0F +.-/")), 1);
  EXPECT_FALSE(is_good_text_layer(unmapped[0])) << "control characters of a font without a map";
}

TEST(Styles, GiveLinesTheirSizeAndWeight) {
  const auto styles = read_styles(
      "<pdf2xml><page number=\"1\"><fontspec id=\"0\" size=\"14\"/><fontspec id=\"1\" size=\"10\"/>"
      "<text top=\"100\" left=\"72\" width=\"60\" height=\"14\" font=\"0\"><b>Cargo</b></text>"
      "<text top=\"130\" left=\"72\" width=\"60\" height=\"10\" font=\"1\">Cargo "
      "<b>x</b></text></page></pdf2xml>");
  ASSERT_EQ(styles.size(), 1U);
  Page page = letter_page(1, {set_line(72, 101, "Cargo", 11), set_line(72, 200, "Nobody knows", 9)});
  apply_styles(page, styles[0]);
  EXPECT_EQ(page.lines[0].size, 14);
  EXPECT_TRUE(page.lines[0].bold);
  EXPECT_EQ(page.lines[1].size, 9);
  EXPECT_FALSE(page.lines[1].bold);
}

/// A line 41 points high, and what pdftohtml says of it: 12 points, set in letters of this width.
Line tall_line(double width) {
  Line tall = set_line(72, 100, "reading", 41);
  tall.box.right = tall.words[0].box.right = 72 + width;
  Page page = letter_page(1, {tall});
  apply_styles(page, {{.box = {72, 100, 72 + width, 116}, .size = 12}});
  return page.lines[0];
}

TEST(Styles, CutALineOfAFontThatClaimsToBeTall) {
  EXPECT_EQ(tall_line(39).box.bottom, 115);
  EXPECT_EQ(tall_line(39).words[0].box.bottom, 115);
  EXPECT_EQ(tall_line(39).base, 115);
}

TEST(Styles, LeaveALineThatStandsUpright) {
  EXPECT_EQ(tall_line(12).box.bottom, 141);
}

}  // namespace
}  // namespace chunkrd::local
