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
                        .elapsed = 5min};

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

TEST(TimeLeft, GoesByWhatHasEndedSinceTheBeginning) {
  Progress progress{.parsing = 6, .delivered = 14, .ended_before = 12, .elapsed = 20s};
  EXPECT_EQ(time_left(progress), "1m");
  progress.delivered = 13;
  EXPECT_EQ(time_left(progress), "") << "one says nothing yet";
}

TEST(TimeLeft, IsNotKnownWhilePausedOrWhenAllIsOver) {
  Progress progress{.parsing = 6, .delivered = 14, .elapsed = 20s, .paused = "breaker"};
  EXPECT_EQ(time_left(progress), "");
  progress = {.delivered = 14, .elapsed = 20s};
  EXPECT_EQ(time_left(progress), "");
}

}  // namespace
}  // namespace chunkrd::cli::process
