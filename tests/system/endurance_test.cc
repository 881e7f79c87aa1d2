// Memory follows the work in flight: neither the size of a document nor the number of documents.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr long kMiB = 1024;  // in KiB

// A PDF by its first bytes; the rest is a hole.
void drop_large(const Installation& home, const std::string& name, std::uint64_t size_bytes) {
  const fs::path temporary = home.inbox / ".large.part";
  write_file(temporary, "%PDF-1.4\n");
  fs::resize_file(temporary, size_bytes);
  fs::rename(temporary, home.inbox / name);
}

TEST(Endurance, UploadingOneGibibyteTakesNoMoreMemoryThanOneMebibyte) {
  Installation home;
  home.limits = "submits_per_second: 1000, document_bytes: 2GiB";
  home.api_options = "answer_timeout: 10m";
  home.start_service("- do: {parse: {instead: text}}\n", {"--max-body", "2147483648"});
  home.start_daemon();
  drop_large(home, "small.pdf", 1 << 20);
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  const long before_kib = home.daemon().peak_memory_kib();
  drop_large(home, "large.pdf", 1 << 30);
  ASSERT_TRUE(home.wait_for_ends(2, 10min)) << home.daemon_log();
  ASSERT_TRUE(fs::exists(home.outbox / "large.pdf.json")) << home.daemon_log();
  const long after_kib = home.daemon().peak_memory_kib();
  std::printf("peak memory: %ld KiB after 1 MiB, %ld KiB after 1 GiB\n", before_kib, after_kib);
  EXPECT_LE(after_kib - before_kib, 8 * kMiB);
}

TEST(Endurance, TenThousandDocumentsGoThroughInFlatMemoryWithFewPolls) {
  const char* wanted = std::getenv("CHUNKRD_MANY_DOCUMENTS");
  const int documents = wanted == nullptr ? 10'000 : std::atoi(wanted);
  Installation home;
  home.start_service("- do: {parse: {instead: text, delay: 20ms}}\n", {"--workers", "16"});
  for (int i = 0; i < documents; ++i)
    write_file(home.inbox / fmt::format("{:06}.txt", i), "a small document");
  home.log_level = "warning";
  home.start_daemon();
  const auto delivered = [&] { return home.metric(R"(chunkrd_documents_total{outcome="delivered"})"); };
  ASSERT_TRUE(eventually([&] { return delivered() >= documents / 2; }, 20min));
  const long half_kib = home.daemon().peak_memory_kib();
  ASSERT_TRUE(eventually([&] { return delivered() >= documents; }, 20min));
  const long end_kib = home.daemon().peak_memory_kib();
  const double polls = home.metric(R"(chunkrd_api_requests_total{class="2xx",operation="get"})");
  std::printf("peak memory: %ld KiB at half, %ld KiB at the end; %.2f polls a document\n", half_kib, end_kib,
              polls / documents);
  EXPECT_LE(end_kib, 64 * kMiB);
  EXPECT_LE(end_kib - half_kib, 4 * kMiB);
  EXPECT_LE(polls, 3.0 * documents);
  EXPECT_EQ(files_below(home.outbox).size(), 2u * static_cast<unsigned>(documents));
  EXPECT_TRUE(files_below(home.failed).empty());
  for (const auto& [name, tasks] : home.tasks_by_document()) ASSERT_EQ(tasks.created, 1) << name;
}

}  // namespace
}  // namespace chunkrd::tests
