#include "cli/process/progress_line.h"

#include <gtest/gtest.h>

#include "cli/terminal.h"

namespace chunkrd::cli::process {
namespace {

using namespace std::chrono_literals;

const Progress kHalfWay{.waiting = 10,
                        .parsing = 40,
                        .delivered = 48,
                        .failed = 2,
                        .bytes_sent = 90'000'000,
                        .bytes_to_send = 100'000'000,
                        .elapsed = 5min,
                        .left = 5min};

TEST(AProgressLine, HasABarAndAllNumbersWhereThereIsRoom) {
  EXPECT_EQ(progress_line(kHalfWay, 140),
            "[##############..............] 50/100, 2 failed, about 5m left, 40 parsing, 10 waiting, "
            "48 delivered, 90.0 MB of 100.0 MB sent");
}

TEST(AProgressLine, LeavesOutTheLessImportantWhereThereIsLittle) {
  EXPECT_EQ(progress_line(kHalfWay, 45), "[#####......] 50/100, 2 failed, about 5m left");
  EXPECT_EQ(progress_line(kHalfWay, 20), "50/100, 2 failed");
}

TEST(AProgressLine, IsNeverWiderThanItsTerminal) {
  for (int columns = 10; columns < 200; ++columns)
    EXPECT_LE(display_width(progress_line(kHalfWay, columns)), columns);
}

TEST(AProgressLine, SaysWhyNothingIsSubmittedBeforeAllElse) {
  Progress paused = kHalfWay;
  paused.paused = "quota";
  EXPECT_NE(progress_line(paused, 40).find("50/100, paused: quota"), std::string::npos);
}

TEST(TimeLeft, GoesByTheWorkThatHasEndedSinceTheBeginning) {
  EXPECT_EQ(Estimate().look({.work_left = 300, .work_ended = 100, .ended_here = 3, .elapsed = 20s}),
            Duration(1min));
  EXPECT_EQ(Estimate().look({.work_left = 300, .work_ended = 100, .ended_here = 2, .elapsed = 20s}),
            std::nullopt)
      << "two say nothing yet";
  EXPECT_EQ(Estimate().look({.work_left = 300, .work_ended = 100, .ended_here = 30, .elapsed = 2s}),
            std::nullopt);
}

TEST(TimeLeft, IsNotKnownWhilePausedOrWhenAllIsOver) {
  EXPECT_EQ(Estimate().look(
                {.work_left = 6, .work_ended = 9, .ended_here = 9, .elapsed = 20s, .paused = "breaker"}),
            std::nullopt);
  EXPECT_EQ(Estimate().look({.work_left = 0, .work_ended = 9, .ended_here = 9, .elapsed = 20s}),
            std::nullopt);
}

// Twelve at a time end together, every 40 s: between two bursts each look has more time for the same work.
TEST(TimeLeft, DoesNotSwingWithBursts) {
  Estimate estimate;
  const std::uint64_t all = 120;
  for (Duration now = 0s; now < 400s; now += 200ms) {
    const auto ended = static_cast<std::uint64_t>(now / 40s) * 12;
    const auto told =
        estimate.look({.work_left = all - ended, .work_ended = ended, .ended_here = ended, .elapsed = now});
    if (!told) continue;
    const Duration right = 400s - now;
    EXPECT_LT(*told, right * 3 / 2 + 60s) << now.count();
    EXPECT_GT(*told + 60s, right * 2 / 3) << now.count();
  }
}

}  // namespace
}  // namespace chunkrd::cli::process
