#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "local/parser/page_frame.h"
#include "local/parser/pdf_tools.h"
#include "tests/support/tiny_pdf.h"
#include "tests/unit/local/parser/scratch_folder.h"

namespace chunkrd::local {
namespace {

using ::testing::DoubleNear;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kPages = "Pages:           3\n";

std::string told(int number, int turn) {
  const std::string page = "Page    " + std::to_string(number);
  return page + " size:  500 x 700 pts\n" + page + " rot:   " + std::to_string(turn) + "\n" + page +
         " MediaBox:      0.00     0.00   612.00   792.00\n" + page +
         " CropBox:      10.00    30.00   510.00   730.00\n";
}

PageFrame frame(int turn) {
  return read_page_frames("Title: Page 1 of it\nPage    3 rot:   180\n" + kPages + told(3, turn)).at(3);
}

TEST(PageFrame, CountsFromTheCornerThatIsTheUpperLeftOneAfterTurning) {
  EXPECT_EQ(frame(0), (PageFrame{500, 700, 10, 62}));
  EXPECT_EQ(frame(90), (PageFrame{700, 500, 30, 10}));
  EXPECT_EQ(frame(180), (PageFrame{500, 700, 102, 30}));
  EXPECT_EQ(frame(270), (PageFrame{700, 500, 62, 102}));
}

TEST(PageFrame, IsUnknownWhereAnythingIsMissing) {
  EXPECT_THAT(read_page_frames(""), IsEmpty());
  EXPECT_THAT(read_page_frames(kPages + "Page 1 rot: 0\nPage 1\nPage"), IsEmpty());
  EXPECT_THAT(read_page_frames(kPages + told(1, 0) + "Page 2 rot: 0\n"), SizeIs(1));
}

/// A word 100 points from the left and 50 from the top of a page of 300 x 200 points, as a reader sees it,
/// and a square 40 points wide right below it.
struct Shown {
  std::string what, entries, matrix;
};

class EveryPage : public testing::TestWithParam<Shown> {};

TEST_P(EveryPage, HasItsWordsAndPicturesWhereAReaderSeesThem) {
  const std::string drawing = GetParam().matrix +
                              " cm BT /F 20 Tf 100 150 Td (Sailmaker) Tj ET 100 90 40 40 re f"
                              " BT /F 20 Tf 100 900 Td (Hidden) Tj ET";
  const ScratchFolder folder;
  const Pdf pdf(folder.write("page.pdf", test::tiny_pdf({{GetParam().entries, drawing}})));
  const std::vector<Page> pages = pdf.text_layers(1, 1);
  ASSERT_EQ(pages.size(), 1U);
  EXPECT_EQ(pages[0].width, 300);
  EXPECT_EQ(pages[0].height, 200);
  ASSERT_THAT(pages[0].lines, SizeIs(1));
  EXPECT_EQ(text_of(pages[0].lines[0]), "Sailmaker");
  EXPECT_THAT(pages[0].lines[0].box.left, DoubleNear(100, 1));
  EXPECT_THAT(pages[0].lines[0].box.bottom, DoubleNear(50, 6));
  EXPECT_EQ(pages[0].lines[0].size, 20) << "pdftohtml's piece of text is not found at its place";
  const Thumbnail thumbnail = pdf.thumbnail(pages[0]);
  EXPECT_EQ(thumbnail.image.width, 150U);
  EXPECT_EQ(thumbnail.image.height, 100U);
  const auto at = [&](std::size_t x, std::size_t y) {
    return thumbnail.image.pixels[y / 2 * thumbnail.image.width + x / 2];
  };
  EXPECT_LT(at(105, 75), 50);
  EXPECT_LT(at(135, 105), 50);
  EXPECT_GT(at(145, 75), 200);
  EXPECT_EQ(pdf.thumbnails(pages).at(0).image.pixels, thumbnail.image.pixels);
}

INSTANTIATE_TEST_SUITE_P(
    Frames, EveryPage,
    testing::Values(Shown{"Plain", "/MediaBox [0 0 300 200]", "1 0 0 1 0 0"},
                    Shown{"MediaBoxElsewhere", "/MediaBox [50 70 350 270]", "1 0 0 1 50 70"},
                    Shown{"Cropped", "/MediaBox [0 0 612 792] /CropBox [90 400 390 600]", "1 0 0 1 90 400"},
                    Shown{"TurnedRight", "/MediaBox [0 0 200 300] /Rotate 90", "0 1 -1 0 200 0"},
                    Shown{"UpsideDown", "/MediaBox [0 0 300 200] /Rotate 180", "-1 0 0 -1 300 200"},
                    Shown{"TurnedLeft", "/MediaBox [0 0 200 300] /Rotate 270", "0 -1 1 0 0 300"},
                    Shown{"CroppedAndTurned", "/MediaBox [0 0 612 792] /CropBox [100 40 300 340] /Rotate 90",
                          "0 1 -1 0 300 40"}),
    [](const auto& shown) { return shown.param.what; });

}  // namespace
}  // namespace chunkrd::local
