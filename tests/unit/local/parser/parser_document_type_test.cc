#include <gtest/gtest.h>

#include "local/parser/document_type.h"
#include "tests/unit/local/parser/scratch_folder.h"

namespace chunkrd::local {
namespace {

TEST(DocumentType, IsJudgedByContentNotByName) {
  EXPECT_EQ(detect_type(kSamples / "harbour-report.pdf", "x.docx"), DocumentType::pdf);
  EXPECT_EQ(detect_type(kSamples / "photo-notice.png", "x.pdf"), DocumentType::png);
}

TEST(DocumentType, TellsMarkdownFromPlainTextByItsName) {
  EXPECT_EQ(detect_type(kSamples / "guide.md", "guide.md"), DocumentType::markdown);
  EXPECT_EQ(detect_type(kSamples / "guide.md", "guide.txt"), DocumentType::plain_text);
}

TEST(DocumentType, OfOtherThingsIsNone) {
  const ScratchFolder folder;
  EXPECT_EQ(detect_type(folder.write("a", ""), "empty.pdf"), std::nullopt);
  EXPECT_EQ(detect_type(folder.write("b", std::string("\x7F"
                                                      "ELF\x02\x01\x01\0",
                                                      8)),
                        "program.pdf"),
            std::nullopt);
  EXPECT_EQ(detect_type(folder.write("c", "PK\x03\x04\x14"), "report.docx"), std::nullopt);
  EXPECT_EQ(detect_type(folder.write("d", "caf\xE9 in another encoding\n"), "latin1.txt"), std::nullopt);
  EXPECT_EQ(detect_type(folder.path() / "absent", "x.pdf"), std::nullopt);
}

TEST(DocumentType, OfUnrecognisedBytesNamedPdfIsPdfIfPagesCanBeCounted) {
  const ScratchFolder folder;
  const auto hidden = folder.write("x", "\x01\x02 junk\n" + read_all(kSamples / "harbour-report.pdf"));
  EXPECT_EQ(detect_type(hidden, "report.pdf"), DocumentType::pdf);
  EXPECT_EQ(detect_type(hidden, "report.bin"), std::nullopt);
}

TEST(CountPages, CountsThePagesOfAPdf) {
  const ScratchFolder folder;
  EXPECT_EQ(count_pages(kSamples / "harbour-report.pdf", DocumentType::pdf), 4U);
  EXPECT_EQ(count_pages(kSamples / "photo-notice.png", DocumentType::png), 1U);
  EXPECT_EQ(count_pages(folder.write("x.pdf", "%PDF-1.4\n"), DocumentType::pdf), 0U);
}

}  // namespace
}  // namespace chunkrd::local
