#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "local/parser/failure.h"
#include "local/parser/image/image_file.h"
#include "local/parser/image/orientation.h"
#include "tests/unit/local/parser/picture_builder.h"

namespace chunkrd::local {
namespace {

using ::testing::HasSubstr;

/// 60 x 40 pixels of white, with a black corner of 20 x 10 at the upper left.
Pixels cornered(int depth) {
  Pixels picture(::pixCreate(60, 40, depth));
  ::pixSetAllArbitrary(picture.get(), depth == 32 ? 0xFFFFFF00 : 255);
  for (l_int32 y = 0; y < 10; ++y)
    for (l_int32 x = 0; x < 20; ++x) ::pixSetPixel(picture.get(), x, y, 0);
  return picture;
}

std::uint32_t gray_at(const Pixels& picture, l_int32 x, l_int32 y) {
  const Pixels gray(::pixConvertTo8(picture.get(), 0));
  l_uint32 value = 0;
  ::pixGetPixel(gray.get(), x, y, &value);
  return value;
}

void expect_upright(const Pixels& picture) {
  ASSERT_EQ(::pixGetWidth(picture.get()), 60);
  ASSERT_EQ(::pixGetHeight(picture.get()), 40);
  EXPECT_LT(gray_at(picture, 3, 5), 60U);
  EXPECT_LT(gray_at(picture, 15, 5), 60U);
  for (const auto& [x, y] : {std::pair{3, 35}, {55, 5}, {55, 35}, {3, 18}, {28, 5}})
    EXPECT_GT(gray_at(picture, x, y), 190U) << x << ',' << y;
}

/// As a camera stores it that writes `orientation`.
Pixels stored(int orientation, int depth) {
  const int inverse = orientation == 6 ? 8 : orientation == 8 ? 6 : orientation;
  return as_seen(cornered(depth), inverse);
}

Picture read(const std::string& bytes, DocumentType type) {
  const ScratchFolder folder;
  return ImageFile(folder.write("image", bytes), type).read(0);
}

std::string complaint(const std::string& bytes, DocumentType type) {
  try {
    read(bytes, type);
    return "none";
  } catch (const DocumentFailure& failure) {
    return failure.what();
  }
}

class EveryOrientation : public ::testing::TestWithParam<int> {};

TEST_P(EveryOrientation, OfAJpegIsPutUpright) {
  expect_upright(read(jpeg_of(stored(GetParam(), 8), GetParam()), DocumentType::jpeg).pixels);
}

TEST_P(EveryOrientation, OfAPngIsPutUpright) {
  expect_upright(
      read(png_of(stored(GetParam(), 8), png_chunk("eXIf", exif(GetParam()))), DocumentType::png).pixels);
}

TEST_P(EveryOrientation, OfATiffIsPutUpright) {
  expect_upright(read(tiff_of(stored(GetParam(), 8), GetParam()), DocumentType::tiff).pixels);
}

TEST_P(EveryOrientation, OfAColouredTiffIsPutUpright) {
  expect_upright(read(tiff_of(stored(GetParam(), 32), GetParam()), DocumentType::tiff).pixels);
}

INSTANTIATE_TEST_SUITE_P(Exif, EveryOrientation, ::testing::Range(1, 9));

TEST(ImageFile, KeepsAJpegThatShowsJustWhatIsSeen) {
  EXPECT_FALSE(read(jpeg_of(cornered(8), 1), DocumentType::jpeg).jpeg.empty());
  EXPECT_TRUE(read(jpeg_of(stored(6, 8), 6), DocumentType::jpeg).jpeg.empty());
}

TEST(ImageFile, ShowsWhatIsDrawnOnNothingOnAGroundThatIsOtherThanIt) {
  for (const std::uint32_t print : {0x00000000U, 0xFFFFFF00U}) {
    Pixels picture(::pixCreate(60, 40, 32));
    ::pixSetSpp(picture.get(), 4);
    ::pixSetAllArbitrary(picture.get(), 0xFFFFFF00);
    for (l_int32 x = 0; x < 20; ++x) ::pixSetPixel(picture.get(), x, 5, print | 0xFF);
    const Picture seen = read(png_of(picture), DocumentType::png);
    const auto on = static_cast<int>(gray_at(seen.pixels, 3, 5));
    const auto beside = static_cast<int>(gray_at(seen.pixels, 50, 30));
    EXPECT_GT(std::abs(on - beside), 200) << print;
  }
}

TEST(ImageFile, KeepsItsPrintWhereOneColourIsToBeTransparent) {
  const std::string key = png_chunk("tRNS", big_endian(255, 2));
  expect_upright(read(png_of(cornered(8), key), DocumentType::png).pixels);
}

TEST(ImageFile, ThatIsTooLargeIsToldWithItsSizeAndTheLimit) {
  const std::string head =
      "\x89PNG\r\n\x1A\n" +
      png_chunk("IHDR", big_endian(60'000, 4) + big_endian(50'000, 4) + std::string("\x08\0\0\0\0", 5));
  EXPECT_THAT(complaint(head + png_chunk("IDAT", "x"), DocumentType::png),
              ::testing::AllOf(HasSubstr("60000 x 50000 pixels"), HasSubstr("at most 150 million")));
}

TEST(ImageFile, ThatWasCutIsDamagedAndOneWithMoreBehindItsEndIsNot) {
  const std::string whole = jpeg_of(cornered(8), 1);
  EXPECT_THAT(complaint(whole.substr(0, whole.size() - 2), DocumentType::jpeg),
              HasSubstr("its end is missing"));
  expect_upright(read(whole + std::string(1000, '\0'), DocumentType::jpeg).pixels);
}

TEST(ImageFile, OfAKindThatCannotBeReadIsNotCalledDamaged) {
  std::string jpeg = jpeg_of(cornered(8), 1);
  const auto frame = jpeg.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  jpeg[frame + 1] = '\xC1';
  jpeg[frame + 4] = 12;
  EXPECT_THAT(complaint(jpeg, DocumentType::jpeg), HasSubstr("12 bits a sample"));
}

}  // namespace
}  // namespace chunkrd::local
