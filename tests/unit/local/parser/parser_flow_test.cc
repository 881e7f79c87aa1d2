#include <gtest/gtest.h>

#include "local/parser/flow.h"

namespace chunkrd::local {
namespace {

TEST(PlainText, IsPartedAtBlankLines) {
  const auto segments = read_plain_text("one\ntwo\n\n  \n  three har-\nbour\n");
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[0].content, "one two");
  EXPECT_EQ(segments[1].content, "three harbour");
}

TEST(PlainText, OfNothingButSpaceIsNothing) {
  EXPECT_TRUE(read_plain_text(" \n\n\t\n").empty());
}

TEST(PageFlow, StaysOnItsPages) {
  PageFlow flow;
  for (int i = 0; i < 100; ++i) {
    Segment segment;
    segment.content = std::string(400, 'x');
    flow.place(segment);
    EXPECT_EQ(segment.page_number, flow.page_count());
    EXPECT_GE(segment.box.top, 72);
    EXPECT_LE(segment.box.bottom, 792 - 72);
  }
  EXPECT_GT(flow.page_count(), 5U);
}

}  // namespace
}  // namespace chunkrd::local
