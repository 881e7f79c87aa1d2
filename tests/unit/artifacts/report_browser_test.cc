// Reports in a real Chromium: what a person sees, and can do with mouse and keyboard.

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "artifacts/report.h"
#include "tests/support/browser.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_pdf.h"

namespace chunkrd::artifacts {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::TemporaryFolder;

const fs::path kSample = fs::path(CHUNKRD_SAMPLES) / "harbour-report.pdf";  // 4 pages

struct Piece {
  int page = 1;
  std::string type = "Text", content{}, html{};
  double left = 0, top = 0, width = 100, height = 50;
};

std::string json_of(const Piece& piece, int number) {
  return R"({"segment_id":"s)" + std::to_string(number) + R"(","segment_type":")" + piece.type +
         R"(","content":")" + piece.content + R"(","html":")" + piece.html + R"(","page_number":)" +
         std::to_string(piece.page) + R"(,"page_width":600,"page_height":800,"bbox":{"left":)" +
         std::to_string(piece.left) + R"(,"top":)" + std::to_string(piece.top) + R"(,"width":)" +
         std::to_string(piece.width) + R"(,"height":)" + std::to_string(piece.height) + "}}";
}

std::string result_of(const std::vector<Piece>& pieces, int pages) {
  std::string chunks;
  int number = 0;
  for (const Piece& piece : pieces) {
    if (number > 0) chunks += ",";
    chunks += R"({"chunk_length":1,"segments":[)" + json_of(piece, number) + "]}";
    ++number;
  }
  return R"({"status":"Succeeded","output":{"page_count":)" + std::to_string(pages) +
         R"(,"file_name":"a.pdf","chunks":[)" + chunks +
         R"(]},"task_id":"task-1","message":"","created_at":"2025-04-24T09:00:00Z","configuration":{}})";
}

class Report : public ::testing::Test {
 protected:
  fs::path report(const std::string& result, const std::optional<fs::path>& pdf,
                  const std::string& source = "harbour.pdf") {
    std::ofstream(folder_ / "task.json", std::ios::binary) << result;
    write_report(folder_ / "task.json", pdf, source, folder_ / "report.html");
    return folder_ / "report.html";
  }

  // Where a box lies on its sheet, in percent, as the browser has laid it out.
  static std::string place(test::Browser& browser, const std::string& box) {
    return browser.text("const b = document.querySelector('" + box +
                        "'), s = b.parentNode.getBoundingClientRect(), r = b.getBoundingClientRect();"
                        "return [r.left - s.left, r.top - s.top, r.width, r.height].map((v, i) =>"
                        "Math.round(100 * v / (i % 2 ? s.height : s.width))).join(' ')");
  }

  TemporaryFolder folder_;
};

const std::vector<Piece> kPieces{
    {.page = 1, .type = "Title", .content = "The harbour", .left = 60, .top = 80, .width = 300, .height = 40},
    {.page = 1, .content = "Ships came & went.", .left = 60, .top = 160, .width = 480, .height = 80},
    {.page = 2,
     .type = "Table",
     .content = "a b",
     .html = "<table><tr><td>Timber</td><td>1200</td></tr></table>",
     .left = 60,
     .top = 400,
     .width = 480,
     .height = 200},
    {.page = 4, .type = "Sculpture", .content = "of a later server", .left = 0, .top = 0}};

TEST_F(Report, ShowsEachPageWithItsBoxesAndTheTextBesideIt) {
  test::Browser browser(1400, 1000);
  browser.open(report(result_of(kPieces, 4), kSample));
  EXPECT_EQ(browser.text("return document.title"), "harbour.pdf");
  EXPECT_EQ(browser.text("return [...document.querySelectorAll('.page')].map(p => p.id).join()"),
            "p1,p2,p3,p4");
  EXPECT_EQ(browser.text("return [...document.querySelectorAll('.box')].map(b => b.textContent).join()"),
            "Title,Text,Table,Sculpture");
  EXPECT_EQ(place(browser, "#b0"), "10 10 50 5");
  EXPECT_EQ(place(browser, "#b1"), "10 20 80 10");
  EXPECT_EQ(browser.text("return document.querySelector('#t1 pre').innerText"), "Ships came & went.");
  EXPECT_EQ(browser.text("return document.querySelector('#p2 td').textContent"), "Timber");
  EXPECT_THAT(browser.text("return document.querySelector('#p3').textContent"), HasSubstr("nothing found"));
  // The pictures are those of the sample's pages, and the boxes lie on them.
  EXPECT_EQ(browser.text("return Promise.all([...document.images].map(i => i.decode())).then(() =>"
                         "[...document.images].filter(i => i.naturalHeight == 1400).length)"),
            "4");
  EXPECT_EQ(browser.text("const i = document.images[0].getBoundingClientRect(),"
                         "s = document.querySelector('.sheet').getBoundingClientRect();"
                         "return Math.abs(i.width - s.width) < 3 && Math.abs(i.height - s.height) < 3"),
            "true");
  EXPECT_NE(browser.text("return getComputedStyle(document.querySelector('#b0')).borderTopColor"),
            browser.text("return getComputedStyle(document.querySelector('#b1')).borderTopColor"));
  if (const char* const keep = ::getenv("CHUNKRD_SCREENSHOTS"))
    browser.screenshot(fs::path(keep) / "report.png");
}

TEST_F(Report, HebrewRunsFromTheRightAndEndsOnTheLeft) {
  test::Browser browser(1200, 800);
  browser.open(report(result_of({{.content = "\u05E9\u05DC\u05D5\u05DD."}, {.content = "Hello."}}, 1), {}));
  EXPECT_EQ(
      browser.text("return [...document.querySelectorAll('pre')].map(p => getComputedStyle(p).direction)"
                   ".join(' ')"),
      "rtl ltr");
}

TEST_F(Report, HoveringOneOfTheTwoHighlightsTheOther) {
  test::Browser browser(1400, 1000);
  browser.open(report(result_of(kPieces, 4), std::nullopt));
  const auto lit = [&] {
    return browser.text("return [...document.querySelectorAll('.on')].map(e => e.id).join()");
  };
  EXPECT_EQ(lit(), "");
  browser.hover("#b1");
  EXPECT_EQ(lit(), "b1,t1");
  browser.hover("#t0");
  EXPECT_EQ(lit(), "b0,t0");
  browser.hover("h1");
  EXPECT_EQ(lit(), "");
}

TEST_F(Report, WorksWithTheKeyboardAlone) {
  test::Browser browser(1400, 1000);
  browser.open(report(result_of(kPieces, 4), std::nullopt));
  const auto state = [&] {
    return browser.text(
        "return document.activeElement.id + ':' + [...document.querySelectorAll('.on')].map(e => "
        "e.id).join()");
  };
  browser.run("document.getElementById('t0').focus()");
  EXPECT_EQ(state(), "t0:b0,t0");
  browser.press("\uE015");
  EXPECT_EQ(state(), "t1:b1,t1");
  browser.press("\uE015");
  EXPECT_EQ(state(), "t2:b2,t2") << "over the end of the page";
  browser.press("\uE013");
  EXPECT_EQ(state(), "t1:b1,t1");
  browser.press("\uE004");
  EXPECT_EQ(state(), "t2:b2,t2") << "tab";
}

TEST_F(Report, AClickOnABoxGoesToItsTextAndATypeCanBeHidden) {
  test::Browser browser(1400, 1000);
  browser.open(report(result_of(kPieces, 4), std::nullopt));
  browser.click("#b1");
  EXPECT_EQ(browser.text("return document.activeElement.id"), "t1");
  browser.click("fieldset .k-Title input");
  EXPECT_EQ(browser.text("return [...document.querySelectorAll('.box')].filter(b => b.offsetParent).length"),
            "3");
  browser.press("\uE013");
  EXPECT_EQ(browser.text("return getComputedStyle(document.querySelector('#t0')).display"), "none");
}

TEST_F(Report, WithoutAPdfTheBoxesLieOnBlankPagesOfTheRightShape) {
  test::Browser browser(1400, 1000);
  browser.open(report(result_of(kPieces, 4), std::nullopt));
  EXPECT_EQ(place(browser, "#b1"), "10 20 80 10");
  EXPECT_EQ(browser.text("return document.images.length"), "0");
  EXPECT_EQ(browser.text("const s = document.querySelector('.sheet').getBoundingClientRect();"
                         "return Math.round(100 * s.width / s.height)"),
            "75");
  EXPECT_THAT(browser.text("return document.querySelector('footer').innerText"),
              HasSubstr("there is no PDF"));
  if (const char* const keep = ::getenv("CHUNKRD_SCREENSHOTS"))
    browser.screenshot(fs::path(keep) / "blank.png");
}

TEST_F(Report, APdfThatCannotBeDrawnLeavesBlankPages) {
  const fs::path pdf = folder_ / "broken.pdf";
  std::ofstream(pdf) << "this is no PDF";
  test::Browser browser(1400, 1000);
  browser.open(report(result_of(kPieces, 4), pdf));
  EXPECT_EQ(browser.text("return document.querySelectorAll('.box').length"), "4");
  EXPECT_THAT(browser.text("return document.querySelector('footer').innerText"),
              HasSubstr("could not be drawn"));
}

TEST_F(Report, EachPageHasItsOwnPictureAlsoBesideOneThatCannotBeDrawn) {
  std::vector<test::TinyPage> sheets;
  std::vector<Piece> pieces;
  for (int page = 1; page <= 40; ++page) {
    // As many points wide as its number says.
    sheets.push_back({.entries = "/MediaBox [0 0 " + std::to_string(100 + page) + " 400]"});
    pieces.push_back({.page = page, .content = "x"});
  }
  sheets[20].entries = "/MediaBox [0 0 0.001 900000]";
  std::ofstream(folder_ / "many.pdf", std::ios::binary) << test::tiny_pdf(sheets);
  test::Browser browser(1400, 1000);
  browser.open(report(result_of(pieces, 40), folder_ / "many.pdf"));
  const std::string widths = browser.text(
      "return Promise.all([...document.querySelectorAll('.page')].map(async page => {"
      "const i = page.querySelector('img'); if (!i) return 0; await i.decode();"
      "return Math.round(400 * i.naturalWidth / i.naturalHeight)})).then(w => w.join(' '))");
  std::string expected;
  for (int page = 1; page <= 40; ++page)
    expected += (page > 1 ? " " : "") + std::to_string(page == 21 ? 0 : 100 + page);
  EXPECT_EQ(widths, expected);
}

TEST_F(Report, NothingThatADocumentSaysIsRunOrFetched) {
  const std::string script = R"(<script>document.title = 'owned'</script>)";
  const std::string handler = R"(<img src=x onerror=\"document.title = 'owned'\">)";
  test::Browser browser(1400, 1000);
  browser.open(
      report(result_of({{.type = script, .content = script + handler},
                        {.type = "Table",
                         .content = "x",
                         .html = "<table><tr><td>" + handler + script +
                                 R"(<a href=\"javascript:document.title='owned'\">l</a></td></tr></table>)"}},
                       1),
             std::nullopt, "</title><script>document.title = 'owned'</script>"));
  EXPECT_EQ(browser.text("return document.title"), "</title><script>document.title = 'owned'</script>");
  EXPECT_EQ(browser.text("return document.scripts.length"), "1");
  EXPECT_EQ(browser.text("return document.querySelectorAll('img, [onerror], a[href^=java]').length"), "0");
  EXPECT_THAT(browser.text("return document.querySelector('#t0').innerText"), HasSubstr("<script>"));
  // And if something did come through, the policy forbids it.
  EXPECT_EQ(
      browser.text("const s = document.createElement('script'); s.textContent = \"document.title = 'owned'\";"
                   "document.body.append(s); return document.title"),
      "</title><script>document.title = 'owned'</script>");
  EXPECT_EQ(browser.text("return fetch('data:,x').then(() => 'fetched', () => 'refused')"), "refused");
}

TEST_F(Report, FiveHundredPagesStayUsable) {
  std::vector<Piece> pieces;
  for (int page = 1; page <= 500; ++page)
    for (int i = 0; i < 20; ++i)
      pieces.push_back({.page = page,
                        .type = i == 0 ? "SectionHeader" : "Text",
                        .content = "Paragraph " + std::to_string(i) + " of page " + std::to_string(page),
                        .left = 60,
                        .top = 40.0 * i,
                        .width = 480,
                        .height = 30});
  test::Browser browser(1400, 1000);
  browser.open(report(result_of(pieces, 500), std::nullopt));
  EXPECT_EQ(browser.text("return document.querySelectorAll('.page').length"), "500");
  EXPECT_EQ(browser.text("return document.querySelectorAll('.box').length"), "10000");
  browser.run(
      "const go = document.getElementById('go'); go.value = 400;"
      "go.dispatchEvent(new Event('change', {bubbles: true}))");
  EXPECT_EQ(browser.text("const r = document.getElementById('p400').getBoundingClientRect();"
                         "return r.top >= 0 && r.top < 300"),
            "true");
  browser.hover("#t7981");
  EXPECT_EQ(browser.text("return [...document.querySelectorAll('.on')].map(e => e.id).join()"),
            "b7981,t7981");
  EXPECT_LT(std::stod(browser.text("return performance.getEntriesByType('navigation')[0].domComplete")),
            20'000);
}

// Printers leave out colours that shine through, or print them as they are named: over the page's text.
TEST_F(Report, OnPaperNothingLiesOverThePage) {
  test::Browser browser(1200, 900);
  browser.open(report(
      result_of({{.content = "Ships.", .left = 60, .top = 80, .width = 300, .height = 40}}, 1), kSample));
  // As on paper: what is said for it counts.
  browser.run(
      "for (const rule of [...document.styleSheets[0].cssRules]) if (rule.media && rule.media.mediaText === "
      "'print')"
      " rule.media.mediaText = 'all'; document.querySelector('.box').classList.add('on')");
  for (const char* over : {".box", ".box b"})
    EXPECT_EQ(browser.text("return getComputedStyle(document.querySelector('" + std::string(over) +
                           "')).backgroundColor"),
              "rgba(0, 0, 0, 0)")
        << over;
  EXPECT_EQ(browser.text("return getComputedStyle(document.querySelector('.box')).boxShadow"), "none");
  EXPECT_EQ(browser.text("return getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
}

}  // namespace
}  // namespace chunkrd::artifacts
