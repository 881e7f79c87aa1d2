#include <gtest/gtest.h>

#include "local/parser/pictures.h"

namespace chunkrd::local {
namespace {

GrayImage paper() {
  return {306, 396, std::vector<std::uint8_t>(306 * 396, 255)};
}

void paint(GrayImage& image, std::size_t left, std::size_t top, std::size_t right, std::size_t bottom) {
  for (std::size_t y = top; y < bottom; ++y)
    for (std::size_t x = left; x < right; ++x) image.pixels[y * image.width + x] = 60;
}

std::vector<Box> found(const GrayImage& image, Paper on = Paper::white, const std::vector<Box>& words = {}) {
  return find_pictures(image, 2, on, words);
}

TEST(Pictures, AreWhereThereIsMuchInk) {
  GrayImage image = paper();
  paint(image, 50, 60, 150, 120);
  const auto pictures = found(image);
  ASSERT_EQ(pictures.size(), 1U);
  EXPECT_EQ(pictures[0], (Box{100, 120, 300, 240}));
}

TEST(Pictures, MayHaveGapsThatNobodySees) {
  GrayImage image = paper();
  for (std::size_t x = 50; x < 150; x += 2) paint(image, x, 60, x + 1, 120);
  EXPECT_EQ(found(image).size(), 1U);
}

TEST(Pictures, AreNeitherRulesNorLettersNorAnEmptyPage) {
  GrayImage image = paper();
  paint(image, 20, 100, 280, 102);
  paint(image, 20, 200, 26, 206);
  EXPECT_TRUE(found(image).empty());
  EXPECT_TRUE(found(paper()).empty());
  EXPECT_TRUE(found(GrayImage{}).empty());
}

TEST(Pictures, AreNotTheShadeBehindText) {
  GrayImage image = paper();
  paint(image, 50, 60, 150, 120);
  EXPECT_TRUE(found(image, Paper::white, {{104, 130, 290, 160}, {104, 170, 290, 200}}).empty());
}

TEST(Pictures, AreNotTheFramesOfAForm) {
  GrayImage image = paper();
  paint(image, 50, 60, 250, 260);
  std::vector<Box> words;
  for (std::size_t row = 0; row < 10; ++row) {
    const std::size_t top = 60 + 20 * row;
    for (std::size_t y = top + 1; y < top + 20; ++y)
      for (std::size_t x = 51; x < 249; ++x) image.pixels[y * image.width + x] = 255;
    const double y = 2.0 * static_cast<double>(top);
    words.push_back({110, y + 10, 260, y + 30});
  }
  EXPECT_EQ(found(image).size(), 1U);
  EXPECT_TRUE(found(image, Paper::white, words).empty());
}

TEST(Pictures, AreNotShadowsAtTheEdgeOfAPhoto) {
  GrayImage image = paper();
  paint(image, 240, 0, 306, 396);
  EXPECT_TRUE(found(image, Paper::photographed).empty());
  EXPECT_EQ(found(image, Paper::white).size(), 1U);
}

TEST(Print, IsAllThatStandsOnThePage) {
  GrayImage image = paper();
  paint(image, 20, 100, 26, 106);
  paint(image, 200, 300, 280, 302);
  EXPECT_EQ(find_print(image, 2, Paper::white), (Box{40, 200, 560, 604}));
  paint(image, 0, 0, 306, 396);
  EXPECT_EQ(find_print(image, 2, Paper::photographed), (Box{0, 0, 612, 792}));
}

TEST(Print, IsNeitherDustNorTheShadowOfABlankSheet) {
  EXPECT_FALSE(find_print(paper(), 2, Paper::white));
  GrayImage image = paper();
  paint(image, 20, 100, 22, 102);
  paint(image, 0, 0, 9, 396);
  EXPECT_FALSE(find_print(image, 2, Paper::photographed));
  EXPECT_TRUE(find_print(image, 2, Paper::white));
}

TEST(Pgm, FollowsAnother) {
  const auto images = read_pgms("P5\n2 1\n255\nabP5\n1 1\n255\nP");
  ASSERT_EQ(images.size(), 2U);
  EXPECT_EQ(images[1].pixels, std::vector<std::uint8_t>{'P'});
  EXPECT_EQ(read_pgms("P5\n2 1\n255\nabP5\n1 2\n255\nP").size(), 1U);
}

TEST(Pgm, IsReadOrRefused) {
  const auto image = read_pgm(std::string_view("P5\n2 2\n255\nabcd"));
  ASSERT_TRUE(image);
  EXPECT_EQ(image->pixels, (std::vector<std::uint8_t>{'a', 'b', 'c', 'd'}));
  for (const auto* bad : {"", "P6\n2 2\n255\nabcd", "P5\n2 2\n255\nabc", "P5\n2",
                          "P5\n999999999 999999999\n255\n", "P5\n2 2\n255"})
    EXPECT_FALSE(read_pgm(bad)) << bad;
}

}  // namespace
}  // namespace chunkrd::local
