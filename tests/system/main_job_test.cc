// Real documents through a real chunkrd and a real chunkr-local.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(MainJob, SamplesGoInAndResultsComeOut) {
  Installation home;
  home.start_service();
  home.start_daemon();
  for (const char* name : {"harbour-report.pdf", "scanned-notice.pdf", "photo-notice.png", "guide.md"})
    home.drop(name, read_file(std::filesystem::path(CHUNKRD_SAMPLES) / name));
  ASSERT_TRUE(home.wait_for_ends(4)) << home.daemon_log();

  EXPECT_THAT(files_below(home.outbox),
              ElementsAre("guide.md.json", "guide.md.md", "harbour-report.pdf.json", "harbour-report.pdf.md",
                          "photo-notice.png.json", "photo-notice.png.md", "scanned-notice.pdf.json",
                          "scanned-notice.pdf.md"));
  EXPECT_THAT(files_below(home.inbox), IsEmpty());
  EXPECT_THAT(files_below(home.failed), IsEmpty());
  EXPECT_THAT(files_below(home.archive),
              ElementsAre("guide.md", "harbour-report.pdf", "photo-notice.png", "scanned-notice.pdf"));
  EXPECT_THAT(read_file(home.outbox / "harbour-report.pdf.md"), HasSubstr("| Timber | 1200 | 1350 | 150 |"));
  EXPECT_THAT(read_file(home.outbox / "scanned-notice.pdf.md"), HasSubstr("harbour"));
  const auto task = boost::json::parse(read_file(home.outbox / "harbour-report.pdf.json"));
  EXPECT_EQ(task.at("status").as_string(), "Succeeded");
  EXPECT_EQ(task.at("output").at("page_count").as_int64(), 4);
  EXPECT_EQ(home.metric(R"(chunkrd_documents_total{outcome="delivered"})"), 4);
  EXPECT_EQ(home.stop_daemon()->exit_code, 0);
}

TEST(MainJob, ALostAnswerIsReconciledAndNothingIsPaidTwice) {
  Installation home;
  home.start_service(
      "- match: {operation: create, first: 5}\n  do: {drop_answer: true}\n- do: {parse: {instead: text}}\n");
  home.start_daemon();
  for (int i = 0; i < 10; ++i)
    home.drop("document-" + std::to_string(i) + ".txt", "content " + std::to_string(i));
  ASSERT_TRUE(home.wait_for_ends(10)) << home.daemon_log();
  EXPECT_EQ(files_below(home.outbox).size(), 20u);
  for (const auto& [name, tasks] : home.tasks_by_document()) EXPECT_EQ(tasks.created, 1) << name;
  EXPECT_EQ(home.metric("chunkrd_adopted_tasks_total"), 5);
  EXPECT_EQ(home.metric("chunkrd_possible_duplicates_total"), 0);
}

}  // namespace
}  // namespace chunkrd::tests
