// Whatever stands in a result, no filter takes more than time in proportion to it.
#include <gtest/gtest.h>
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <string>

#include "artifacts/html_filter.h"
#include "artifacts/inline_file.h"
#include "artifacts/markdown_html.h"
#include "artifacts/picture_links.h"
#include "artifacts/result_scanner.h"
#include "core/base64.h"
#include "core/escape.h"

namespace chunkrd::artifacts {
namespace {

// Of this thread: others on the machine do not count.
double processor_time_s() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double seconds_of(const std::function<void()>& work, int rounds) {
  const double begin = processor_time_s();
  for (int i = 0; i < rounds; ++i) work();
  return processor_time_s() - begin;
}

// Shorter ones say more of the clock than of the work.
constexpr double kMeasurable_s = 2e-3;

int rounds_for(const std::function<void()>& work) {
  int rounds = 1;
  while (rounds < (1 << 16) && seconds_of(work, rounds) < kMeasurable_s) rounds *= 4;
  return rounds;
}

std::string repeated(const std::string& piece, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += piece;
  return text;
}

// Sixteen times as much takes sixteen times as long (up to 28 were seen), 256 times where it is quadratic,
// and over 160 where it is memory that is copied. A processor that is shared, or that changes its speed,
// makes a try slow by chance, but never all of them: the shortest count.
constexpr std::size_t kSome = 8 << 10, kMore = 16 * kSome;
constexpr double kRatioMax = 36;
constexpr int kTriesAtLeast = 2, kTriesAtMost = 10;

void expect_linear(const std::string& what, const std::string& piece,
                   const std::function<void(const std::string&)>& filter) {
  const std::string some = repeated(piece, kSome), more = repeated(piece, kMore);
  // Else every long text is mapped anew, page by page, and no short one.
  ::mallopt(M_MMAP_THRESHOLD, 16 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
  const int rounds = rounds_for([&] { filter(some); });
  double some_s = std::numeric_limits<double>::infinity(), more_s = some_s;
  for (int tries = 0; tries < kTriesAtLeast || (tries < kTriesAtMost && more_s / some_s >= kRatioMax);
       ++tries) {
    some_s = std::min(some_s, seconds_of([&] { filter(some); }, rounds));
    more_s = std::min(more_s, seconds_of([&] { filter(more); }, rounds));
  }
  EXPECT_LT(more_s / some_s, kRatioMax) << what << " of \"" << printable(piece) << "\", again and again";
}

TEST(Linear, TheHtmlFilter) {
  for (const char* piece : {"</a ",
                            "<a ",
                            "<a x=\"",
                            "<a x='",
                            "<a x=\"'",
                            "<a href=\"x\" ",
                            "<!--",
                            "<!",
                            "<?",
                            "<",
                            "</",
                            "<script>",
                            "<script></",
                            "<svg></sv>",
                            "<b>",
                            "</b>",
                            "<p>",
                            "<b><p></b>",
                            "&",
                            "&#",
                            "&amp",
                            "\"",
                            "<img alt='",
                            "<img ",
                            "<a x=\">\" '",
                            "=",
                            "<td colspan=1 "})
    expect_linear("harmless_html", piece, [](const std::string& text) { (void)harmless_html(text); });
}

TEST(Linear, TheHtmlFilterWithAnEndFarAway) {
  for (const char* piece : {"</a ", "<a x=\"", "<a x='", "<a x=\"'", "<!--", "<script>"})
    expect_linear("harmless_html", piece, [](const std::string& text) {
      (void)harmless_html(text + "'\">");
      (void)harmless_html(text + ">");
    });
}

TEST(Linear, ThePictureLinks) {
  for (const char* piece :
       {"![", "![](", "![](http://a ", "![](http://a", "![a]\\](", "![a](x\n", "<img", "<img ", "<", "![<img",
        "](", "![x](data:", "![a](http://b)", "\\](", "!", "![a](<http://b "})
    expect_linear("without_picture_links", piece,
                  [](const std::string& text) { (void)without_picture_links(text); });
}

TEST(Linear, TextsOfOthers) {
  for (const char* piece : {"a", "\xff", "\xe2\x82", "%", "\n", "\xc2\x85", "<", " "}) {
    expect_linear("printable", piece, [](const std::string& text) { (void)printable(text); });
    expect_linear("unprintable", piece, [](const std::string& text) { (void)unprintable(text); });
    expect_linear("harmless", piece, [](const std::string& text) { (void)harmless(text); });
    expect_linear("escaped", piece, [](const std::string& text) { (void)escaped(text); });
    expect_linear("has_text", piece, [](const std::string& text) { (void)has_text(text); });
  }
}

TEST(Linear, TheResultScanner) {
  const auto scan = [](const std::string& text) {
    try {
      ResultScanner scanner([](std::string_view) {}, [](std::string_view) {});
      scanner.feed(text);
      (void)scanner.finish();
    } catch (const BrokenResult&) {
    }
  };
  for (const char* piece : {"\\u0061", "\\\\", "a", "{", "[", "1"}) {
    expect_linear("a key", piece, [&](const std::string& text) { scan("{\"" + text + "\": 1}"); });
    expect_linear("a key of output", piece,
                  [&](const std::string& text) { scan("{\"output\": {\"" + text + "\": [1, 2]}}"); });
    expect_linear("a text", piece, [&](const std::string& text) { scan("{\"x\": \"" + text + "\"}"); });
    expect_linear("the PDF", piece,
                  [&](const std::string& text) { scan("{\"output\": {\"pdf_url\": \"" + text + "\"}}"); });
  }
  for (const char* piece : {"{\"a\":", "[", "[],", "1,", "{},", "\"a\","})
    expect_linear("chunks", piece,
                  [&](const std::string& text) { scan("{\"output\": {\"chunks\": [" + text); });
}

TEST(Linear, Base64) {
  for (const char* piece : {"AAAA", "A", "=", "AA=="})
    expect_linear("decoder", piece, [](const std::string& text) {
      Base64Decoder decoder;
      std::string bytes;
      for (const char c : text)
        if (!decoder.add({&c, 1}, bytes)) break;
    });
}

// Not linear, but bounded: a longer one is not given to cmark.
TEST(Markdown, OfTheWorstKindTakesNoSecond) {
  for (const char* piece :
       {"*a_ ", "[", "![[]()", "<", "`a``", "| a\n", "> ", "- a\n\t", "_a*b", "~~a~", "\\|", "&"}) {
    const std::string text = repeated(piece, kMarkdownBytesMax - 10).substr(0, kMarkdownBytesMax);
    EXPECT_LT(seconds_of([&] { html_of_markdown(text); }, 1), 2) << printable(piece);
  }
  EXPECT_TRUE(html_of_markdown(repeated("# a\n", 2 * kMarkdownBytesMax)).starts_with("<p># a"));
}

}  // namespace
}  // namespace chunkrd::artifacts
