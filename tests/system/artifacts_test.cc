// Every artifact through the real daemon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>

#include "core/sha256.h"
#include "tests/system/harness/installation.h"
#include "tests/system/scripted_task.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using test::Received;
using test::Reply;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kAll = "artifacts: [json, markdown, html, chunks, text, pdf, images, report]";
const fs::path kSample = fs::path(CHUNKRD_SAMPLES) / "harbour-report.pdf";

// The segments of a delivered JSON.
std::vector<json::value> segments_of(const fs::path& task) {
  std::vector<json::value> segments;
  const json::value parsed = json::parse(read_file(task));
  for (const json::value& chunk : parsed.at("output").at("chunks").as_array())
    for (const json::value& segment : chunk.at("segments").as_array()) segments.push_back(segment);
  return segments;
}

struct Way {
  const char* layout;
  const char* base64_urls;
  const char* name;
};

class EveryArtifact : public ::testing::TestWithParam<Way> {};

INSTANTIATE_TEST_SUITE_P(, EveryArtifact,
                         ::testing::Values(Way{"flat", "false", "Flat"}, Way{"folder", "false", "Folder"},
                                           Way{"flat", "true", "Base64"}),
                         [](const auto& test) { return test.param.name; });

TEST_P(EveryArtifact, OfASampleIsDelivered) {
  Installation home;
  home.profile_options = std::string("parse: {ocr_strategy: Auto}, ") + kAll;
  home.inbox_options = std::string("settle: 50ms, layout: ") + GetParam().layout;
  home.api_options += std::string(", base64_urls: ") + GetParam().base64_urls;
  home.start_service();
  home.start_daemon();
  home.drop("harbour-report.pdf", read_file(kSample));
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();

  const bool in_folder = std::string(GetParam().layout) == "folder";
  const fs::path base = (in_folder ? home.outbox / "harbour-report.pdf" : home.outbox) / "harbour-report.pdf";
  const auto at = [&](const char* suffix) { return fs::path(base.native() + suffix); };
  const auto text = [&](const char* suffix) { return read_file(at(suffix)); };
  EXPECT_EQ(json::parse(text(".json")).at("status").as_string(), "Succeeded");
  EXPECT_THAT(text(".md"), HasSubstr("| Timber | 1200 | 1350 | 150 |"));
  EXPECT_THAT(text(".txt"), AllOf(HasSubstr("Annual Report of the Harbour"), Not(HasSubstr("<"))));
  EXPECT_EQ(text(".pdf"), read_file(kSample)) << "a PDF is its own rendition";

  // The picture, its name in the page, and no signed address anywhere.
  std::string picture;
  for (const json::value& segment : segments_of(at(".json")))
    if (segment.at("segment_type") == "Picture")
      picture = json::value_to<std::string>(segment.at("segment_id"));
  ASSERT_FALSE(picture.empty());
  EXPECT_THAT(files_below(at(".images")), ::testing::ElementsAre(picture + ".png"));
  EXPECT_THAT(read_file(at(".images") / (picture + ".png")), StartsWith("\x89PNG"));
  EXPECT_THAT(text(".html"),
              AllOf(HasSubstr("<h1>Annual Report of the Harbour</h1>"), Not(HasSubstr("http:")),
                    HasSubstr("<img src=\"./harbour-report.pdf.images/" + picture + ".png\"")));
  EXPECT_THAT(text(".chunks.ndjson"), Not(HasSubstr("http:")));

  const std::string chunks = text(".chunks.ndjson");
  const json::value task = json::parse(text(".json"));
  const auto lines = static_cast<std::size_t>(std::count(chunks.begin(), chunks.end(), '\n'));
  EXPECT_EQ(lines, task.at("output").at("chunks").as_array().size());
  EXPECT_EQ(json::parse(chunks.substr(0, chunks.find('\n'))).at("source"), "harbour-report.pdf");

  // Every segment has its box, and every page its picture.
  const std::string report = text(".report.html");
  const auto count = [&](std::string_view part) {
    std::size_t found = 0;
    for (auto from = report.find(part); from != report.npos; from = report.find(part, from + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("<a class=\"box "), segments_of(at(".json")).size());
  EXPECT_EQ(count("src=\"data:image/jpeg;base64,"), 4u);

  // And nothing else; the manifest knows each file.
  std::vector<std::string> names = files_below(home.outbox);
  EXPECT_EQ(names.size(), in_folder ? 10u : 9u) << ::testing::PrintToString(names);
  const auto manifests = home.outbox / ".chunkrd" / "manifests";
  const json::value manifest = json::parse(read_file(fs::directory_iterator(manifests)->path()));
  for (const json::value& file : manifest.at("files").as_array()) {
    const std::string suffix = json::value_to<std::string>(file.at("suffix"));
    if (suffix == ".images") {
      EXPECT_EQ(file.at("members").at(0).at("sha256"),
                json::value(sha256_file(at(".images") / (picture + ".png")).sha256));
    } else {
      EXPECT_EQ(file.at("sha256"), json::value(sha256_file(at(suffix.c_str())).sha256)) << suffix;
    }
  }
}

TEST(Artifacts, ADocumentThatHasNoPdfIsDeliveredWithoutOne) {
  Installation home;
  home.profile_options = kAll;
  home.start_service();
  home.start_daemon();
  home.drop("guide.md", read_file(fs::path(CHUNKRD_SAMPLES) / "guide.md"));
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  EXPECT_THAT(files_below(home.outbox),
              ::testing::ElementsAre("guide.md.chunks.ndjson", "guide.md.html", "guide.md.images/",
                                     "guide.md.json", "guide.md.md", "guide.md.report.html", "guide.md.txt"));
  EXPECT_THAT(read_file(home.outbox / "guide.md.report.html"), HasSubstr("there is no PDF"));
}

// A later server's answer: fields and types that we do not know, numbers and escapes written in its own way.
std::string strange_result(const ScriptedTask& service) {
  return "\n {\"version_info\" : {\"server\":\"9.9\"}, "
         "\"task_id\":\"task-1\",\"status\":\"Succeeded\",\"message\":\"\\u0041\","
         "\"created_at\":\"2025-04-24T09:00:00Z\",\"configuration\":{\"new\":[1.50e+01,null]},\"output\":{"
         "\"pages\":[{\"image\":\"x\"}],"
         "\"page_count\":1,\"pdf_url\":\"" +
         service.file_url("a.pdf") +
         R"(","chunks":[{"chunk_length":1,"chunk_id":"c","new":{"a":[[]]},"segments":[)" +
         ScriptedTask::segment(
             1, "Sculpture",
             R"("segment_id":"../../s 1","text":"new","content":"x","ss_cells":null,"image":")" +
                 service.file_url("s1.jpg") + "\"") +
         "]}]}}\r\n\n";
}

TEST(Artifacts, TheJsonIsDeliveredByteForByteAsItCame) {
  ScriptedTask service;
  service.result = strange_result(service);
  Installation home;
  home.profile_options = kAll;
  home.use_service(service.port());
  home.start_daemon();
  home.drop("a.pdf", "%PDF-1.4");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  EXPECT_EQ(read_file(home.outbox / "a.pdf.json"), service.result);
  EXPECT_EQ(read_file(home.outbox / "a.pdf.pdf"), "%PDF-1.4 a file");
  const auto pictures = files_below(home.outbox / "a.pdf.images");
  ASSERT_EQ(pictures.size(), 1u);
  EXPECT_THAT(pictures[0], ::testing::MatchesRegex("[A-Za-z0-9_~]+\\.jpg")) << "a name that is safe";
}

TEST(Artifacts, FilesAreFetchedWithoutTheKeyAndTheirAddressesAreInNoLog) {
  ScriptedTask service;
  service.result = strange_result(service);
  // The first address of the picture has expired, the first PDF is cut off, the next one not to be had.
  std::atomic<int> pictures = 0, pdfs = 0;
  service.file = [&](const Received& head) {
    if (head.target.find("s1.jpg") != std::string::npos)
      return pictures++ == 0 ? Reply::text(403, "<Error>s3cret</Error>")
                             : Reply::text(200, "\xFF\xD8\xFF picture");
    Reply cut = Reply::text(200, "%PDF-1.4 half");
    cut.send_only = 20;
    cut.after = Reply::After::close;
    const int number = pdfs++;
    return number == 0 ? cut : number == 1 ? Reply::text(503, "s3cret") : Reply::text(200, "%PDF-1.4 whole");
  };
  Installation home;
  home.profile_options = kAll;
  home.log_level = "trace";
  home.use_service(service.port());
  home.start_daemon({.environment = {{"CHUNKRD_API_KEY", "the-api-key"}}});
  home.drop("a.pdf", "%PDF-1.4");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();

  EXPECT_EQ(read_file(home.outbox / "a.pdf.pdf"), "%PDF-1.4 whole");
  EXPECT_THAT(home.daemon_log(), Not(HasSubstr("s3cret")));
  EXPECT_THAT(home.daemon_log(), Not(HasSubstr("the-api-key")));
  int creates = 0;
  for (const Received& request : service.requests()) {
    creates += request.method == "POST";
    if (request.target.starts_with("/files/")) {
      EXPECT_THAT(request.headers, Not(Contains(Key("authorization")))) << request.target;
    } else if (request.target != "/health") {
      EXPECT_THAT(request.headers, Contains(::testing::Pair("authorization", "the-api-key")))
          << request.target;
    }
  }
  EXPECT_EQ(creates, 1) << "no attempt is burnt";
  EXPECT_THAT(files_below(home.failed), IsEmpty());
}

TEST(Artifacts, ADeliveryWithFilesSurvivesAKillAtAnyMoment) {
  Installation home;
  home.profile_options = std::string("parse: {ocr_strategy: Auto}, ") + kAll;
  home.start_service();
  const auto whole = [&] { return fs::exists(home.outbox / "harbour-report.pdf.json"); };
  home.start_daemon();
  home.drop("harbour-report.pdf", read_file(kSample));
  ASSERT_TRUE(home.wait_for_log(" state=delivering")) << home.daemon_log();
  for (int kills = 0; kills < 5 && !whole(); ++kills) {
    home.daemon().signal(SIGKILL);
    home.daemon().wait(std::chrono::seconds(10));
    home.start_daemon();
    for (int i = 0; i < 3 * kills; ++i) rest();
  }
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  EXPECT_EQ(files_below(home.outbox).size(), 9u) << ::testing::PrintToString(files_below(home.outbox));
  EXPECT_THAT(read_file(home.outbox / "harbour-report.pdf.report.html"), HasSubstr("data:image/jpeg"));
  EXPECT_THAT(fs::directory_iterator(home.outbox / ".chunkrd" / "tmp"), fs::directory_iterator());
}

}  // namespace
}  // namespace chunkrd::tests
