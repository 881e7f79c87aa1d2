#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "local/parser/parse_command.h"
#include "tests/unit/local/parser/parsed_document.h"

namespace chunkrd::local {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ParseCommand, FindsTheStructureOfATextPdf) {
  const ParsedDocument run(
      kSamples / "harbour-report.pdf",
      R"({"ocr_strategy": "Auto", "chunk_processing": {"ignore_headers_and_footers": false}})");
  ASSERT_EQ(run.code(), 0);
  EXPECT_EQ(run.page_count(), 4);
  EXPECT_THAT(run.texts("Title"), ElementsAre("Annual Report of the Harbour"));
  EXPECT_THAT(run.texts("SectionHeader"),
              ElementsAre("1. Cargo", "1.1. What was moved", "1.2. What was done", "2. The New Crane",
                          "3. Money", "4. The Town and Its Harbour", "5. Outlook"));
  EXPECT_THAT(
      run.texts("ListItem", "markdown"),
      ElementsAre("- The old crane was taken down and sold.",
                  "- The new crane was built by a firm from the neighbouring town, which also keeps it in "
                  "repair for ten years.",
                  "- Forty metres of the quay wall were repaired.", "1. Dredge the northern channel.",
                  "2. Replace the lamps on the mole."));
  EXPECT_THAT(
      run.texts("Table", "markdown"),
      ElementsAre(
          "| Cargo | 2023 | 2024 | Change |\n| --- | --- | --- | --- |\n| Timber | 1200 | 1350 | 150 |\n"
          "| Grain | 800 | 760 | -40 |\n| Machine parts | 90 | 240 | 150 |\n| Salted fish | 310 | 305 | -5 "
          "|"));
  EXPECT_THAT(run.texts("Caption"),
              ElementsAre("Table 1: Cargo by kind", "Figure 1: Weight lifted in each quarter"));
  EXPECT_THAT(run.texts("Footnote"),
              ElementsAre("1 Weights are as measured by the scale of the crane itself."));
  EXPECT_THAT(run.texts("PageHeader"),
              ElementsAre("Harbour Report 2024", "Harbour Report 2024", "Harbour Report 2024"));
  EXPECT_THAT(run.texts("PageFooter"),
              ElementsAre("Page 1 of 4", "Page 2 of 4", "Page 3 of 4", "Page 4 of 4"));
  EXPECT_TRUE(std::filesystem::exists(run.out() / "document.pdf"));
}

TEST(ParseCommand, ReadsTheLeftColumnBeforeTheRightOne) {
  const ParsedDocument run(kSamples / "harbour-report.pdf", R"({"ocr_strategy": "Auto"})");
  std::vector<std::string> third_page;
  for (const auto& segment : run.segments())
    if (segment.at("page_number").as_int64() == 3) third_page.emplace_back(segment.at("content").as_string());
  EXPECT_THAT(third_page,
              ElementsAre("4. The Town and Its Harbour", StartsWith("Alpha begins the left column"),
                          StartsWith("Bravo is the second"), "used every week.",
                          StartsWith("Charlie begins the right column"), StartsWith("Delta is the second")));
  EXPECT_THAT(third_page[1], HasSubstr("for two generations the quay belonged"));
}

TEST(ParseCommand, CropsThePictureAndNothingElseByDefault) {
  const ParsedDocument run(kSamples / "harbour-report.pdf", R"({"ocr_strategy": "Auto"})");
  for (const auto& segment : run.segments()) {
    const std::string id(segment.at("segment_id").as_string());
    const auto image = run.out() / "images" / (id + ".png");
    if (segment.at("segment_type").as_string() != "Picture") {
      EXPECT_TRUE(segment.at("image").is_null());
      EXPECT_FALSE(std::filesystem::exists(image));
      continue;
    }
    EXPECT_EQ(segment.at("image").as_string(), "chunkr-local:images/" + id + ".png");
    EXPECT_THAT(read_all(image), StartsWith("\x89PNG"));
    EXPECT_EQ(segment.at("markdown").as_string(), "![Image](chunkr-local:images/" + id + ".png)");
  }
  EXPECT_EQ(run.texts("Picture").size(), 1U);
}

TEST(ParseCommand, CropsWhatItIsAskedFor) {
  const ParsedDocument run(
      kSamples / "harbour-report.pdf",
      R"({"ocr_strategy": "Auto", "segment_processing": {"Table": {"crop_image": "All"}}})");
  EXPECT_THAT(run.texts("Table", "image"), ElementsAre(StartsWith("chunkr-local:images/")));
}

TEST(ParseCommand, RunsOcrOnEveryPageByDefaultAndKeepsAGoodTextLayer) {
  const ParsedDocument run(kSamples / "harbour-report.pdf", R"({"error_handling": "Fail"})");
  ASSERT_EQ(run.code(), 0);
  for (const auto& segment : run.segments()) {
    if (segment.at("segment_type").as_string() != "Title") continue;
    EXPECT_EQ(segment.at("content").as_string(), "Annual Report of the Harbour");
    const auto& words = segment.at("ocr").as_array();
    ASSERT_EQ(words.size(), 5U);
    EXPECT_EQ(words[4].at("text").as_string(), "Harbour");
    EXPECT_GT(words[4].at("confidence").to_number<double>(), 0.5);
    EXPECT_NEAR(words[0].at("bbox").at("left").to_number<double>(), 0, 5);
    EXPECT_FALSE(segment.at("confidence").is_null());
  }
}

class Notice : public ::testing::TestWithParam<const char*> {};

TEST_P(Notice, IsReadByOcr) {
  const ParsedDocument run(kSamples / GetParam(), R"({"ocr_strategy": "Auto"})");
  ASSERT_EQ(run.code(), 0);
  EXPECT_EQ(run.page_count(), 1);
  EXPECT_THAT(run.texts("Title"), ElementsAre("Notice to Mariners"));
  EXPECT_THAT(run.texts("Text"),
              Contains("The lamp on the western mole is out of order since Monday. Until it is repaired, a "
                       "yellow buoy with a flashing light marks the entrance of the harbour."));
  EXPECT_THAT(run.texts("ListItem"),
              ElementsAre("Green flag: the entrance is free.", "Red flag: wait outside the buoy."));
  EXPECT_TRUE(run.texts("Picture").empty());
  EXPECT_THAT(read_all(run.out() / "document.pdf"), StartsWith("%PDF"));
  const auto segment = run.segments().front();
  EXPECT_GT(segment.at("page_width").to_number<double>(), 590);
  EXPECT_LT(segment.at("page_width").to_number<double>(), 620);
}

INSTANTIATE_TEST_SUITE_P(Samples, Notice, ::testing::Values("scanned-notice.pdf", "photo-notice.png"),
                         [](const auto& sample) { return sample.index == 0 ? "AsScan" : "AsPhoto"; });

TEST(ParseCommand, MakesOneSegmentOfAPageWhenAsked) {
  const ParsedDocument run(kSamples / "harbour-report.pdf",
                           R"({"ocr_strategy": "Auto", "segmentation_strategy": "Page"})");
  EXPECT_EQ(run.segments().size(), 4U);
  EXPECT_THAT(run.texts("Page", "markdown")[0], StartsWith("# Annual Report of the Harbour\n\nThe harbour"));
}

TEST(ParseCommand, KeepsChunksWithinTheTarget) {
  const ParsedDocument run(kSamples / "harbour-report.pdf",
                           R"({"ocr_strategy": "Auto", "chunk_processing": {"target_length": 150}})");
  EXPECT_GT(run.chunks().size(), 3U);
  for (const auto& chunk : run.chunks()) {
    EXPECT_LE(chunk.at("chunk_length").as_int64(), 150);
    EXPECT_GT(chunk.at("chunk_length").as_int64(), 0);
    EXPECT_EQ(chunk.at("chunk_id").as_string().size(), 36U);
  }
}

TEST(ParseCommand, ReadsMarkdown) {
  const ParsedDocument run(kSamples / "guide.md", "{}");
  ASSERT_EQ(run.code(), 0);
  EXPECT_THAT(run.texts("Title"), ElementsAre("Visitor's Guide to Lindholm Harbour"));
  EXPECT_EQ(run.texts("ListItem").size(), 5U);
  EXPECT_THAT(run.texts("Table", "html"), ElementsAre(HasSubstr("over 12 m")));
  EXPECT_FALSE(std::filesystem::exists(run.out() / "document.pdf"));
}

struct Refusal {
  std::string name;
  std::string bytes;
  std::string message;
};

TEST(ParseCommand, SaysWhyADocumentCannotBeRead) {
  const std::string report = read_all(kSamples / "harbour-report.pdf");
  const std::string photo = read_all(kSamples / "photo-notice.png");
  const Refusal refusals[] = {
      {"locked.pdf", read_all(std::filesystem::path(TEST_DOCUMENTS) / "locked.pdf"),
       "protected by a password"},
      {"cut.pdf", report.substr(0, report.size() / 2), "The PDF is damaged"},
      {"endless.pdf", report.substr(0, report.size() - 30), "The PDF is damaged"},
      {"header.pdf", "%PDF-1.7\n", "The PDF is damaged"},
      {"pageless.pdf",
       "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj\n"
       "xref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R/Size 3>>\nstartxref\n95\n%%EOF\n",
       "The PDF is damaged"},
      {"cut.png", photo.substr(0, photo.size() / 2), "The image is damaged"},
      {"empty.pdf", "", "Unsupported file type"},
  };
  for (const Refusal& refusal : refusals) {
    const ScratchFolder folder;
    const ParsedDocument run(folder.write(refusal.name, refusal.bytes), "{}");
    EXPECT_EQ(run.code(), 2) << refusal.name;
    EXPECT_THAT(run.error(), HasSubstr(refusal.message)) << refusal.name;
    EXPECT_FALSE(std::filesystem::exists(run.out() / "output.json")) << refusal.name;
  }
}

TEST(ParseCommand, TakesAnOrderThatCannotBeReadForAMistakeOfOurs) {
  EXPECT_EQ(run_parse("/nowhere/order.json"), 70);
}

}  // namespace
}  // namespace chunkrd::local
