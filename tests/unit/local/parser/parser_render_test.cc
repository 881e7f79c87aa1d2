#include <gtest/gtest.h>

#include "local/parser/render.h"

namespace chunkrd::local {
namespace {

Segment rendered(SegmentType type, std::string content, std::string marker = {}) {
  Segment segment;
  segment.type = type;
  segment.id = "id";
  segment.content = std::move(content);
  segment.marker = std::move(marker);
  render(segment);
  return segment;
}

TEST(Render, GivesEveryTypeItsHtmlAndMarkdown) {
  const struct {
    SegmentType type;
    std::string marker, html, markdown;
  } cases[] = {
      {SegmentType::Title, "", "<h1>a &lt; b</h1>", "# a \\< b"},
      {SegmentType::SectionHeader, "", "<h2>a &lt; b</h2>", "## a \\< b"},
      {SegmentType::Text, "", "<p>a &lt; b</p>", "a \\< b"},
      {SegmentType::ListItem, "-", "<ul><li>a &lt; b</li></ul>", "- a \\< b"},
      {SegmentType::ListItem, "3.", "<ol start=\"3\"><li>a &lt; b</li></ol>", "3. a \\< b"},
      {SegmentType::ListItem, "(c)", "<ul><li>(c) a &lt; b</li></ul>", "- (c) a \\< b"},
      {SegmentType::Picture, "", "<img src=\"chunkr-local:images/id.png\" alt=\"a &lt; b\" />",
       "![a \\< b](chunkr-local:images/id.png)"},
      {SegmentType::Footnote, "", "<p>a &lt; b</p>", "a \\< b"},
  };
  for (const auto& [type, marker, html, markdown] : cases) {
    const Segment segment = rendered(type, "a < b", marker);
    EXPECT_EQ(segment.html, html);
    EXPECT_EQ(segment.markdown, markdown);
  }
}

TEST(Render, NamesAPictureByWhatStandsInIt) {
  EXPECT_EQ(rendered(SegmentType::Picture, "").html, "<img src=\"chunkr-local:images/id.png\" />");
  EXPECT_EQ(rendered(SegmentType::Picture, "").markdown, "![Image](chunkr-local:images/id.png)");
  EXPECT_EQ(rendered(SegmentType::Picture, "see [1](x)\nhere").markdown,
            "![see \\[1\\](x) here](chunkr-local:images/id.png)");
}

TEST(Render, MakesATableOfCells) {
  Segment table;
  table.type = SegmentType::Table;
  table.cells = {{"Kind", "Fee"}, {"a|b", "<5"}};
  render(table);
  EXPECT_EQ(table.html,
            "<table><thead><tr><th>Kind</th><th>Fee</th></tr></thead><tbody><tr><td>a|b</td><td>&lt;5</td></"
            "tr></tbody></table>");
  EXPECT_EQ(table.markdown, "| Kind | Fee |\n| --- | --- |\n| a\\|b | \\<5 |");
}

TEST(Render, KeepsTextFromBecomingAHeadingOrAList) {
  EXPECT_EQ(rendered(SegmentType::Text, "# no heading").markdown, "\\# no heading");
  EXPECT_EQ(rendered(SegmentType::Text, "1990. It began").markdown, "1990\\. It began");
  EXPECT_EQ(rendered(SegmentType::Text, "- no item").markdown, "\\- no item");
  EXPECT_EQ(rendered(SegmentType::SectionHeader, "1. Cargo").markdown, "## 1. Cargo");
}

TEST(Pages, HoldAllSegmentsOfAPageInOne) {
  std::vector<Segment> segments{rendered(SegmentType::Title, "T"), rendered(SegmentType::ListItem, "a", "-"),
                                rendered(SegmentType::ListItem, "b", "-"),
                                rendered(SegmentType::Text, "next")};
  segments[3].page_number = 2;
  const auto pages = merge_into_pages(segments);
  ASSERT_EQ(pages.size(), 2U);
  EXPECT_EQ(pages[0].type, SegmentType::Page);
  EXPECT_EQ(pages[0].markdown, "# T\n\n- a\n- b");
  EXPECT_EQ(pages[0].content, "T\na\nb");
  EXPECT_EQ(pages[1].page_number, 2U);
}

}  // namespace
}  // namespace chunkrd::local
