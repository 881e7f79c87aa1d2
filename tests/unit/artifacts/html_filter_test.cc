#include "artifacts/html_filter.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <regex>

namespace chunkrd::artifacts {
namespace {

TEST(HtmlFilter, KeepsTextStructureAndTables) {
  for (const char* html :
       {"<p>One &amp; <b>two</b></p>", "<h1>Title</h1><ul><li>a</li><li>b</li></ul>",
        "<table><tr><th colspan=\"2\">Head</th></tr><tr><td>1</td><td>2<br>3</td></tr></table>",
        "<pre>a\n  b</pre>", "&#8364; &nbsp; &lt;b&gt;"})
    EXPECT_EQ(harmless_html(html), html);
}

TEST(HtmlFilter, DropsWhatRunsLoadsOrLeadsAway) {
  EXPECT_EQ(harmless_html("a<script>alert('</p>')</script>b"), "ab");
  EXPECT_EQ(harmless_html("a<SCRIPT src=x></ScRiPt >b"), "ab");
  EXPECT_EQ(harmless_html("<style>p{}</style><svg><a onload=x></a></svg>x"), "x");
  EXPECT_EQ(
      harmless_html("<iframe src=//evil></iframe><meta http-equiv=refresh content=0><base href=x><link>x"),
      "x");
  EXPECT_EQ(harmless_html("<p onclick=\"x()\" style=\"background:url(//evil)\" id=t1 class=box>x</p>"),
            "<p>x</p>");
  EXPECT_EQ(harmless_html("<form action=//evil><input><button>go</button></form>"), "go");
  EXPECT_EQ(harmless_html("<a href=\"javascript:x\">a</a><a href=' JaVaScRiPt:x'>b</a><a href=data:x>c</a>"),
            "<a>a</a><a>b</a><a>c</a>");
  EXPECT_EQ(harmless_html("<a href='https://example.com/?a=1&b=\"2\"'>a</a>"),
            "<a href=\"https://example.com/?a=1&amp;b=&quot;2&quot;\" rel=\"noreferrer noopener\">a</a>");
  EXPECT_EQ(harmless_html("<!-- <p> --><!doctype html><?php ?>x"), "x");
}

TEST(HtmlFilter, LeavesAPicturesTextInItsPlace) {
  EXPECT_EQ(harmless_html("<img src=\"https://storage/x?Signature=1\" alt=\"a <b>harbour\">"),
            "a &lt;b&gt;harbour");
  EXPECT_EQ(harmless_html("<img src=x onerror=alert(1)>"), "");
}

TEST(HtmlFilter, ClosesWhatIsOpenAndNothingElse) {
  EXPECT_EQ(harmless_html("</div></body></html><p><b>x"), "<p><b>x</b></p>");
  EXPECT_EQ(harmless_html("<p><b>x</p>y</b>"), "<p><b>x</b></p>y");
  EXPECT_EQ(harmless_html("a < b, <3, <"), "a &lt; b, &lt;3, &lt;");
  EXPECT_EQ(harmless_html("<p title=\"never closed"), "&lt;p title=&quot;never closed");
  EXPECT_EQ(harmless_html("<script>never closed"), "");
}

TEST(HtmlFilter, KnowsWhetherSomethingIsShown) {
  EXPECT_FALSE(has_text("<p> <br></p>\n"));
  EXPECT_TRUE(has_text("<p>x</p>"));
}

// Whatever comes in, only tags of ours come out, with attributes of ours, and as many closed as opened.
TEST(HtmlFilterProperty, TheOutputHasNoTagButTheHarmlessOnes) {
  const std::regex tag(
      "<(/?)(a|b|div|li|p|pre|span|table|td|tr|ul|br|hr|h1|em)"
      "((?: (?:colspan|rowspan|start)=\"[0-9]{1,4}\"| href=\"(?:https?://|mailto:)[^\"<>]*\" "
      "rel=\"noreferrer noopener\")*)>");
  EXPECT_TRUE(rc::check([&] {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "<", ">", "/", "\"", "'", "=", " ", "<p>", "</p>", "<b", "<a href=", "https://x",
        "javascript:", "<script>", "</script", "<img src=x alt=", "onclick=", "<!--", "-->", "&", "&lt;", "x",
        "<td colspan=2>", "<table>", "<br/>", "</div>", "<div style=", "<svg", "</svg>", "\n",
        std::string(1, '\0')));
    std::string html;
    for (const std::string& piece : pieces) html += piece;
    const std::string out = harmless_html(html);
    RC_LOG() << html << " -> " << out;
    const std::string text = std::regex_replace(out, tag, "");
    RC_ASSERT(text.find_first_of(std::string_view("<>\"'\0", 5)) == text.npos);
    int open = 0;
    for (auto it = std::sregex_iterator(out.begin(), out.end(), tag); it != std::sregex_iterator(); ++it)
      open += (*it)[1].length() ? -1 : (*it)[2] == "br" || (*it)[2] == "hr" ? 0 : 1;
    RC_ASSERT(open == 0);
  }));
}

}  // namespace
}  // namespace chunkrd::artifacts
