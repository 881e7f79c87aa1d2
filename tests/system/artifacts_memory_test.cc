// What the daemon needs for an answer that is much larger than it may need.
#include <gtest/gtest.h>

#include <iostream>

#include "tests/system/harness/installation.h"
#include "tests/system/scripted_task.h"

namespace chunkrd::tests {
namespace {

constexpr long kBoundKib = 32 * 1024;

// 300 MB in chunks of about 100 KB, as a long scanned book with OCR boxes has them.
std::string large_result() {
  std::string result =
      R"({"status":"Succeeded","task_id":"task-1","message":"","created_at":"2025-04-24T09:00:00Z","configuration":{},)"
      R"("output":{"page_count":3000,"file_name":"a.pdf","pdf_url":null,"chunks":[)";
  result.reserve(301'000'000);
  const std::string text(800, 'c'),
      ocr = R"("ocr":[{"text":")" + std::string(800, 'o') + R"(","confidence":0.5}])";
  for (int page = 1; result.size() < 300'000'000; ++page) {
    result += (page > 1 ? "," : "") + std::string(R"({"chunk_id":"c","chunk_length":9,"segments":[)");
    for (int i = 0; i < 40; ++i)
      result += (i > 0 ? "," : "") +
                ScriptedTask::segment(page, i == 0 ? "Title" : "Text",
                                      R"("segment_id":"s)" + std::to_string(page * 100 + i) +
                                          R"(","content":")" + text + R"(","markdown":")" + text +
                                          R"(","html":"<p>)" + text + R"(</p>",)" + ocr);
    result += "]}";
  }
  return result + "]}}";
}

TEST(ArtifactsMemory, AnAnswerOf300MegabytesIsCollectedAndDeliveredInAFewOfThem) {
  ScriptedTask service;
  service.result = large_result();
  Installation home;
  home.profile_options = "artifacts: [json, markdown, html, chunks, text, pdf, images, report]";
  home.use_service(service.port());
  home.start_daemon();
  const long idle = home.daemon().peak_memory_kib();
  home.drop("a.pdf", "%PDF-1.4");
  ASSERT_TRUE(home.wait_for_ends(1, std::chrono::minutes(8))) << home.daemon_log();
  const long grown = home.daemon().peak_memory_kib() - idle;
  std::cout << "answer: " << service.result.size() / 1'000'000 << " MB; idle " << idle
            << " KiB; peak over idle " << grown << " KiB\n";
  EXPECT_LT(grown, kBoundKib);
  EXPECT_EQ(std::filesystem::file_size(home.outbox / "a.pdf.json"), service.result.size());
  EXPECT_GT(std::filesystem::file_size(home.outbox / "a.pdf.report.html"), 60'000'000u);
}

}  // namespace
}  // namespace chunkrd::tests
