#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "metrics/process_metrics.h"
#include "tests/unit/metrics/samples.h"

namespace chunkrd::metrics {
namespace {

struct Verdict {
  int exit_code;
  std::string text;
};

// What Debian's promtool says about an exposition.
Verdict promtool(const std::string& exposition) {
  std::string input = ::testing::TempDir() + "/chunkrd-promtool-XXXXXX";
  const int fd = ::mkstemp(input.data());
  EXPECT_EQ(::write(fd, exposition.data(), exposition.size()), static_cast<ssize_t>(exposition.size()));
  ::close(fd);
  FILE* pipe = ::popen(("promtool check metrics <" + input + " 2>&1").c_str(), "r");
  Verdict verdict{-1, {}};
  char buffer[4096];
  while (const std::size_t count = ::fread(buffer, 1, sizeof buffer, pipe))
    verdict.text.append(buffer, count);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) verdict.exit_code = WEXITSTATUS(status);
  ::unlink(input.c_str());
  return verdict;
}

TEST(Promtool, HasNothingToSayAboutTheMetrics) {
  DaemonMetrics metrics("1.2.3");
  populate(metrics);
  const ProcessMetrics process;
  const Health health;
  const Sources sources{.metrics = {&metrics.registry(), &process}, .health = &health};
  const Verdict verdict = promtool(page_at("/metrics", sources).body);
  EXPECT_EQ(verdict.exit_code, 0) << verdict.text;
  EXPECT_EQ(verdict.text, "");
}

TEST(Promtool, WouldSaySomething) {
  EXPECT_NE(promtool("# HELP x_bytes_total X.\n# TYPE x_bytes_total gauge\nx_bytes_total 1\n").exit_code, 0);
}

}  // namespace
}  // namespace chunkrd::metrics
