#include <gtest/gtest.h>

#include "local/parser/failure.h"
#include "local/parser/pdf_info.h"
#include "tests/support/tiny_pdf.h"
#include "tests/unit/local/parser/scratch_folder.h"

namespace chunkrd::local {
namespace {

const std::string kPdf = test::tiny_pdf({{}, {}});

bool is_cut(const std::string& bytes) {
  const ScratchFolder folder;
  return is_cut_off(folder.write("a.pdf", bytes));
}

TEST(PdfInfo, CountsPagesBehindWhatADocumentCanWrite) {
  EXPECT_EQ(behind_metadata("Title: a\nPages:   9\nAuthor: b\nPages:   2\nPage size: x\n"),
            "Pages:   2\nPage size: x\n");
  EXPECT_EQ(behind_metadata("Title: Pages: 9\n"), "");
  EXPECT_EQ(behind_metadata(""), "");
}

TEST(PdfInfo, CountsThePagesOfADocumentThatTalksOfOthers) {
  EXPECT_EQ(read_pdf_info(std::filesystem::path(TEST_DOCUMENTS) / "title-with-line-break.pdf").page_count,
            1U);
}

TEST(CutPdf, HasNoEnd) {
  EXPECT_FALSE(is_cut(kPdf));
  EXPECT_TRUE(is_cut(kPdf.substr(0, kPdf.size() / 2)));
  EXPECT_TRUE(is_cut(""));
  EXPECT_TRUE(is_cut(kPdf.substr(0, kPdf.size() / 2) + std::string(100'000, '\0')));
}

TEST(CutPdf, IsNotOneWithAnythingBehindItsEnd) {
  std::string mail;
  while (mail.size() < 3'000'000) mail += "<!-- mail gateway footer -->\n";
  EXPECT_FALSE(is_cut(kPdf + mail));
  EXPECT_FALSE(is_cut(kPdf + std::string(2'000'000, '\0')));
  EXPECT_FALSE(is_cut(std::string(2'000'000, 'x') + kPdf));
}

TEST(CutPdf, IsOneWhoseFirstVersionOrFirstPageAloneHasAnEnd) {
  EXPECT_TRUE(is_cut(kPdf + "7 0 obj\n<< /Length 9 >>\nstream\n"));
  EXPECT_TRUE(is_cut(kPdf + std::string(2'000'000, '\n') + "7 0 obj\n<<"));
}

TEST(PdfInfo, OfAPdfBetweenJunkIsRead) {
  const ScratchFolder folder;
  EXPECT_EQ(read_pdf_info(folder.write("a.pdf", std::string(900, '\0') + kPdf + std::string(90'000, '\0')))
                .page_count,
            2U);
}

}  // namespace
}  // namespace chunkrd::local
