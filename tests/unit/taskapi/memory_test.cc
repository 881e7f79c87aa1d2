// Memory does not follow the document's size.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/support/http_server.h"
#include "tests/unit/taskapi/folder.h"

namespace chunkrd::taskapi {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif

/// Peak memory in KiB of a process that uploads `document` and does nothing else.
long peak_kib(const test::HttpServer& server, const std::filesystem::path& document) {
  const std::string command = std::string(UPLOAD_ONCE) + " " + server.url() + " '" + document.string() + "'";
  std::FILE* const child = ::popen(command.c_str(), "r");
  long peak = 0;
  EXPECT_EQ(std::fscanf(child, "%ld", &peak), 1);
  EXPECT_EQ(::pclose(child), 0) << command;
  return peak;
}

TEST(Memory, AGibibyteTakesNoMoreThanAMebibyte) {
#ifdef UNDER_SANITIZER
  GTEST_SKIP() << "a sanitizer's own memory follows what is allocated and freed";
#endif
  test::HttpServer server({.bodies = test::HttpServer::Bodies::discard, .tls = std::nullopt});
  server.otherwise([](const test::Received&) {
    return test::Reply::json(R"({"task_id":"t","status":"Starting","message":"","configuration":{},)"
                             R"("created_at":"2025-04-24T09:00:00Z"})");
  });
  const Folder folder;
  const auto small = folder.write("small", "");
  const auto large = folder.write("large", "");
  std::filesystem::resize_file(small, 1 << 20);
  std::filesystem::resize_file(large, 1 << 30);  // sparse: takes no disk
  const long small_kib = peak_kib(server, small);
  const long large_kib = peak_kib(server, large);
  RecordProperty("small_kib", std::to_string(small_kib));
  RecordProperty("large_kib", std::to_string(large_kib));
  EXPECT_LE(large_kib - small_kib, 8 * 1024) << small_kib << " KiB, then " << large_kib << " KiB";
  EXPECT_GT(server.requests().back().body_bytes, (std::uint64_t{1} << 30) / 3 * 4);
}

}  // namespace
}  // namespace chunkrd::taskapi
