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
  EXPECT_EQ(update_form(R"({"segment_processing":{"Table":{"html":"Auto"}}})", "{}"),
            R"({"segment_processing":{"Table":{}}})")
      << "each release has its own defaults";
  EXPECT_EQ(update_form(R"({"chunk_processing":{"target_length":9}})", "{}"), R"({"chunk_processing":{}})");
}

TEST(UpdateForm, OtherObjectsGoWholeBecauseTheServiceReplacesThem) {
  EXPECT_EQ(update_form(R"({"chunk_processing":{"target_length":1,"ignore_headers_and_footers":false}})",
                        R"({"chunk_processing":{"target_length":2,"ignore_headers_and_footers":false}})"),
            R"({"chunk_processing":{"target_length":2,"ignore_headers_and_footers":false}})");
}

TEST(UpdateForm, ThePipelineIsReadInACreateOnly) {
  EXPECT_EQ(update_form("{}", R"({"pipeline":"Azure"})"), "{}");
}

bool is_in_effect(std::string_view form, std::string_view configuration) {
  return pipeline::is_in_effect("{}", form, configuration);
}

TEST(InEffect, WhatTheServiceAddsIsNoDifference) {
  EXPECT_TRUE(is_in_effect(R"({"ocr_strategy":"All"})", R"({"ocr_strategy":"All","input_file_url":"x"})"));
  EXPECT_TRUE(is_in_effect(R"({"chunk_processing":{"target_length":2}})",
                           R"({"chunk_processing":{"target_length":2,"tokenizer":{"Enum":"Word"}}})"));
  EXPECT_TRUE(is_in_effect("{}", "{}"));
}

TEST(InEffect, AnotherValueIsADifference) {
  EXPECT_FALSE(is_in_effect(R"({"ocr_strategy":"All"})", R"({"ocr_strategy":"Auto"})"));
  EXPECT_FALSE(is_in_effect(R"({"a":{"b":[1,2]}})", R"({"a":{"b":[1]}})"));
  EXPECT_FALSE(is_in_effect(R"({"a":{"b":1}})", R"({"a":1})"));
  EXPECT_FALSE(is_in_effect(R"({"a":"prompt"})", R"({"a":null})"));
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

// Servers of 2.x read embed_sources, and show none.
TEST(InEffect, WhatAServerDoesNotShowThrowsNoPaidResultAway) {
  const char* const form =
      R"({"segment_processing":{"Table":{"embed_sources":["HTML"],"html":"Auto"}},"llm_processing":{"temperature":1}})";
  EXPECT_TRUE(is_in_effect(form, "{}"));
  EXPECT_TRUE(is_in_effect(form, R"({"segment_processing":{"Table":{"format":"Html","html":"Auto"}}})"));
  EXPECT_TRUE(
      is_in_effect(form, R"({"llm_processing":null,"segment_processing":{"Table":{"html":"Auto"}}})"));
  EXPECT_FALSE(is_in_effect(form, R"({"segment_processing":{"Table":{"html":"LLM"}}})"));
}

TEST(InEffect, OneNewValueShowsThatAllOfItTook) {
  const char* const before = R"({"ocr_strategy":"All","chunk_processing":{"target_length":100}})";
  const char* const form = R"({"ocr_strategy":"Auto","chunk_processing":{"target_length":7}})";
  // Rounded by the service, say: it is not what it was.
  EXPECT_TRUE(pipeline::is_in_effect(before, form,
                                     R"({"ocr_strategy":"Auto","chunk_processing":{"target_length":8}})"));
  EXPECT_TRUE(pipeline::is_in_effect(before, form, R"({"chunk_processing":{"target_length":8}})"));
  EXPECT_FALSE(pipeline::is_in_effect(before, form,
                                      R"({"ocr_strategy":"All","chunk_processing":{"target_length":100}})"));
}

TEST(InEffect, WhatGoesBackToADefaultOfTheServersOwn) {
  const char* const before = R"({"segment_processing":{"Table":{"html":"Auto","llm":"own prompt"}}})";
  const char* const form = R"({"segment_processing":{"Table":{}}})";
  EXPECT_TRUE(
      pipeline::is_in_effect(before, form, R"({"segment_processing":{"Table":{"html":"LLM","llm":null}}})"));
  EXPECT_FALSE(pipeline::is_in_effect(
      before, form, R"({"segment_processing":{"Table":{"html":"Auto","llm":"own prompt"}}})"));
  EXPECT_TRUE(pipeline::is_in_effect(R"({"chunk_processing":{"target_length":4096}})",
                                     R"({"chunk_processing":{}})",
                                     R"({"chunk_processing":{"target_length":4096}})"))
      << "the default of some servers";
}

TEST(Arrived, OnlyWhatIsShownCounts) {
  const char* const form = R"({"ocr_strategy":"Auto"})";
  EXPECT_TRUE(has_arrived(R"({"ocr_strategy":"All"})", form, R"({"ocr_strategy":"Auto"})"));
  EXPECT_TRUE(has_arrived("{}", form, R"({"ocr_strategy":"Auto"})"));
  EXPECT_FALSE(has_arrived("{}", form, "{}"));
  EXPECT_FALSE(has_arrived("{}", form, R"({"ocr_strategy":"All"})"));
  EXPECT_FALSE(has_arrived(R"({"chunk_processing":{"target_length":4096}})", R"({"chunk_processing":{}})",
                           R"({"chunk_processing":{"target_length":4096}})"));
}

}  // namespace
}  // namespace chunkrd::pipeline
