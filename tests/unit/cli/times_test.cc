#include "cli/times.h"

#include <gtest/gtest.h>

#include "core/iso_time.h"

namespace chunkrd::cli {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = from_iso("2026-11-24T03:04:05.678Z").value();

TEST(AMoment, IsALengthOfTimeAgo) {
  EXPECT_EQ(moment_from("90s", kNow), kNow - 90s);
  EXPECT_EQ(moment_from("5m", kNow), kNow - 5min);
  EXPECT_EQ(moment_from("2h", kNow), kNow - 2h);
  EXPECT_EQ(moment_from("7d", kNow), kNow - 168h);
  EXPECT_EQ(moment_from("2w", kNow), kNow - 336h);
  EXPECT_EQ(moment_from("0s", kNow), kNow);
}

TEST(AMoment, IsADayOrATimeOfDayInUtc) {
  EXPECT_EQ(moment_from("2026-11-01", kNow), from_iso("2026-11-01T00:00:00Z"));
  EXPECT_EQ(moment_from("2026-11-01T09:30", kNow), from_iso("2026-11-01T09:30:00Z"));
  EXPECT_EQ(moment_from("2026-11-01T09:30Z", kNow), from_iso("2026-11-01T09:30:00Z"));
  EXPECT_EQ(moment_from("2026-11-01T09:30:15", kNow), from_iso("2026-11-01T09:30:15Z"));
  EXPECT_EQ(moment_from("2026-11-01T09:30:15.250Z", kNow), from_iso("2026-11-01T09:30:15.250Z"));
}

TEST(AMoment, IsNotGuessed) {
  for (const char* text :
       {"", "h", "2", "2x", "-2h", "2 h", "2h3m", "yesterday", "2026-11", "2026-02-31", "2026-1-1",
        "2026-11-01T9", "99999999999999999999d", "100000001d", "9999999999s", "Z"})
    EXPECT_EQ(moment_from(text, kNow), std::nullopt) << text;
}

TEST(ALength, IsBriefInItsLargestUnit) {
  EXPECT_EQ(brief(-5s), "0s");
  EXPECT_EQ(brief(999ms), "0s");
  EXPECT_EQ(brief(59s), "59s");
  EXPECT_EQ(brief(60s), "1m");
  EXPECT_EQ(brief(59min), "59m");
  EXPECT_EQ(brief(47h), "47h");
  EXPECT_EQ(brief(48h), "2d");
}

TEST(ATime, IsWrittenForPeopleWithoutMilliseconds) {
  EXPECT_EQ(for_people(kNow), "2026-11-24 03:04:05");
}

}  // namespace
}  // namespace chunkrd::cli
