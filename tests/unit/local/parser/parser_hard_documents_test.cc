// Documents as they come: without text, of several images, with pages on which a tool fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "core/child.h"
#include "tests/support/tiny_pdf.h"
#include "tests/unit/local/parser/parsed_document.h"

namespace chunkrd::local {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(HardDocument, APageWithNothingButThinLinesIsAPicture) {
  const ScratchFolder folder;
  const auto pdf = test::tiny_pdf({{.drawing = "72 72 m 300 400 l S 300 400 m 500 80 l S"}});
  const ParsedDocument run(folder.write("drawing.pdf", pdf), "{}");
  ASSERT_THAT(run.segments(), SizeIs(1));
  EXPECT_EQ(run.segments()[0].at("segment_type").as_string(), "Picture");
  EXPECT_NEAR(run.segments()[0].at("bbox").at("left").to_number<double>(), 72, 4);
  EXPECT_THAT(run.texts("Picture", "image"), ElementsAre(HasSubstr("images/")));
}

TEST(HardDocument, ABlankOneHasPagesButNoSegments) {
  const ScratchFolder folder;
  const ParsedDocument run(folder.write("blank.pdf", test::tiny_pdf({{}, {}})), "{}");
  ASSERT_EQ(run.code(), 0);
  EXPECT_EQ(run.page_count(), 2);
  EXPECT_THAT(run.segments(), IsEmpty());
}

/// Little-endian, and the file's only byte order.
std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

/// Adds a page, uncompressed gray at 100 dots per inch, to a TIFF whose last directory's end is at `link`.
void add_tiff_page(std::string& tiff, std::size_t& link, const std::string& pgm) {
  unsigned width = 0, height = 0;
  int header = 0;
  ASSERT_EQ(std::sscanf(pgm.c_str(), "P5 %u %u 255%n", &width, &height, &header), 2);
  const std::size_t pixels = tiff.size();
  tiff += pgm.substr(static_cast<std::size_t>(header) + 1);
  if (tiff.size() % 2 != 0) tiff += '\0';
  const std::size_t resolution = tiff.size();
  tiff += number(100, 4) + number(1, 4);
  tiff.replace(link, 4, number(tiff.size(), 4));
  const struct {
    unsigned tag, type;
    std::uint64_t value;
  } entries[] = {{256, 4, width},      {257, 4, height},     {258, 4, 8},      {259, 4, 1},
                 {262, 4, 1},          {273, 4, pixels},     {278, 4, height}, {279, 4, width * height},
                 {282, 5, resolution}, {283, 5, resolution}, {296, 4, 2}};
  tiff += number(std::size(entries), 2);
  for (const auto& [tag, type, value] : entries)
    tiff += number(tag, 2) + number(type, 2) + number(1, 4) + number(value, 4);
  link = tiff.size();
  tiff += number(0, 4);
}

TEST(HardDocument, ATiffHasAsManyPagesAsImages) {
  std::string tiff = "II*" + number(0, 5);
  std::size_t link = 4;
  for (const char* page : {"1", "3"}) {
    const ChildResult drawn = run_child({"pdftoppm", "-q", "-gray", "-r", "100", "-f", page, "-l", page,
                                         (kSamples / "harbour-report.pdf").string()});
    ASSERT_NO_FATAL_FAILURE(add_tiff_page(tiff, link, drawn.output));
  }
  const ScratchFolder folder;
  const ParsedDocument run(folder.write("fax.tiff", tiff), "{}");
  ASSERT_EQ(run.code(), 0) << run.error();
  EXPECT_EQ(run.page_count(), 2);
  EXPECT_THAT(run.texts("Title"), ElementsAre("Annual Report of the Harbour"));
  EXPECT_THAT(run.texts("SectionHeader"), ::testing::Contains(HasSubstr("The Town and Its Harbour")));
  EXPECT_EQ(run.segments().back().at("page_number").to_number<int>(), 2);
  EXPECT_NEAR(run.segments().back().at("page_width").to_number<double>(), 612, 1);
  EXPECT_THAT(read_all(run.out() / "document.pdf"), HasSubstr("%PDF"));
}

/// A pdftoppm that fails on the second page of every document, before the real one in PATH.
class FailingTool {
 public:
  FailingTool() : path_(::getenv("PATH")) {
    const auto tool = folder_.write("pdftoppm",
                                    "#!/bin/sh\ncase \"$*\" in *'-f 2 '*) exit 1 ;; esac\n"
                                    "PATH=${PATH#*:}\nexec pdftoppm \"$@\"\n");
    std::filesystem::permissions(tool, std::filesystem::perms::owner_all);
    ::setenv("PATH", (folder_.path().string() + ":" + path_).c_str(), 1);
  }
  ~FailingTool() { ::setenv("PATH", path_.c_str(), 1); }

 private:
  ScratchFolder folder_;
  std::string path_;
};

std::string three_pages(const std::string& second) {
  const std::string words = " Tf 72 700 Td (A line that is long enough to be believed) Tj ET";
  return test::tiny_pdf(
      {{.drawing = "BT /F 12" + words}, {.drawing = second}, {.drawing = "BT /F 14" + words}});
}

TEST(HardDocument, FailsWithAPageThatFails) {
  const FailingTool tool;
  const ScratchFolder folder;
  const ParsedDocument run(folder.write("a.pdf", three_pages("72 72 m 300 400 l S")),
                           R"({"ocr_strategy": "Auto", "error_handling": "Fail"})");
  EXPECT_EQ(run.code(), 2);
  EXPECT_THAT(run.error(), HasSubstr("The PDF is damaged"));
}

TEST(HardDocument, GoesOnWithoutAPageThatFailsIfItIsToldTo) {
  const FailingTool tool;
  const ScratchFolder folder;
  const ParsedDocument run(folder.write("a.pdf", three_pages("72 72 m 300 400 l S")),
                           R"({"ocr_strategy": "Auto", "error_handling": "Continue"})");
  ASSERT_EQ(run.code(), 0) << run.error();
  EXPECT_EQ(run.page_count(), 3);
  ASSERT_THAT(run.segments(), SizeIs(2));
  EXPECT_EQ(run.segments()[1].at("page_number").to_number<int>(), 3);
}

TEST(HardDocument, GoesOnWithTheTextLayerOfAPageThatCannotBeDrawn) {
  const FailingTool tool;
  const ScratchFolder folder;
  const auto pdf = three_pages("BT /F 12 Tf 72 700 Td (The second page says something, too) Tj ET");
  const ParsedDocument run(folder.write("a.pdf", pdf), R"({"error_handling": "Continue"})");
  ASSERT_EQ(run.code(), 0) << run.error();
  ASSERT_THAT(run.segments(), SizeIs(3));
  EXPECT_EQ(run.segments()[1].at("content").as_string(), "The second page says something, too");
}

}  // namespace
}  // namespace chunkrd::local
