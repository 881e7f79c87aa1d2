// Two hundred PDFs that were made by hundreds of programs, some of them damaged on purpose, through the real
// programs: each comes to an end that a person can understand. scripts/real-documents fetches them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>

#include "tests/support/temporary_folder.h"
#include "tests/system/harness/command.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDocuments = 200;
/// Larger ones are large pictures: they take most of the time and are like each other.
constexpr std::uintmax_t kBytesMax = 500'000;
/// What the service could not read when this was written: three that need a password or are no PDF any more,
/// and pages on which nothing stands.
constexpr std::size_t kDeliveredMin = 150;

/// The first ones by name that are not too large. Throws when they are not there.
std::vector<fs::path> documents() {
  const fs::path folder = CHUNKRD_REAL_DOCUMENTS;
  std::vector<fs::path> found;
  if (fs::exists(folder / ".complete"))
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".pdf" && entry.file_size() <= kBytesMax) found.push_back(entry.path());
  if (found.size() < kDocuments)
    throw std::runtime_error("the documents are not in " + folder.string() +
                             ": run scripts/real-documents (it needs the network), then this test again");
  std::ranges::sort(found);
  found.resize(kDocuments);
  return found;
}

/// Processes the documents; their results are in `out`, what has failed in `out`/failed. All that knows how.
void process(const std::vector<fs::path>& documents, const fs::path& out) {
  std::vector<std::string> command{
      CHUNKRD_PROGRAM, "process", "--local",     "--json",
      "--out",         out,       "--artifacts", "json,markdown,html,chunks,text,pdf,images,report"};
  command.insert(command.end(), documents.begin(), documents.end());
  const Ran ran = run(command);
  std::printf("peak memory of the largest process: %ld KiB\n", ran.peak_kib);
  ASSERT_EQ(ran.exit_code, 1) << "some of them have to fail, and no signal may end it: " << ran.err;
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(ran.out, '\n')), documents.size() + 1) << ran.out;
  const std::string service = read_file(out / ".chunkrd/process/local/chunkr-local.log");
  EXPECT_TRUE(service.ends_with("stopping\"}\n")) << "chunkr-local was not there to be stopped: " << service;
}

/// Checks a result as far as a person would at once: all of it is there, and its boxes lie on its pages.
void expect_sound_result(const fs::path& out, const std::string& name) {
  for (const char* ending : {".md", ".html", ".chunks.ndjson", ".txt", ".pdf", ".images", ".report.html"})
    EXPECT_TRUE(fs::exists(out / (name + ending))) << name << ending;
  const auto output = boost::json::parse(read_file(out / (name + ".json"))).at("output");
  const auto pages = output.at("page_count").to_number<int>();
  EXPECT_GE(pages, 1) << name;
  for (const auto& chunk : output.at("chunks").as_array())
    for (const auto& segment : chunk.at("segments").as_array()) {
      const auto number = [&](const char* key) { return segment.at(key).to_number<double>(); };
      const auto edge = [&](const char* key) { return segment.at("bbox").at(key).to_number<double>(); };
      constexpr double kRounding = 0.02;
      EXPECT_GE(std::min(edge("left"), edge("top")), 0) << name << ": " << segment;
      EXPECT_LE(edge("left") + edge("width"), number("page_width") + kRounding) << name << ": " << segment;
      EXPECT_LE(edge("top") + edge("height"), number("page_height") + kRounding) << name << ": " << segment;
      EXPECT_LE(number("page_number"), pages) << name;
    }
}

/// Checks that a report tells a person what is wrong with the document, and that it is the document.
void expect_clear_failure(const fs::path& failed, const std::string& name) {
  const auto report = boost::json::parse(read_file(failed / (name + ".error.json")));
  const std::string code(report.at("code").as_string()), message(report.at("message").as_string());
  EXPECT_TRUE(code == "task_failed" || code == "empty_output") << name << ": " << code;
  // What chunkr-local says of a parser, and the parser of poppler, when a signal has ended it.
  EXPECT_EQ(message.find("crashed"), std::string::npos) << name << ": " << message;
}

TEST(RealDocuments, AllComeToAnEndThatAPersonCanUnderstand) {
  const std::vector<fs::path> given = documents();
  const TemporaryFolder folder;
  const fs::path out = folder / "out";
  ASSERT_NO_FATAL_FAILURE(process(given, out));
  std::size_t delivered = 0;
  for (const fs::path& document : given) {
    const std::string name = document.filename();
    const bool is_delivered = fs::exists(out / (name + ".json"));
    ASSERT_NE(is_delivered, fs::exists(out / "failed" / (name + ".error.json"))) << name;
    is_delivered ? expect_sound_result(out, name) : expect_clear_failure(out / "failed", name);
    delivered += is_delivered ? 1 : 0;
  }
  std::printf("%zu of %zu delivered\n", delivered, given.size());
  EXPECT_GE(delivered, kDeliveredMin);
}

}  // namespace
}  // namespace chunkrd::tests
