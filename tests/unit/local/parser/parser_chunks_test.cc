#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "local/parser/chunks.h"
#include "local/parser/render.h"

namespace chunkrd::local {
namespace {

using ::testing::ElementsAre;

Segment segment(SegmentType type, std::size_t words) {
  Segment made;
  made.type = type;
  for (std::size_t i = 0; i < words; ++i) made.content += i == 0 ? "word" : " word";
  render(made);
  return made;
}

std::vector<std::size_t> sizes(const std::vector<Chunk>& chunks) {
  std::vector<std::size_t> counts;
  for (const Chunk& chunk : chunks) counts.push_back(chunk.segments.size());
  return counts;
}

ParseSettings target(std::uint32_t words) {
  ParseSettings settings;
  settings.target_length = words;
  return settings;
}

const auto kText = SegmentType::Text;
const auto kHeader = SegmentType::SectionHeader;

TEST(Chunks, AreFilledUpToTheTargetAndNoSegmentIsDivided) {
  const auto chunks =
      make_chunks({segment(kText, 4), segment(kText, 5), segment(kText, 3), segment(kText, 30)}, target(10));
  EXPECT_THAT(sizes(chunks), ElementsAre(2U, 1U, 1U));
  EXPECT_EQ(chunks[0].length, 9U);
  EXPECT_EQ(chunks[2].length, 30U);
}

TEST(Chunks, OfTargetZeroHoldOneSegmentEach) {
  EXPECT_THAT(sizes(make_chunks({segment(kHeader, 1), segment(kText, 1), segment(kText, 1)}, target(0))),
              ElementsAre(1U, 1U, 1U));
}

TEST(Chunks, BeginAnewAtAHeadingOnceHalfFull) {
  EXPECT_THAT(sizes(make_chunks({segment(kText, 50), segment(kHeader, 2), segment(kText, 10)}, target(100))),
              ElementsAre(1U, 2U));
  EXPECT_THAT(sizes(make_chunks({segment(kText, 5), segment(kHeader, 2), segment(kText, 10)}, target(100))),
              ElementsAre(3U));
}

TEST(Chunks, DoNotEndWithAHeading) {
  const auto chunks = make_chunks({segment(kText, 10), segment(kHeader, 2), segment(kText, 90)}, target(95));
  EXPECT_THAT(sizes(chunks), ElementsAre(1U, 2U));
  EXPECT_EQ(chunks[1].segments[0].type, kHeader);
  EXPECT_EQ(chunks[1].length, 93U);
}

TEST(Chunks, LeaveHeadersAndFootersOutOnlyIfAsked) {
  const std::vector<Segment> page{segment(SegmentType::PageHeader, 2), segment(kText, 5),
                                  segment(SegmentType::PageFooter, 1)};
  EXPECT_THAT(sizes(make_chunks(page, target(100))), ElementsAre(1U));
  ParseSettings all = target(100);
  all.ignore_headers_and_footers = false;
  EXPECT_THAT(sizes(make_chunks(page, all)), ElementsAre(3U));
}

TEST(Chunks, EmbedTheSourcesThatWereAskedFor) {
  ParseSettings settings = target(100);
  settings.types[static_cast<std::size_t>(kHeader)].embed_sources = {EmbedSource::html, EmbedSource::llm,
                                                                     EmbedSource::content};
  const auto chunks = make_chunks({segment(kHeader, 1), segment(kText, 2)}, settings);
  ASSERT_EQ(chunks.size(), 1U);
  EXPECT_EQ(chunks[0].embed, "<h2>word</h2>\nword\nword word");
  EXPECT_EQ(chunks[0].length, 4U);
}

TEST(Chunks, OfNothingAreNone) {
  EXPECT_TRUE(make_chunks({}, target(10)).empty());
}

TEST(Tokens, OfSubwordTokenizersAreEstimated) {
  EXPECT_EQ(count_tokens("one two  three\n", Tokenizer::word), 3U);
  EXPECT_EQ(count_tokens("12345", Tokenizer::subword), 2U);
}

}  // namespace
}  // namespace chunkrd::local
