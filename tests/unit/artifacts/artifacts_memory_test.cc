// A program of its own: the peak of a process's memory does not go down again.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "artifacts/artifacts.h"

namespace chunkrd::artifacts {
namespace {

namespace fs = std::filesystem;

long peak_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
  throw std::runtime_error("no VmHWM");
}

// 300 MB in chunks of about 100 KB, as a long scanned book with OCR boxes has them.
void write_result(const fs::path& path) {
  std::string segments;
  for (int i = 0; i < 40; ++i)
    segments +=
        (i ? "," : "") +
        std::string(R"({"bbox":{"left":1.5,"top":2,"width":3,"height":4},"page_number":1,"page_width":595,)"
                    R"("page_height":842,"segment_type":"Text","confidence":0.97,"segment_id":"s)") +
        std::to_string(i) + R"(","content":")" + std::string(800, 'c') + R"(","markdown":")" +
        std::string(800, 'm') + R"(","ocr":[{"text":")" + std::string(800, 'o') + R"(","confidence":0.5}]})";
  const std::string chunk = R"({"chunk_length":9,"segments":[)" + segments + "]}";
  std::ofstream file(path, std::ios::binary);
  file << R"({"status":"Succeeded","output":{"page_count":3000,"file_name":"a.pdf","chunks":[)" << chunk;
  for (std::size_t bytes = 0; bytes < 300'000'000; bytes += chunk.size()) file << ",\n" << chunk;
  file
      << R"(]},"task_id":"t","message":"Task succeeded","created_at":"2025-04-24T09:00:00Z","configuration":{}})";
}

TEST(ArtifactsMemory, ReadingAResultOf300MegabytesTakesAFewOfThem) {
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "a sanitizer keeps freed memory";
#endif
  std::string directory = ::testing::TempDir() + "chunkrd-artifacts-XXXXXX";
  ASSERT_TRUE(::mkdtemp(directory.data()));
  const fs::path result = fs::path(directory) / "result.json";
  write_result(result);
  const double megabytes = static_cast<double>(fs::file_size(result)) / 1e6;
  const auto timed = [&](const char* what, auto work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << what << ": " << megabytes / took.count() << " MB/s\n";
  };

  const long before = peak_kib();
  timed("inspect", [&] { EXPECT_TRUE(std::holds_alternative<Summary>(inspect(result))); });
  timed("write_markdown", [&] { write_markdown(result, std::nullopt, fs::path(directory) / "result.md"); });
  const long grown = peak_kib() - before;
  std::cout << "VmHWM grew by " << grown << " KiB\n";
  EXPECT_LT(grown, 32 * 1024);
  fs::remove_all(directory);
}

}  // namespace
}  // namespace chunkrd::artifacts
