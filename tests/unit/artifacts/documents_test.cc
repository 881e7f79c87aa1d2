// Text, chunks and HTML that are made from a result.

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "artifacts/artifacts.h"
#include "artifacts/pictures.h"
#include "tests/contract/openapi.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/artifacts/result.h"

namespace chunkrd::artifacts {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using test::chunk;
using test::read;
using test::result;
using test::segment;
using ::testing::HasSubstr;
using ::testing::Not;

class Documents : public ::testing::Test {
 protected:
  fs::path task(const std::string& text) {
    test::write(folder_ / "task.json", text);
    return folder_ / "task.json";
  }

  std::string text(const std::string& of) {
    write_text(task(of), folder_ / "text");
    return read(folder_ / "text");
  }
  std::string chunks(const std::string& of, const std::string& source = "a/report.pdf") {
    write_chunks(task(of), source, folder_ / "chunks");
    return read(folder_ / "chunks");
  }
  std::string html(const std::string& of, const std::optional<PictureFolder>& pictures = std::nullopt) {
    write_html(task(of), "report.pdf", pictures, folder_ / "html");
    return read(folder_ / "html");
  }

  tests::TemporaryFolder folder_;
};

TEST_F(Documents, TextIsTheContentOfAllSegmentsInReadingOrder) {
  EXPECT_EQ(text(result(chunk(segment("1", "Title", R"("content":"One","markdown":"# One")") + "," +
                              segment("2", "Picture", R"("content":"")")) +
                        "," + chunk(segment("3", "Text", R"("content":"\ntwo\nthree\n")")))),
            "One\n\ntwo\nthree\n");
  EXPECT_EQ(text(result("")), "");
}

TEST_F(Documents, AChunkIsALineWithAllThatAnEmbeddingJobNeeds) {
  const std::string lines = chunks(result(
      chunk(segment("s1", "Title", R"("content":"One")") + "," + segment("s2", "Text", R"("content":"two")"),
            R"("chunk_id":"c1","embed":"# One\ntwo")") +
      "," + chunk(segment("s3", "Table", R"("markdown":"| a |","content":"a")"), R"("embed":null)")));
  ASSERT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2);
  const json::value first = json::parse(lines.substr(0, lines.find('\n')));
  EXPECT_EQ(first, json::parse(R"({"index":0,"chunk_id":"c1","chunk_length":7,"text":"# One\ntwo",
    "source":"a/report.pdf","task_id":"task-1","pages":[2],"segments":[
    {"segment_id":"s1","segment_type":"Title","page_number":2,"page_width":5.95E2,"page_height":8.42E2,
     "bbox":{"left":1.5,"top":2E0,"width":3E0,"height":4E0}},
    {"segment_id":"s2","segment_type":"Text","page_number":2,"page_width":5.95E2,"page_height":8.42E2,
     "bbox":{"left":1.5,"top":2E0,"width":3E0,"height":4E0}}]})"));
  const json::value second = json::parse(lines.substr(lines.find('\n') + 1));
  EXPECT_EQ(second.at("text"), "| a |") << "without embed, the segments' own texts";
  EXPECT_EQ(second.at("index"), 1);
}

TEST_F(Documents, AChunksTextHasNoSignedAddress) {
  EXPECT_THAT(chunks(contract::OpenApi().example("TaskSucceeded")), Not(HasSubstr("http")));
}

TEST_F(Documents, ASourceThatIsNoTextIsWrittenAsText) {
  EXPECT_THAT(chunks(result(chunk("")), "caf\xE9.pdf"), HasSubstr("\"source\":\"caf\xEF\xBF\xBD.pdf\""));
}

TEST_F(Documents, HtmlIsOnePageOfTheSegmentsHtml) {
  const std::string page =
      html(result(chunk(segment("1", "Title", R"("html":"<h1>One</h1>","content":"One")") + "," +
                        segment("2", "Text", R"("content":"a < b")"))));
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>")) << page;
  EXPECT_TRUE(page.ends_with("</html>\n"));
  EXPECT_THAT(page, HasSubstr("<div class=\"Title\">\n<h1>One</h1>\n</div>"));
  EXPECT_THAT(page, HasSubstr("<p>a &lt; b</p>")) << "its content where a segment has no HTML";
}

TEST_F(Documents, HtmlRunsNothingAndAsksNobody) {
  const std::string page = html(result(chunk(segment(
      "1", "Text", R"("html":"<p onclick=x>a<script>x</script></p><img src=https://s/x?Signature=1>")"))));
  for (const char* harmful : {"<script", "onclick", "Signature", "https:"})
    EXPECT_THAT(page, Not(HasSubstr(harmful)));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

TEST_F(Documents, APictureIsTheDeliveredFileOrItsText) {
  const std::string picture = result(chunk(
      segment("p/1", "Picture",
              R"("html":"<img src=\"https://s/x?Signature=1\">","content":"A quay","image":"https://s/x")")));
  EXPECT_THAT(html(picture), HasSubstr("<p>A quay</p>"));
  fs::create_directory(folder_ / "images");
  const PictureFolder pictures{folder_ / "images", "50% \"caf\xE9\".pdf.images"};
  EXPECT_THAT(html(picture, pictures), Not(HasSubstr("<img"))) << "not there";
  const std::string name = picture_stem("p/1") + ".png";
  test::write(folder_ / "images" / name, "");
  EXPECT_THAT(html(picture, pictures),
              HasSubstr("<img src=\"./50%25%20%22caf%E9%22.pdf.images/" + name + "\" alt=\"A quay\""));
}

// A server since 2.0: `text` is the plain text, `content` what the settings say for the type.
constexpr const char* kSettings =
    R"({"segment_processing":{"Text":{"format":"Html"},"Table":{"format":"Markdown"},"List":7}})";

std::string with_settings(std::string of) {
  return of.replace(of.find(R"("configuration":{})"), 18, std::string(R"("configuration":)") + kSettings);
}

TEST_F(Documents, OfNewerServersTheTextIsText) {
  EXPECT_EQ(text(result(chunk(segment("1", "Title", R"("content":"# One","text":"One")") + "," +
                              segment("2", "Text", R"("content":"*two*","text":"")") + "," +
                              segment("3", "Text", R"("content":"three","text":null)")))),
            "One\n\nthree\n");
  const std::string picture =
      R"j("content":"![A quay](https://s/x?Signature=1)","text":"![A quay](https://s/x?Signature=1)")j";
  EXPECT_EQ(text(result(chunk(segment("1", "Picture", picture)))), "A quay\n");
}

TEST_F(Documents, OfNewerServersTheContentIsMarkupOfItsKind) {
  const std::string segments =
      segment("1", "Title", R"("content":"# One & <b>two</b>","text":"One & two")") + "," +
      segment("2", "Table", R"("content":"<table><tr><td onclick=\"x\">a</td></tr></table>","text":"a")") +
      "," + segment("3", "Text", R"("content":"a < b","text":"a < b")");
  std::string page = html(result(chunk(segments)));
  EXPECT_THAT(page, HasSubstr("<h1>One &amp; <b>two</b></h1>"));
  EXPECT_THAT(page, HasSubstr("<td>a</td>"));
  EXPECT_THAT(page, Not(HasSubstr("&lt;table")));
  EXPECT_THAT(page, Not(HasSubstr("onclick")));
  EXPECT_THAT(page, HasSubstr("<p>a &lt; b</p>"));
  // The other way round, as the settings say.
  page = html(
      with_settings(result(chunk(segment("1", "Text", R"("content":"<p><i>One</i></p>")") + "," +
                                 segment("2", "Table", R"("content":"| a | b |\n|---|---|\n| 1 | 2 |")")))));
  EXPECT_THAT(page, HasSubstr("<p><i>One</i></p>"));
  EXPECT_THAT(page, HasSubstr("<td>1</td>"));
}

TEST_F(Documents, OfNewerServersMarkdownIsTheContentWithoutSignedAddresses) {
  const fs::path to = folder_ / "md";
  const std::string segments =
      segment("1", "Title", R"("content":"# One","text":"One")") + "," +
      segment("2", "Picture", R"j("content":"![A quay](https://s/x?Signature=1)")j") + "," +
      segment("3", "Table", R"("content":"<table><img src=\"https://s/y\"></table>")");
  write_markdown(task(result(chunk(segments))), std::nullopt, to);
  EXPECT_EQ(read(to), "# One\n\nA quay\n\n<table></table>\n");
  for (const char* content :
       {"![A quay](https://s/x?Signature=1)", "<img src='https://s/x?Signature=1'> A quay"}) {
    const std::string page =
        html(result(chunk(segment("1", "Picture", "\"content\":\"" + std::string(content) + "\""))));
    EXPECT_THAT(page, HasSubstr("A quay"));
    EXPECT_THAT(page, Not(HasSubstr("Signature")));
  }
}

TEST_F(Documents, WhereANewerServerFillsTheOldFieldsTheyAreUsed) {
  const std::string both =
      R"("content":"| a |\n|---|","text":"a","html":"<table><tr><td>a</td></tr></table>","markdown":"| b |\n|---|")";
  EXPECT_THAT(html(result(chunk(segment("1", "Table", both)))), HasSubstr("<td>a</td>"));
  write_markdown(task(result(chunk(segment("1", "Table", both)))), std::nullopt, folder_ / "md");
  EXPECT_EQ(read(folder_ / "md"), "| b |\n|---|\n");
}

}  // namespace
}  // namespace chunkrd::artifacts
