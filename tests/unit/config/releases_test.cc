// Which settings a server of some release reads.
#include "config/releases.h"

#include <gmock/gmock.h>

namespace chunkrd::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ReleaseOfAServer, IsWhatItsHealthNames) {
  EXPECT_EQ(release_in("OK - Version 1.14.2"), (Release{1, 14}));
  EXPECT_EQ(release_in("OK - Version 1.14.2-local"), (Release{1, 14}));
  EXPECT_EQ(release_in("version: v2.62.0"), (Release{2, 62}));
  for (const char* none : {"OK", "", "OK - Version", "OK - Version next", "nginx/1.22.1", "Version 123456.1"})
    EXPECT_EQ(release_in(none), std::nullopt) << none;
}

TEST(SettingsOutOfARelease, SayWhichOneTheyNeed) {
  const char* const newer =
      R"({"segment_processing":{"PageHeader":{"strategy":"Ignore"},"Table":{"extended_context":true,"format":"Html","strategy":"LLM"}}})";
  EXPECT_THAT(settings_out_of(newer, {1, 14}),
              ElementsAre("segment_processing.PageHeader.strategy needs server 2.2 or later",
                          "segment_processing.Table.extended_context needs server 1.15 or later",
                          "segment_processing.Table.format needs server 2.0 or later",
                          "segment_processing.Table.strategy needs server 2.0 or later"));
  EXPECT_THAT(settings_out_of(newer, {2, 1}),
              ElementsAre("segment_processing.PageHeader.strategy needs server 2.2 or later"));
  EXPECT_THAT(settings_out_of(newer, {2, 62}), IsEmpty());
  EXPECT_THAT(settings_out_of(R"({"segment_processing":{"FormRegion":{},"Legend":{"html":"LLM"}}})", {2, 0}),
              ElementsAre("segment_processing.FormRegion needs server 2.2 or later",
                          "segment_processing.Legend.html needs server 2.2 or later"));
}

TEST(SettingsOutOfARelease, SayWhichOneDoesNotReadThemAnyMore) {
  const char* const older =
      R"({"high_resolution":true,"segment_processing":{"Table":{"embed_sources":["HTML"],"html":"LLM"}}})";
  EXPECT_THAT(settings_out_of(older, {1, 14}), IsEmpty());
  EXPECT_THAT(settings_out_of(older, {2, 5}),
              ElementsAre("segment_processing.Table.embed_sources is not read by servers since 2.2"));
  EXPECT_THAT(settings_out_of(older, {2, 62}),
              ElementsAre("high_resolution is not read by servers since 2.10",
                          "segment_processing.Table.embed_sources is not read by servers since 2.2",
                          "segment_processing.Table.html is not read by servers since 2.10"));
}

TEST(SettingsOutOfARelease, OfTheContractsOwnAreNoneWithItsServers) {
  const char* const all =
      R"({"chunk_processing":{"target_length":9,"tokenizer":{"Enum":"Word"}},"error_handling":"Continue",)"
      R"("llm_processing":{"fallback_strategy":{"Model":"a"},"model_id":"b"},"ocr_strategy":"Auto"})";
  EXPECT_THAT(settings_out_of(all, {1, 14}), IsEmpty());
  EXPECT_THAT(settings_out_of(all, {1, 8}),
              ElementsAre("chunk_processing.tokenizer needs server 1.9 or later",
                          "error_handling needs server 1.10 or later",
                          "llm_processing.fallback_strategy.Model needs server 1.11 or later",
                          "llm_processing.model_id needs server 1.11 or later"));
  EXPECT_THAT(settings_out_of("{}", {1, 2}), IsEmpty());
}

}  // namespace
}  // namespace chunkrd::config
