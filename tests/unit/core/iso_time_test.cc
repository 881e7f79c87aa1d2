#include "core/iso_time.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace chunkrd {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNine{std::chrono::sys_days(std::chrono::April / 24 / 2025) + 9h};

TEST(IsoTime, IsWrittenWithMillisecondsInUtc) {
  EXPECT_EQ(to_iso(kNine), "2025-04-24T09:00:00.000Z");
  EXPECT_EQ(to_iso(kNine + 123ms), "2025-04-24T09:00:00.123Z");
  EXPECT_EQ(to_iso(WallTime(-1ms)), "1969-12-31T23:59:59.999Z");
}

TEST(IsoTime, IsReadWithAnyFraction) {
  EXPECT_EQ(from_iso("2025-04-24T09:00:00Z"), kNine);
  EXPECT_EQ(from_iso("2025-04-24T09:00:00.5Z"), kNine + 500ms);
  EXPECT_EQ(from_iso("2025-04-24T09:00:00.12Z"), kNine + 120ms);
  EXPECT_EQ(from_iso("2025-04-24T09:00:00.123999Z"), kNine + 123ms);
  EXPECT_EQ(from_iso("2025-04-24T09:00:00.123456789Z"), kNine + 123ms);
  EXPECT_EQ(from_iso("2025-04-24T09:00:00.123456789012345Z"), kNine + 123ms);
  EXPECT_EQ(from_iso("1969-12-31T23:59:59.999Z"), WallTime(-1ms));
}

TEST(IsoTime, IsReadWithAnyOffset) {
  EXPECT_EQ(from_iso("2025-04-24T09:00:00+00:00"), kNine);
  EXPECT_EQ(from_iso("2025-04-24T09:00:00-00:00"), kNine);
  EXPECT_EQ(from_iso("2025-04-24T11:00:00.250+02:00"), kNine + 250ms);
  EXPECT_EQ(from_iso("2025-04-24T05:30:00-03:30"), kNine);
  EXPECT_EQ(from_iso("2025-04-24t09:00:00z"), kNine) << "RFC 3339 allows small letters";
}

TEST(IsoTime, ReadsWhatIsFarAway) {
  EXPECT_EQ(from_iso("9999-12-31T23:59:59Z"),
            WallTime(std::chrono::sys_days(std::chrono::December / 31 / 9999) + 24h - 1s));
  EXPECT_EQ(from_iso("0001-01-01T00:00:00Z"), WallTime(std::chrono::sys_days(std::chrono::January / 1 / 1)));
}

TEST(IsoTime, ReadsNothingElse) {
  for (const char* text : {"",
                           "now",
                           "2025-04-24",
                           "2025-04-24T09:00:00",
                           "2025-04-24 09:00:00Z",
                           "2025-04-24T09:00Z",
                           "2025-4-24T09:00:00Z",
                           "25-04-24T09:00:00Z",
                           "2025-02-30T09:00:00Z",
                           "2025-13-01T09:00:00Z",
                           "2025-04-24T25:00:00Z",
                           "2025-04-24T09:61:00Z",
                           "2025-04-24T09:00:00.Z",
                           "2025-04-24T09:00:00,5Z",
                           "2025-04-24T09:00:00ZZ",
                           "2025-04-24T09:00:00Z ",
                           " 2025-04-24T09:00:00Z",
                           "2025-04-24T09:00:00+2",
                           "2025-04-24T09:00:00+0200",
                           "2025-04-24T09:00:00.5",
                           "-025-04-24T09:00:00Z",
                           "1745485200"})
    EXPECT_EQ(from_iso(text), std::nullopt) << text;
}

TEST(IsoTime, ReadsWhatItHasWritten) {
  EXPECT_TRUE(rc::check([] {
    // Year 1 to 9999.
    const WallTime time(Duration(*rc::gen::inRange<std::int64_t>(-62'135'596'800'000, 253'402'300'800'000)));
    RC_ASSERT(from_iso(to_iso(time)) == time);
  }));
}

TEST(IsoTime, AnyTextIsReadOrRefusedButNeverBreaks) {
  EXPECT_TRUE(rc::check([] {
    std::string text = to_iso(kNine);
    text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
    text.resize(*rc::gen::inRange<std::size_t>(0, text.size() + 1));
    if (const auto time = from_iso(text)) RC_ASSERT(from_iso(to_iso(*time)) == *time);
  }));
}

}  // namespace
}  // namespace chunkrd
