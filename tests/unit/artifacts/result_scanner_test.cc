#include "artifacts/result_scanner.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace chunkrd::artifacts {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Scanned {
  std::vector<std::string> chunks;
  std::string skeleton;
  bool has_chunks = false;
};

// The document, fed in pieces of `piece_bytes`.
Scanned scan(std::string_view document, std::size_t piece_bytes = 1 << 20) {
  Scanned scanned;
  ResultScanner scanner([&](std::string_view chunk) { scanned.chunks.emplace_back(chunk); });
  for (std::size_t at = 0; at < document.size(); at += piece_bytes)
    scanner.feed(std::string(document.substr(at, piece_bytes)));
  scanned.skeleton = scanner.finish();
  scanned.has_chunks = scanner.has_chunks();
  return scanned;
}

std::string broken(std::string_view document) {
  try {
    scan(document);
    return {};
  } catch (const BrokenResult& error) {
    return error.what();
  }
}

TEST(ResultScanner, HandsOutTheChunksAndKeepsTheRest) {
  const Scanned scanned = scan(R"({"a":1,"output":{"chunks":[{"x":[1,2]},{"y":"]}"}],"pages":2},"b":null})");
  EXPECT_THAT(scanned.chunks, ElementsAre(R"({"x":[1,2]})", R"({"y":"]}"})"));
  EXPECT_EQ(scanned.skeleton, R"({"a":1,"output":{"chunks":[],"pages":2},"b":null})");
  EXPECT_TRUE(scanned.has_chunks);
}

TEST(ResultScanner, SkipsTheSpaceBetweenChunks) {
  const Scanned scanned =
      scan("{\n \"output\" : {\n  \"chunks\" : [\n {\"x\" : 1 }\n ,\t7 , \"s\" ]\r\n} }\n");
  EXPECT_THAT(scanned.chunks, ElementsAre(R"({"x" : 1 })", "7", "\"s\""));
  EXPECT_EQ(scanned.skeleton, "{\n \"output\" : {\n  \"chunks\" : []\r\n} }\n");
}

TEST(ResultScanner, KnowsTheChunksOfTheOutputFromEverythingElseOfThatName) {
  const std::string document =
      R"({"chunks":[1],"x":{"chunks":[2]},"s":"output","k":{"output":{"chunks":[3]}},)"
      R"("output":{"s":"chunks","t":"\"chunks\":[4]","u":[{"chunks":[5]}],"v":{"chunks":[6]}},"chunks ":[[7]]})";
  const Scanned scanned = scan(document);
  EXPECT_THAT(scanned.chunks, IsEmpty());
  EXPECT_EQ(scanned.skeleton, document);
  EXPECT_FALSE(scanned.has_chunks);
}

TEST(ResultScanner, KnowsAKeyThatIsWrittenWithEscapes) {
  EXPECT_THAT(scan(R"({"\u006futput":{"ch\u0075nks":[{}]}})").chunks, ElementsAre("{}"));
}

TEST(ResultScanner, RefusesASecondOutputOrSecondChunks) {
  EXPECT_THAT(broken(R"({"output":{},"output":{}})"), HasSubstr("output is there twice"));
  EXPECT_THAT(broken(R"({"output":{"chunks":[],"chunks":[]}})"), HasSubstr("output.chunks is there twice"));
  EXPECT_THAT(broken(R"({"output":{"chunks":null,"chunks":[]}})"), HasSubstr("output.chunks is there twice"));
}

TEST(ResultScanner, LeavesChunksThatAreNoArrayInTheSkeleton) {
  const Scanned scanned = scan(R"({"output":{"chunks":{"a":[1]}}})");
  EXPECT_THAT(scanned.chunks, IsEmpty());
  EXPECT_EQ(scanned.skeleton, R"({"output":{"chunks":{"a":[1]}}})");
  EXPECT_FALSE(scanned.has_chunks);
}

TEST(ResultScanner, SaysWhereADocumentEnds) {
  EXPECT_THAT(broken(""), HasSubstr("not complete: ends at byte 0"));
  EXPECT_THAT(broken(R"({"output":{"chunks":[{},{"x":)"), HasSubstr("inside output.chunks[1]"));
  EXPECT_THAT(broken(R"({"output":{"chunks":[{},{})"), HasSubstr("behind 2 of them"));
  EXPECT_THAT(broken(R"({"output":{)"), HasSubstr("inside output"));
}

TEST(ResultScanner, RefusesWhatIsNotJson) {
  for (const char* document : {"{}{}",
                               "{} x",
                               "{\"a\":1,}",
                               "{\"a\" 1}",
                               "{a:1}",
                               "{\"a\":}",
                               "[1,]",
                               "[1 2]",
                               "[1}",
                               "{\"a\":[}",
                               "01",
                               "-",
                               "1.",
                               "1.e1",
                               "1e",
                               "1e+",
                               "+1",
                               ".5",
                               "tru",
                               "trux",
                               "nul",
                               "\"a",
                               "\"\\x\"",
                               "\"\\u12g4\"",
                               "\"\n\"",
                               "\xEF\xBB\xBF{}",
                               "NaN",
                               "'a'",
                               "{\"a\":1 /* */}",
                               "]",
                               "}"})
    EXPECT_NE(broken(document), "") << document;
  for (const char* document :
       {"{}", " [ ] ", "0", "-0", "-0.5e-10", "1E+2", "\"\\u00e9\\n\"", "true", "null "})
    EXPECT_EQ(broken(document), "") << document;
}

TEST(ResultScanner, BoundsAChunkTheSkeletonAndTheDepth) {
  ResultScanner chunk([](std::string_view) {});
  chunk.feed(R"({"output":{"chunks":[")");
  const std::string megabyte(1 << 20, 'x');
  EXPECT_THROW(
      {
        for (int i = 0; i < 65; ++i) chunk.feed(megabyte);
      },
      BrokenResult);
  ResultScanner skeleton([](std::string_view) {});
  skeleton.feed(R"({"a":[")");
  const std::string text(100'000, 'x');
  EXPECT_THROW(
      {
        for (int i = 0; i < 170; ++i) skeleton.feed(text + "\",\"");
      },
      BrokenResult);
  EXPECT_THAT(broken(std::string(600, '[')), HasSubstr("nested too deeply"));
}

TEST(ResultScanner, CutsALongTextOfTheSkeletonAndHandsOutThePdfWhole) {
  const std::string file(3'000'000, 'A');
  const std::string document = R"({"configuration":{"input_file_url":")" + file +
                               R"(","b":1},"output":{"pdf_url":"x\/y)" + file +
                               R"(","chunks":[{"pdf_url":"no"}]},"pdf_url":"neither"})";
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{1} << 20, document.size()}) {
    std::string pdf;
    std::vector<std::string> chunks;
    ResultScanner scanner([&](std::string_view chunk) { chunks.emplace_back(chunk); },
                          [&](std::string_view raw) { pdf += raw; });
    for (std::size_t at = 0; at < document.size(); at += piece)
      scanner.feed(std::string_view(document).substr(at, piece));
    const std::string skeleton = scanner.finish();
    EXPECT_TRUE(pdf == "x\\/y" + file) << pdf.size();
    EXPECT_THAT(chunks, ElementsAre(R"({"pdf_url":"no"})"));
    const std::string cut(ResultScanner::kTextBytesMax, 'A');
    EXPECT_TRUE(skeleton == R"({"configuration":{"input_file_url":")" + cut +
                                R"(","b":1},"output":{"pdf_url":"x\/y)" + cut.substr(2) +
                                R"(","chunks":[]},"pdf_url":"neither"})")
        << skeleton.size();
  }
}

TEST(ResultScanner, DoesNotCutInsideACharacter) {
  std::string text;
  while (text.size() < 2 * ResultScanner::kTextBytesMax) text += "\xE2\x82\xAC";
  for (const char* before : {"", "x", "xy"}) {
    const std::string skeleton = scan(std::string(R"({"a":")") + before + text + R"("})", 1000).skeleton;
    EXPECT_LT(skeleton.size(), ResultScanner::kTextBytesMax + 20);
    EXPECT_TRUE(simdjson::validate_utf8(skeleton));
  }
}

// Random documents, biased towards the names that matter.

std::string random_space() {
  return *rc::gen::element<std::string>("", "", "", " ", "\n  ", "\t", "\r\n");
}

std::string random_string() {
  return *rc::gen::element<std::string>(R"("")", R"("output")", R"("chunks")", R"("a\"]}")", R"("\\")",
                                        R"("{[,:")", R"("\u0063hunks")", "\"\u00e9\u20ac\"",
                                        R"("\ud83d\ude00")");
}

using Names = std::vector<std::string>;

std::string random_value(int depth);

std::string random_members(const std::vector<std::string>& keys, int depth) {
  std::string text;
  for (const std::string& key : keys)
    text += (text.empty() ? "" : ",") + random_space() + key + random_space() + ":" + random_space() +
            random_value(depth) + random_space();
  return text;
}

std::string random_array(int depth) {
  std::string text;
  const int count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i)
    text += (i ? "," : "") + random_space() + random_value(depth) + random_space();
  return "[" + text + "]";
}

std::string random_value(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 6 : 4);
  if (kind <= 1) return random_string();
  if (kind == 2) return *rc::gen::element<std::string>("true", "false", "null");
  if (kind == 3) return *rc::gen::element<std::string>("0", "-1", "3.25", "1e3", "-0.5E-2", "123");
  if (kind == 4) return random_array(depth - 1);
  const auto keys = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("\"chunks\"", "\"output\"", "\"a\"", "\"segments\""));
  return "{" +
         random_members(
             {keys.begin(), keys.begin() + static_cast<long>(std::min<std::size_t>(keys.size(), 3))},
             depth - 1) +
         "}";
}

// A TaskResponse in its outline: keys in any order, chunks of any kind.
std::string random_result() {
  const std::string chunks =
      random_space() + "\"chunks\"" + random_space() + ":" + random_space() + random_array(3);
  const auto with = [](std::string before, const std::string& own, std::string after) {
    if (!before.empty()) before += ",";
    if (!after.empty()) after = "," + after;
    return "{" + before + own + after + random_space() + "}";
  };
  const std::string output =
      random_space() + "\"output\"" + random_space() + ":" + random_space() +
      with(random_members(*rc::gen::element(Names{}, Names{"\"a\""}), 2), chunks,
           random_members(*rc::gen::element(Names{}, Names{"\"b\"", "\"output\""}), 2));
  return random_space() +
         with(random_members(*rc::gen::element(Names{}, Names{"\"chunks\"", "\"c\""}), 2), output,
              random_members(*rc::gen::element(Names{}, Names{"\"chunks\""}), 2)) +
         random_space();
}

std::string minified(const std::string& json) {
  simdjson::dom::parser parser;
  return simdjson::minify(parser.parse(json).value());
}

TEST(ResultScannerProperty, ChunksAndSkeletonAreThoseThatSimdjsonFindsInTheWhole) {
  EXPECT_TRUE(rc::check([] {
    const std::string document = random_result();
    const auto piece_bytes = *rc::gen::inRange<std::size_t>(1, 40);
    const Scanned scanned = scan(document, piece_bytes);

    simdjson::dom::parser parser;
    const simdjson::dom::element whole = parser.parse(document);
    std::vector<std::string> expected;
    for (const simdjson::dom::element chunk : whole["output"]["chunks"].get_array())
      expected.push_back(simdjson::minify(chunk));
    std::vector<std::string> found;
    for (const std::string& chunk : scanned.chunks) found.push_back(minified(chunk));
    RC_ASSERT(found == expected);

    // What is left, with the chunks put back, is the document.
    std::string joined;
    for (const std::string& chunk : found) joined += (joined.empty() ? "" : ",") + chunk;
    const std::string skeleton = minified(scanned.skeleton);
    const std::string before = skeleton.substr(0, skeleton.find("\"output\":{"));
    RC_ASSERT(minified(document).starts_with(before));
    RC_ASSERT(skeleton.size() + joined.size() == minified(document).size());
  }));
}

TEST(ResultScannerProperty, TakesForJsonWhatSimdjsonTakesForJson) {
  EXPECT_TRUE(rc::check([] {
    std::string document = random_result();
    const auto at = *rc::gen::inRange<std::size_t>(0, document.size());
    const char byte =
        *rc::gen::element('"', '\\', '{', '}', '[', ']', ',', ':', ' ', '\n', 'e', '-', '.', '0', 'x');
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        document[at] = byte;
        break;
      case 1:
        document.insert(at, 1, byte);
        break;
      default:
        document.erase(at, 1);
    }
    simdjson::dom::parser parser;
    const bool json = parser.parse(document).error() == simdjson::SUCCESS;
    const std::string error = broken(document);
    RC_PRE(error.find("is there twice") == error.npos);
    // Not the scanner's part: see its comment.
    RC_PRE(simdjson::validate_utf8(document) && document.find("\\ud") == document.npos);
    RC_LOG() << document;
    RC_TAG(json);
    RC_ASSERT(error.empty() == json);
  }));
}

TEST(ResultScannerProperty, IsBrokenWhereverItIsCut) {
  EXPECT_TRUE(rc::check([] {
    std::string document = random_result();
    document.erase(document.find_last_not_of(" \t\r\n") + 1);
    for (std::size_t bytes = 0; bytes < document.size(); ++bytes)
      RC_ASSERT(
          broken(std::string_view(document).substr(0, bytes)).starts_with("not complete: ends at byte "));
  }));
}

}  // namespace
}  // namespace chunkrd::artifacts
