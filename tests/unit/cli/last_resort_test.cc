#include "cli/last_resort.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "cli/process_limits.h"

namespace chunkrd::cli {
namespace {

using namespace std::chrono_literals;

void hang() {
  while (true) ::pause();
}

TEST(LastResort, EndsAProcessThatHangsWhenItIsToStop) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const LastResort last_resort(200ms, ExitCode::ok);
        (void)std::raise(SIGTERM);
        hang();
      },
      ::testing::ExitedWithCode(0), "nothing is lost");
}

TEST(LastResort, AlsoWhenStoppingBeganWithoutASignal) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        LastResort last_resort(1h, ExitCode::interrupted);
        last_resort.set_patience(200ms);
        last_resort.begin();
        hang();
      },
      ::testing::ExitedWithCode(130), "nothing is lost");
}

TEST(LastResort, LeavesAloneWhoEndsInTime) {
  LastResort last_resort(1h, ExitCode::ok);
  last_resort.begin();
}

TEST(OpenFiles, AreCountedByWhatTheConfigurationAllowsAtOnce) {
  config::Settings settings;
  const auto few = open_files_needed(settings);
  settings.limits.polls += 1000;
  EXPECT_EQ(open_files_needed(settings), few + 1000);
  settings.inboxes.resize(3);
  EXPECT_GT(open_files_needed(settings), few + 1000);
}

TEST(OpenFiles, ThatDoNotReachAreSaidToBeTooFew) {
  EXPECT_EQ((OpenFiles{100, 1024}).text().find("LimitNOFILE"), std::string::npos);
  EXPECT_NE((OpenFiles{2000, 1024}).text().find("LimitNOFILE"), std::string::npos);
}

}  // namespace
}  // namespace chunkrd::cli
