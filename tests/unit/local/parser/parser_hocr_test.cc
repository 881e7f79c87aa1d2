#include <gtest/gtest.h>

#include <stdexcept>

#include "local/parser/hocr.h"

namespace chunkrd::local {
namespace {

constexpr const char* kHocr = R"(<?xml version="1.0" encoding="UTF-8"?>
<html xmlns="http://www.w3.org/1999/xhtml"><body>
<div class='ocr_page' title='image "x.png"; bbox 0 0 1275 1650; ppageno 0'>
 <div class='ocr_carea' title="bbox 100 200 700 240"><p class='ocr_par' title="bbox 100 200 700 240">
  <span class='ocr_line' title="bbox 100 200 700 240; baseline -0.01 -8; x_size 30; x_descenders 6">
   <span class='ocrx_word' title='bbox 100 200 300 240; x_wconf 96'><strong>Red</strong></span>
   <span class='ocrx_word' title='bbox 320 200 500 240; x_wconf 88'>flag &amp; buoy</span>
   <span class='ocrx_word' title='bbox 520 200 600 240; x_wconf 12'>~#</span>
   <span class='ocrx_word' title='bbox 620 200 700 240; x_wconf 7'>1,767</span>
  </span></p></div></div></body></html>)";

TEST(Hocr, HasWordsWithPlacesAndConfidence) {
  const auto pages = read_hocr(kHocr);
  ASSERT_EQ(pages.size(), 1U);
  EXPECT_EQ(pages[0].source, TextSource::ocr);
  ASSERT_EQ(pages[0].lines.size(), 1U);
  const Line& line = pages[0].lines[0];
  ASSERT_EQ(line.words.size(), 3U) << "a mark may vanish, a word may not";
  EXPECT_EQ(line.words[0].text, "Red");
  EXPECT_DOUBLE_EQ(*line.words[0].confidence, 0.96);
  EXPECT_EQ(line.size, 30);
  EXPECT_EQ(line.base, 232);
  EXPECT_EQ(line.words[1].text, "flag & buoy");
  EXPECT_EQ(line.words[2].text, "1,767");
  EXPECT_DOUBLE_EQ(*line.words[2].confidence, 0.07);
  EXPECT_EQ(pages[0].ocr_words.size(), 3U);
}

TEST(Hocr, IsScaledToPoints) {
  Page page = read_hocr(kHocr).at(0);
  scale(page, 612 / 1275.0, 792 / 1650.0);
  EXPECT_DOUBLE_EQ(page.width, 612);
  EXPECT_DOUBLE_EQ(page.lines[0].words[0].box.left, 48);
  EXPECT_DOUBLE_EQ(page.ocr_words[0].box.left, 48);
  EXPECT_DOUBLE_EQ(page.lines[0].size, 14.4);
}

TEST(Hocr, ThatIsNoneIsAnError) {
  EXPECT_THROW(read_hocr(""), std::runtime_error);
}

}  // namespace
}  // namespace chunkrd::local
