#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "local/parser/front_matter.h"
#include "local/parser/markdown_document.h"

namespace chunkrd::local {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Markdown, HasOneTitleAndSectionHeaders) {
  const auto segments = read_markdown("# One\n\nSome *strong* text\nover lines\n\n## Two\n\n# Three\n");
  ASSERT_EQ(segments.size(), 4U);
  EXPECT_EQ(segments[0].type, SegmentType::Title);
  EXPECT_EQ(segments[1].type, SegmentType::Text);
  EXPECT_EQ(segments[1].content, "Some strong text over lines");
  EXPECT_EQ(segments[1].html, "<p>Some <em>strong</em> text\nover lines</p>");
  EXPECT_EQ(segments[2].type, SegmentType::SectionHeader);
  EXPECT_EQ(segments[3].type, SegmentType::SectionHeader);
}

TEST(Markdown, HasAListItemForEachItemOfNestedLists) {
  const auto segments = read_markdown("3. three\n4. four & more\n   - below\n");
  ASSERT_EQ(segments.size(), 3U);
  EXPECT_EQ(segments[0].markdown, "3. three");
  EXPECT_EQ(segments[1].html, "<ol start=\"4\"><li>four &amp; more</li></ol>");
  EXPECT_EQ(segments[2].html, "<ul><li>below</li></ul>");
  for (const auto& segment : segments) EXPECT_EQ(segment.type, SegmentType::ListItem);
}

TEST(Markdown, HasTablesWithTheirCells) {
  const auto segments = read_markdown("| A | B |\n|---|--:|\n| x \\| y | 2 |\n");
  ASSERT_EQ(segments.size(), 1U);
  EXPECT_EQ(segments[0].type, SegmentType::Table);
  EXPECT_THAT(segments[0].cells, ElementsAre(ElementsAre("A", "B"), ElementsAre("x | y", "2")));
  EXPECT_THAT(segments[0].html, HasSubstr("<th>A</th>"));
  EXPECT_THAT(segments[0].markdown, HasSubstr("| x \\| y | 2 |"));
}

TEST(Markdown, ShowsCodeAsItIs) {
  const auto segments = read_markdown("```sh\nrm -r <dir>\n```\n");
  ASSERT_EQ(segments.size(), 1U);
  EXPECT_EQ(segments[0].content, "rm -r <dir>");
  EXPECT_THAT(segments[0].html, HasSubstr("rm -r &lt;dir&gt;"));
}

TEST(Markdown, PassesNoHtmlOn) {
  for (const auto& segment :
       read_markdown("<script>alert(1)</script>\n\ntext <b onclick=x>y</b> [a](javascript:b)\n")) {
    EXPECT_THAT(segment.html, Not(HasSubstr("<script")));
    EXPECT_THAT(segment.html, Not(HasSubstr("onclick")));
    EXPECT_THAT(segment.html, Not(HasSubstr("javascript")));
  }
}

TEST(Markdown, NamesAPictureThatStandsAlone) {
  const auto segments = read_markdown("![The quay](quay.png)\n");
  ASSERT_EQ(segments.size(), 1U);
  EXPECT_EQ(segments[0].type, SegmentType::Picture);
  EXPECT_EQ(segments[0].content, "The quay");
}

TEST(Markdown, NestedBeyondReasonIsRead) {
  EXPECT_FALSE(read_markdown(std::string(5000, '>') + " deep").empty());
}

TEST(FrontMatter, IsTakenOff) {
  EXPECT_EQ(without_front_matter("---\ntitle: Rules\nlist:\n  - a\n- b\n# c\n---\n# Rules\n"), "# Rules\n");
  EXPECT_EQ(without_front_matter("---\ntitle: Rules\n...\nText\n"), "Text\n");
  EXPECT_EQ(without_front_matter("+++\ntitle = \"Rules\"\n+++\nText\n"), "Text\n");
}

TEST(FrontMatter, IsNotTheProseBetweenTwoRules) {
  for (const char* text : {"---\nA sentence that stands between rules.\n---\nText\n", "---\ntitle: Rules\n",
                           "Text\n---\ntitle: a\n---\n", "----\na: b\n----\n",
                           "---\nWe say this only once to all of you: it is late.\n---\n"})
    EXPECT_EQ(without_front_matter(text), text);
}

}  // namespace
}  // namespace chunkrd::local
