// Two hundred PDFs that were made by hundreds of programs, some of them damaged on purpose, through the real
// programs: each comes to an end that a person can understand. scripts/real-documents fetches them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <map>

#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

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

/// Gives the documents to the program and waits for their ends: all that knows how they are processed.
void process(Installation& home, const std::vector<fs::path>& documents) {
  // The second and third task of a damaged document would only take time.
  home.profile_options =
      "attempts: 1, parse: {ocr_strategy: Auto}, artifacts: [json, markdown, html, chunks, text, pdf, "
      "images, "
      "report]";
  home.start_service();
  home.start_daemon();
  for (const fs::path& document : documents) home.drop(document.filename(), read_file(document));
  ASSERT_TRUE(home.wait_for_ends(static_cast<int>(documents.size()), 15min)) << home.daemon_log();
  EXPECT_TRUE(home.daemon().running());
  EXPECT_TRUE(home.service().running());
  std::printf("peak memory: daemon %ld KiB, chunkr-local %ld KiB\n", home.daemon().peak_memory_kib(),
              home.service().peak_memory_kib());
  const auto ended = home.stop_daemon();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->signal, 0);
  EXPECT_EQ(ended->exit_code, 0);
}

/// Checks a result as far as a person would at once: it is the document's, and its boxes lie on its pages.
void expect_sound_result(const Installation& home, const std::string& name) {
  for (const char* ending : {".md", ".html", ".chunks.ndjson", ".txt", ".pdf", ".images", ".report.html"})
    EXPECT_TRUE(fs::exists(home.outbox / (name + ending))) << name << ending;
  const auto output = boost::json::parse(read_file(home.outbox / (name + ".json"))).at("output");
  const auto pages = output.at("page_count").to_number<int>();
  EXPECT_GE(pages, 1) << name;
  for (const auto& chunk : output.at("chunks").as_array())
    for (const auto& segment : chunk.at("segments").as_array()) {
      const auto number = [&](const char* key) { return segment.at("bbox").at(key).to_number<double>(); };
      EXPECT_GE(std::min(number("left"), number("top")), 0) << name << ": " << segment;
      EXPECT_LE(number("left") + number("width"), segment.at("page_width").to_number<double>() + 0.02)
          << name << ": " << segment;
      EXPECT_LE(number("top") + number("height"), segment.at("page_height").to_number<double>() + 0.02)
          << name << ": " << segment;
      EXPECT_LE(segment.at("page_number").to_number<int>(), pages) << name;
    }
}

/// Checks that a report tells a person what is wrong with the document, and that it is the document.
void expect_clear_failure(const Installation& home, const std::string& name) {
  EXPECT_TRUE(fs::exists(home.failed / name)) << name;
  const auto report = boost::json::parse(read_file(home.failed / (name + ".error.json")));
  const std::string code(report.at("code").as_string()), message(report.at("message").as_string());
  EXPECT_TRUE(code == "task_failed" || code == "empty_output") << name << ": " << code;
  // What chunkr-local says of a parser, and the parser of poppler, when a signal has ended it.
  EXPECT_EQ(message.find("crashed"), std::string::npos) << name << ": " << message;
}

TEST(RealDocuments, AllComeToAnEndThatAPersonCanUnderstand) {
  const std::vector<fs::path> given = documents();
  Installation home;
  process(home, given);
  std::size_t delivered = 0;
  for (const fs::path& document : given) {
    const std::string name = document.filename();
    const bool is_delivered = fs::exists(home.outbox / (name + ".json"));
    ASSERT_NE(is_delivered, fs::exists(home.failed / (name + ".error.json"))) << name;
    EXPECT_NE(fs::exists(home.archive / name), fs::exists(home.failed / name)) << name;
    is_delivered ? expect_sound_result(home, name) : expect_clear_failure(home, name);
    delivered += is_delivered ? 1 : 0;
  }
  std::printf("%zu of %zu delivered\n", delivered, given.size());
  EXPECT_GE(delivered, kDeliveredMin);
  EXPECT_TRUE(files_below(home.inbox).empty());
  for (const auto& [name, tasks] : home.tasks_by_document()) EXPECT_EQ(tasks.created, 1) << name;
}

}  // namespace
}  // namespace chunkrd::tests
