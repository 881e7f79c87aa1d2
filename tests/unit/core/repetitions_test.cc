#include "core/repetitions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <vector>

#include "core/log_about.h"
#include "core/logging.h"

namespace chunkrd {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Kept final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  std::vector<std::string> lines;

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    lines.emplace_back(message.payload.data(), message.payload.size());
  }
  void flush_() override {}
};

class Repeating : public ::testing::Test {
 protected:
  void SetUp() override {
    before = spdlog::default_logger();
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<Repetitions>(kept, [this] { return now; })));
  }
  void TearDown() override { spdlog::set_default_logger(before); }

  std::chrono::steady_clock::time_point now{};
  std::shared_ptr<Kept> kept = std::make_shared<Kept>();
  std::shared_ptr<spdlog::logger> before;
};

TEST_F(Repeating, TheSameErrorAThousandTimesIsALineAMinuteWithItsNumber) {
  for (int i = 0; i < 1000; ++i) {
    spdlog::error("the disk is full");
    now += 100ms;
  }
  EXPECT_THAT(kept->lines,
              ElementsAre("the disk is full", "the disk is full (599 times in the last minute)"));
  now += 60s;
  spdlog::default_logger()->flush();
  EXPECT_EQ(kept->lines.back(), "the disk is full (400 times in the last minute)");
}

TEST_F(Repeating, WhatIsDifferentOrNoTroubleIsALineEach) {
  spdlog::warn("one");
  spdlog::warn("two");
  for (int i = 0; i < 3; ++i) spdlog::info("delivered");
  EXPECT_THAT(kept->lines, ElementsAre("one", "two", "delivered", "delivered", "delivered"));
}

TEST_F(Repeating, WhatStopsIsToldOnceMoreAndThenNews) {
  spdlog::warn("gone");
  spdlog::warn("gone");
  now += 61s;
  spdlog::default_logger()->flush();
  EXPECT_THAT(kept->lines, ElementsAre("gone", "gone"));
  now += 61s;
  spdlog::default_logger()->flush();
  EXPECT_EQ(kept->lines.size(), 2u);
  spdlog::warn("gone");
  EXPECT_EQ(kept->lines.size(), 3u);
}

TEST_F(Repeating, ACauseThatAllDocumentsHaveIsOneLine) {
  for (const char* job : {"a", "b", "c"}) {
    log_about(spdlog::level::warn, "error", {.job = job, .state = "ready"}, "no space", Alike::all_documents);
    log_about(spdlog::level::warn, "failed", {.job = job, .state = "failed"}, "empty_file");
  }
  EXPECT_THAT(kept->lines,
              ElementsAre("error job=a state=ready no space", "failed job=a state=failed empty_file",
                          "failed job=b state=failed empty_file", "failed job=c state=failed empty_file"));
}

TEST_F(Repeating, WhatAPersonHasAskedForIsAnsweredEachTime) {
  for (int i = 0; i < 2; ++i) {
    const LoggedAnew asked;
    spdlog::error("the configuration stays as it was");
  }
  EXPECT_EQ(kept->lines.size(), 2u);
}

TEST_F(Repeating, AThousandDifferentErrorsAreNotKeptForEver) {
  spdlog::warn("first");
  spdlog::warn("first");
  for (int i = 0; i < 1000; ++i) {
    now += 1ms;
    spdlog::warn("error {}", i);
  }
  EXPECT_EQ(kept->lines.size(), 1002u) << "the count of what was let go is told";
}

}  // namespace
}  // namespace chunkrd
