#include "pipeline/update_form.h"

#include <gtest/gtest.h>

namespace chunkrd::pipeline {
namespace {

TEST(UpdateForm, HasOnlyWhatChanges) {
  EXPECT_EQ(
      update_form(R"({"expires_in":9,"ocr_strategy":"Auto"})", R"({"expires_in":9,"ocr_strategy":"All"})"),
      R"({"ocr_strategy":"All"})");
  EXPECT_EQ(update_form("{}", "{}"), "{}");
}

TEST(UpdateForm, ASettingThatIsNotWantedAnyMoreGoesBackToTheServicesDefault) {
  EXPECT_EQ(update_form(R"({"ocr_strategy":"Auto"})", "{}"), R"({"ocr_strategy":"All"})");
  EXPECT_EQ(update_form(R"({"high_resolution":true})", "{}"), R"({"high_resolution":false})");
  EXPECT_EQ(update_form(R"({"expires_in":9})", "{}"), "{}") << "null would mean: as it is";
}

TEST(UpdateForm, SegmentTypesGoOneByOneBecauseTheServiceMergesThem) {
  EXPECT_EQ(update_form(R"({"segment_processing":{"Table":{"html":"LLM"},"Text":{"llm":"a"}}})",
                        R"({"segment_processing":{"Table":{"html":"Auto"},"Text":{"llm":"a"}}})"),
            R"({"segment_processing":{"Table":{"html":"Auto"}}})");
  EXPECT_EQ(
      update_form(R"({"segment_processing":{"Table":{"html":"Auto"}}})", "{}"),
      R"({"segment_processing":{"Table":{"crop_image":"Auto","embed_sources":["Markdown"],"html":"LLM","markdown":"LLM"}}})");
}

TEST(UpdateForm, OtherObjectsGoWholeBecauseTheServiceReplacesThem) {
  EXPECT_EQ(update_form(R"({"chunk_processing":{"target_length":1,"ignore_headers_and_footers":false}})",
                        R"({"chunk_processing":{"target_length":2,"ignore_headers_and_footers":false}})"),
            R"({"chunk_processing":{"target_length":2,"ignore_headers_and_footers":false}})");
}

TEST(UpdateForm, ThePipelineIsReadInACreateOnly) {
  EXPECT_EQ(update_form("{}", R"({"pipeline":"Azure"})"), "{}");
}

TEST(InEffect, WhatTheServiceAddsIsNoDifference) {
  EXPECT_TRUE(is_in_effect(R"({"ocr_strategy":"All"})", R"({"ocr_strategy":"All","input_file_url":"x"})"));
  EXPECT_TRUE(is_in_effect(R"({"chunk_processing":{"target_length":2}})",
                           R"({"chunk_processing":{"target_length":2,"tokenizer":{"Enum":"Word"}}})"));
  EXPECT_TRUE(is_in_effect("{}", "{}"));
}

TEST(InEffect, AnotherOrMissingValueIsADifference) {
  EXPECT_FALSE(is_in_effect(R"({"ocr_strategy":"All"})", R"({"ocr_strategy":"Auto"})"));
  EXPECT_FALSE(is_in_effect(R"({"ocr_strategy":"All"})", "{}"));
  EXPECT_FALSE(is_in_effect(R"({"a":{"b":[1,2]}})", R"({"a":{"b":[1]}})"));
  EXPECT_FALSE(is_in_effect(R"({"a":{"b":1}})", R"({"a":1})"));
  EXPECT_FALSE(is_in_effect(R"({"a":1})", "not json"));
}

TEST(InEffect, NumbersAreComparedAsTheServiceKeepsThem) {
  EXPECT_TRUE(is_in_effect(R"({"t":0})", R"({"t":0.0})"));
  EXPECT_TRUE(is_in_effect(R"({"t":0.1})", R"({"t":0.10000000149011612})"));
  EXPECT_FALSE(is_in_effect(R"({"t":0.1})", R"({"t":0.2})"));
}

TEST(InEffect, ANullThatTheServiceFillsInIsNoDifference) {
  EXPECT_TRUE(is_in_effect(R"({"llm_processing":{"model_id":null}})",
                           R"({"llm_processing":{"model_id":"model-a"}})"));
}

}  // namespace
}  // namespace chunkrd::pipeline
