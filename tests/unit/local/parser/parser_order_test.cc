#include <gtest/gtest.h>

#include <stdexcept>

#include "local/parser/order.h"

namespace chunkrd::local {
namespace {

TEST(Settings, OfAnEmptyConfigurationAreTheContractsDefaults) {
  const ParseSettings settings = read_settings("{}");
  EXPECT_EQ(settings.ocr, OcrStrategy::all);
  EXPECT_EQ(settings.segmentation, SegmentationStrategy::layout_analysis);
  EXPECT_EQ(settings.error_handling, ErrorHandling::fail);
  EXPECT_FALSE(settings.high_resolution);
  EXPECT_TRUE(settings.ignore_headers_and_footers);
  EXPECT_EQ(settings.target_length, 512U);
  EXPECT_EQ(settings.of(SegmentType::Picture).crop_image, Cropping::all);
  EXPECT_EQ(settings.of(SegmentType::Text).crop_image, Cropping::where_needed);
}

TEST(Settings, AreReadAsTheServerWritesThem) {
  const ParseSettings settings = read_settings(R"({
    "chunk_processing": {"ignore_headers_and_footers": false, "target_length": 0, "tokenizer": {"String": "gpt2"}},
    "error_handling": "Continue", "expires_in": null, "high_resolution": true, "ocr_strategy": "Auto",
    "segmentation_strategy": "Page",
    "segment_processing": {"Text": {"crop_image": "All", "embed_sources": ["HTML", "Content"], "html": "LLM",
      "llm": "summarise", "markdown": "Auto"}, "Table": null}})");
  EXPECT_EQ(settings.ocr, OcrStrategy::where_needed);
  EXPECT_EQ(settings.segmentation, SegmentationStrategy::page);
  EXPECT_EQ(settings.error_handling, ErrorHandling::continue_without);
  EXPECT_TRUE(settings.high_resolution);
  EXPECT_FALSE(settings.ignore_headers_and_footers);
  EXPECT_EQ(settings.target_length, 0U);
  EXPECT_EQ(settings.tokenizer, Tokenizer::subword);
  EXPECT_EQ(settings.of(SegmentType::Text).crop_image, Cropping::all);
  EXPECT_EQ(settings.of(SegmentType::Text).embed_sources,
            (std::vector{EmbedSource::html, EmbedSource::content}));
}

TEST(Settings, OfUnknownValuesAreAnError) {
  EXPECT_THROW(read_settings(R"({"ocr_strategy": "Sometimes"})"), std::runtime_error);
}

}  // namespace
}  // namespace chunkrd::local
