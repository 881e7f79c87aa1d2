#include "core/ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace chunkrd {
namespace {

using ::testing::MatchesRegex;
using namespace std::chrono_literals;

class Constant final : public Random {
 public:
  explicit Constant(std::uint64_t bits) : bits_(bits) {}
  std::uint64_t next() override { return bits_; }

 private:
  std::uint64_t bits_;
};

TEST(JobId, SortsByTimeWhateverTheRandomPartIs) {
  Constant high(~std::uint64_t{0}), low(0);
  WallTime time(1'745'485'200'000ms);
  for (const Duration step : {1ms, 31ms, 32ms, 1024ms, 86'400'000ms}) {
    EXPECT_LT(make_job_id(time, high), make_job_id(time + step, low)) << step.count();
    time += step;
  }
}

TEST(JobId, Has26CharactersThatFitAnyFileName) {
  SystemRandom random;
  EXPECT_THAT(make_job_id(WallTime(1'745'485'200'000ms), random), MatchesRegex("[0-9a-hjkmnp-tv-z]{26}"));
}

TEST(Tag, Has20CharactersThatFitAnAsciiFileName) {
  SystemRandom random;
  EXPECT_THAT(make_tag(random), MatchesRegex("[0-9a-z]{20}"));
}

TEST(Tag, IsMadeFromAllItsRandomBits) {
  Constant high(~std::uint64_t{0}), low(0);
  EXPECT_EQ(make_tag(high), "zzzzzzzzzzzzzzzzzzzz");
  EXPECT_EQ(make_tag(low), "00000000000000000000");
}

TEST(SystemRandomNumbers, DoNotRepeat) {
  SystemRandom random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.next());
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(RandomFraction, IsInItsHalfOpenRange) {
  Constant high(~std::uint64_t{0}), low(0), middle(std::uint64_t{1} << 63);
  EXPECT_EQ(low.fraction(), 0.0);
  EXPECT_EQ(middle.fraction(), 0.5);
  EXPECT_LT(high.fraction(), 1.0);
  EXPECT_GT(high.fraction(), 0.999999);
}

}  // namespace
}  // namespace chunkrd
