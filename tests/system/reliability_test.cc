// kill -9 at random moments: every document ends once, and is paid for once.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>

#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;

int from_environment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

std::string name_of(int document) {
  return fmt::format("document-{:04}.txt", document);
}

void expect_each_ended_once(Installation& home, int documents) {
  const auto tasks = home.tasks_by_document();
  for (int i = 0; i < documents; ++i) {
    const std::string name = name_of(i);
    EXPECT_TRUE(fs::exists(home.outbox / (name + ".json"))) << name;
    EXPECT_TRUE(fs::exists(home.outbox / (name + ".md"))) << name;
    EXPECT_TRUE(fs::exists(home.archive / name)) << name;
    ASSERT_TRUE(tasks.contains(name)) << name;
    EXPECT_EQ(tasks.at(name).succeeded, 1) << name << ": tasks that were paid";
  }
  EXPECT_EQ(files_below(home.outbox).size(), 2u * static_cast<unsigned>(documents));
  EXPECT_EQ(files_below(home.archive).size(), static_cast<unsigned>(documents));
  EXPECT_TRUE(files_below(home.failed).empty());
  EXPECT_TRUE(files_below(home.inbox).empty());
  EXPECT_TRUE(files_below(home.state / "spool").empty());
}

TEST(Reliability, KillMinusNineAtRandomMomentsLosesAndDoublesNothing) {
  const int documents = from_environment("CHUNKRD_KILL_DOCUMENTS", 500);
  const int kills = from_environment("CHUNKRD_KILLS", 200);
  const int seed = from_environment("CHUNKRD_KILL_SEED", static_cast<int>(std::random_device{}() & 0xFFFF));
  SCOPED_TRACE(fmt::format("CHUNKRD_KILL_SEED={}", seed));
  std::mt19937 random(static_cast<unsigned>(seed));

  Installation home;
  home.inbox_options = "settle: 20ms";
  home.start_service("- do: {parse: {instead: text, delay: 30ms}}\n", {"--workers", "4"});
  int dropped = 0;
  for (int kill = 0; kill < kills; ++kill) {
    home.start_daemon();
    // Some new documents for each life, so that every kill meets documents at every step.
    while (dropped < documents * (kill + 1) / kills) {
      // Each its own content: for equal ones one result would do.
      home.drop(name_of(dropped), "content of " + name_of(dropped));
      ++dropped;
    }
    const auto life = std::chrono::milliseconds(std::uniform_int_distribution<>(0, 350)(random));
    const auto end = std::chrono::steady_clock::now() + life;
    while (std::chrono::steady_clock::now() < end) rest();
    home.daemon().signal(SIGKILL);
    home.daemon().wait(std::chrono::seconds(10));
  }
  home.start_daemon();
  ASSERT_TRUE(eventually([&] { return files_below(home.archive).size() == static_cast<unsigned>(documents); },
                         std::chrono::minutes(5)))
      << home.daemon_log().substr(home.daemon_log().size() - 4000);
  ASSERT_TRUE(home.stop_daemon());
  expect_each_ended_once(home, documents);
  RecordProperty("kills", kills);
}

}  // namespace
}  // namespace chunkrd::tests
