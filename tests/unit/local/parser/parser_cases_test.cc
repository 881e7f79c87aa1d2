// Documents that were read wrongly, or called damaged, without being so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/tiny_pdf.h"
#include "tests/unit/local/parser/parsed_document.h"

namespace chunkrd::local {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::filesystem::path kDocuments = TEST_DOCUMENTS;
constexpr const char* kNotes =
    "The north valve was replaced on Monday and the pressure held for nine hours. Second reading taken by "
    "Harriet "
    "Owens. Invoice number 48213 was approved. Please forward a copy to accounting.";

double number(const json::object& segment, const char* key) {
  return segment.at(key).to_number<double>();
}
double edge(const json::object& segment, const char* key) {
  return number(segment.at("bbox").as_object(), key);
}

class InspectionNotes : public ::testing::TestWithParam<const char*> {};

TEST_P(InspectionNotes, AreReadHoweverTheyAreStored) {
  const ParsedDocument run(kDocuments / GetParam(), R"({"ocr_strategy": "Auto"})");
  ASSERT_EQ(run.code(), 0) << run.error();
  EXPECT_THAT(run.texts("Text"), ElementsAre("Quarterly inspection notes", kNotes));
  const auto segments = run.segments();
  EXPECT_LT(number(segments[0], "page_width"), number(segments[0], "page_height"));
  // Where people see them: at the top, but for the scan that lies upside down in its PDF.
  const bool is_upside_down = std::string_view(GetParam()) == "upside-down-scan.pdf";
  EXPECT_EQ(edge(segments[0], "top") < edge(segments[1], "top"), !is_upside_down);
}

INSTANTIATE_TEST_SUITE_P(Cases, InspectionNotes,
                         ::testing::Values("exif-6.jpg", "cmyk.jpg", "upside-down-scan.pdf"));

TEST(Case, APageOnItsSideIsReadInItsOrder) {
  const ParsedDocument run(kDocuments / "rot90.png", "{}");
  ASSERT_EQ(run.code(), 0) << run.error();
  EXPECT_EQ(run.segments()[0].at("content").as_string(), "Quarterly Reliability Report");
  EXPECT_THAT(run.texts("ListItem"),
              ElementsAre(StartsWith("Move the queue"), StartsWith("Test the failover"),
                          StartsWith("Retire the old")));
  EXPECT_THAT(run.texts("Table", "markdown"), ElementsAre(HasSubstr("| Search | 2024-02-02 | 12 | 3,911 |")));
  // The picture that people see lies on its side, and its title stands at the right.
  EXPECT_GT(number(run.segments()[0], "page_width"), number(run.segments()[0], "page_height"));
  EXPECT_GT(edge(run.segments()[0], "left"), 700);
}

TEST(Case, AnInvoiceHasOneTableWithItsItemsAndItsSums) {
  const ParsedDocument run(kDocuments / "invoice.pdf", R"({"ocr_strategy": "Auto"})");
  ASSERT_EQ(run.code(), 0) << run.error();
  EXPECT_THAT(
      run.texts("Table", "markdown"),
      ElementsAre(
          "| Pos | Description | Qty | Unit price | Amount |\n| --- | --- | --- | --- | --- |\n"
          "| 1 | Achromatic lens, 50 mm, coated for the visible range and the near infrared | 12 | 84.50 € | "
          "1,014.00 € |\n| 2 | Mounting ring M52 | 12 | 9.90 € | 118.80 € |\n"
          "| 3 | Express shipping | 1 | 35.00 € | 35.00 € |\n|  |  |  | Subtotal | 1,167.80 € |\n"
          "|  |  |  | VAT 19 % | 221.88 € |\n|  |  |  | Total | 1,389.68 € |"));
  EXPECT_THAT(run.texts("Text"),
              AllOf(Contains("Hafenstraße 12 20457 Hamburg"),
                    Contains("Bill to: Fjord Research AS Strandgata 4 9008 Tromsø"),
                    Contains("No. 2024-0815 Date: 14 March 2024 Due: 28 March 2024"),
                    Contains("Please pay within 14 days to IBAN DE89 3704 0044 0532 0130 00.")));
}

TEST(Case, FaintWordsStayAndTheirSegmentSaysIt) {
  const ParsedDocument run(kDocuments / "faint-print.png", "{}");
  ASSERT_EQ(run.code(), 0) << run.error();
  bool found = false;
  for (const json::object& segment : run.segments())
    for (const auto& word : segment.at("ocr").as_array())
      found =
          found || (word.at("text").as_string().starts_with("Troms") && number(segment, "confidence") < 0.95);
  EXPECT_TRUE(found);
}

TEST(Case, APdfIsReadWhateverStandsBehindItsEnd) {
  const ScratchFolder folder;
  const auto pdf = test::tiny_pdf(
      {{.drawing = "BT /F 12 Tf 72 700 Td (A line that is long enough to be believed) Tj ET"}});
  const ParsedDocument run(folder.write("a.pdf", pdf + std::string(200'000, '\0')),
                           R"({"ocr_strategy": "Auto"})");
  ASSERT_EQ(run.code(), 0) << run.error();
  EXPECT_THAT(run.texts("Text"), ElementsAre("A line that is long enough to be believed"));
}

TEST(Case, TextOnItsSideInAPdfIsReadInItsOrder) {
  std::string drawing;
  for (const auto& [x, line] : {std::pair{100, "The first of three lines that stand on their side"},
                                {114, "is followed by the second one, which goes on for as long,"},
                                {128, "and by the last one, which ends it."}})
    drawing += fmt::format("BT /F 12 Tf 0 1 -1 0 {} 100 Tm ({}) Tj ET\n", x, line);
  const ScratchFolder folder;
  const ParsedDocument run(folder.write("a.pdf", test::tiny_pdf({{.drawing = drawing}})),
                           R"({"ocr_strategy": "Auto"})");
  ASSERT_EQ(run.code(), 0) << run.error();
  EXPECT_THAT(
      run.texts("Text"),
      ElementsAre(
          "The first of three lines that stand on their side is followed by the second one, which goes "
          "on for as long, and by the last one, which ends it."));
  EXPECT_NEAR(edge(run.segments()[0], "left"), 90, 6);
}

TEST(Case, ATextHasItsTextInEveryEncoding) {
  const ScratchFolder folder;
  for (const std::string_view bytes :
       {std::string_view("Caf\xE9 at nine\rNext\r\rEnd\r"),
        std::string_view(
            "\xFF\xFE"
            "C\0a\0f\0\xE9\0 \0a\0t\0 \0n\0i\0n\0e\0\r\0\n\0N\0e\0x\0t\0\r\0\n\0\r\0\n\0E\0n\0d\0",
            52)}) {
    const ParsedDocument run(folder.write("a.txt", bytes), "{}");
    ASSERT_EQ(run.code(), 0) << run.error();
    EXPECT_THAT(run.texts("Text"), ElementsAre("Café at nine Next", "End"));
  }
}

TEST(Case, FrontMatterIsNoSegment) {
  const ScratchFolder folder;
  const ParsedDocument run(
      folder.write("a.md", "---\r\ntitle: Rules\r\ntags: [a, b]\r\n---\r\n\r\n# Rules\r\n\r\nPay.\r\n"),
      "{}");
  ASSERT_EQ(run.code(), 0) << run.error();
  EXPECT_THAT(run.texts("Title"), ElementsAre("Rules"));
  EXPECT_THAT(run.texts("SectionHeader"), IsEmpty());
  EXPECT_EQ(run.segments().size(), 2U);
}

}  // namespace
}  // namespace chunkrd::local
