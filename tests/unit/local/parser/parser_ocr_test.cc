// Pictures however they lie on the glass.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numbers>

#include "local/parser/image/upright.h"
#include "local/parser/ocr.h"
#include "tests/unit/local/parser/picture_builder.h"

namespace chunkrd::local {
namespace {

using ::testing::ElementsAre;

const std::vector<std::string> kLines{"The north valve was replaced on Monday",
                                      "and the pressure held for nine hours",
                                      "Please forward a copy to accounting"};

std::vector<std::string> lines_of(const Page& page) {
  std::vector<std::string> lines;
  for (const Line& line : page.lines) lines.push_back(text_of(line));
  return lines;
}

Page read(const Pixels& picture) {
  const ScratchFolder folder;
  return read_picture(picture, folder.path());
}

struct Lie {
  int quarters;
  double degrees;
};

class Scan : public ::testing::TestWithParam<Lie> {};

TEST_P(Scan, IsReadInItsOrderWhicheverWayItLies) {
  const auto [quarters, degrees] = GetParam();
  const Pixels page = drawn_page(kLines);
  const Pixels lying = turned_by(turned(page, quarters), degrees * std::numbers::pi / 180);
  const Page read_page = read(lying);
  EXPECT_THAT(lines_of(read_page), ElementsAre(kLines[0], kLines[1], kLines[2]));
  // Told where it is seen: the ink of the first word is there, and nothing of the page is outside.
  EXPECT_EQ(seen_width(read_page), ::pixGetWidth(lying.get()));
  EXPECT_EQ(seen_height(read_page), ::pixGetHeight(lying.get()));
  const Box word = on_seen_page(read_page, read_page.lines.at(0).words.at(0).box);
  const Pixels there = part(lying, word);
  l_float32 mean = 255;
  ::pixGetAverageMasked(there.get(), nullptr, 0, 0, 1, L_MEAN_ABSVAL, &mean);
  EXPECT_LT(mean, 240) << "paper, where a word should be";
}

INSTANTIATE_TEST_SUITE_P(Turns, Scan,
                         ::testing::Values(Lie{0, 0}, Lie{1, 0}, Lie{2, 0}, Lie{3, 0}, Lie{0, 3}, Lie{0, -5},
                                           Lie{1, 2}, Lie{2, -3}));

TEST(Scan, OfLightPrintOnDarkPaperIsRead) {
  const Pixels page = drawn_page(kLines);
  EXPECT_THAT(lines_of(read(Pixels(::pixInvert(nullptr, page.get())))),
              ElementsAre(kLines[0], kLines[1], kLines[2]));
}

TEST(Scan, ThatIsAskewAndInTheShadeIsRead) {
  const Pixels page = drawn_page(kLines);
  const Pixels photo(::pixConvertTo8(turned_by(page, 3 * std::numbers::pi / 180).get(), 0));
  const l_int32 width = ::pixGetWidth(photo.get());
  for (l_int32 y = 0; y < ::pixGetHeight(photo.get()); ++y) {
    for (l_int32 x = 0; x < width; ++x) {
      l_uint32 value = 0;
      ::pixGetPixel(photo.get(), x, y, &value);
      ::pixSetPixel(photo.get(), x, y,
                    value * static_cast<l_uint32>(width * 10 - x * 4) / static_cast<l_uint32>(width * 10));
    }
  }
  EXPECT_THAT(lines_of(read(photo)), ElementsAre(kLines[0], kLines[1], kLines[2]));
}

TEST(Scan, OfNothingHasNoLines) {
  EXPECT_TRUE(lines_of(read(drawn_page({}))).empty());
}

TEST(Parts, OfALongPictureAreCutWhereNothingIsPrinted) {
  const Pixels page = drawn_page(kLines);
  const auto height = static_cast<std::uint32_t>(::pixGetHeight(page.get()));
  const auto parts = parts_of(page, 250);
  ASSERT_GT(parts.size(), 5U);
  double bottom = 0;
  for (const Box& box : parts) {
    EXPECT_LE(box.height(), 250);
    if (box.left == 0) {
      EXPECT_EQ(box.top, bottom);
      bottom = box.bottom;
    }
  }
  EXPECT_EQ(bottom, height);
}

}  // namespace
}  // namespace chunkrd::local
