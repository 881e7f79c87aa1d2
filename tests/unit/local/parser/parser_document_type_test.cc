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
  EXPECT_EQ(detect_type(folder.write("d", "<html><body>a page</body></html>"), "page.html"), std::nullopt);
  EXPECT_EQ(detect_type(folder.path() / "absent", "x.pdf"), std::nullopt);
}

TEST(DocumentType, OfUnrecognisedBytesNamedPdfIsPdfIfPagesCanBeCounted) {
  const ScratchFolder folder;
  const auto hidden = folder.write("x", "\x01\x02 junk\n" + read_all(kSamples / "harbour-report.pdf"));
  EXPECT_EQ(detect_type(hidden, "report.pdf"), DocumentType::pdf);
  EXPECT_EQ(detect_type(hidden, "report.bin"), std::nullopt);
}

TEST(DocumentType, OfTextIsTextWhateverItLooksLike) {
  const ScratchFolder folder;
  for (const char* text :
       {"caf\xE9 in another encoding\n", "{\"meeting\": \"garden\", \"cost\": 120}", "a,b,c\n1,2,3\n4,5,6\n",
        "<html><body>a page</body></html>", "<?xml version=\"1.0\"?><a/>", "#!/bin/sh\necho\n",
        "{\\rtf1 hello}", "From: a@example.org\nTo: b@example.org\nSubject: x\n\nhi\n",
        "%PDF-1.4 is how a PDF begins\n", "%!PS-Adobe-3.0\n", "P1 is the first parking lot\n",
        "BEGIN:VCARD\nVERSION:3.0\nEND:VCARD\n"}) {
    const auto file = folder.write("text", text);
    EXPECT_EQ(detect_type(file, "NOTES.TXT"), DocumentType::plain_text) << text;
    EXPECT_EQ(detect_type(file, "notes.md"), DocumentType::markdown) << text;
  }
  EXPECT_EQ(detect_type(folder.write("text", "{\"cost\": 120}"), "cost"), DocumentType::plain_text);
  const std::string wide("\xFF\xFEG\0a\0r\0d\0e\0n\0", 14);
  EXPECT_EQ(detect_type(folder.write("text", wide), "garden.txt"), DocumentType::plain_text);
}

TEST(CountPages, CountsThePagesOfAPdf) {
  const ScratchFolder folder;
  EXPECT_EQ(count_pages(kSamples / "harbour-report.pdf", DocumentType::pdf), 4U);
  EXPECT_EQ(count_pages(kSamples / "photo-notice.png", DocumentType::png), 1U);
  EXPECT_EQ(count_pages(folder.write("x.pdf", "%PDF-1.4\n"), DocumentType::pdf), 0U);
}

}  // namespace
}  // namespace chunkrd::local
