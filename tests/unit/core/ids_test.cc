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

TEST(JobId, SaysWhenTheJobWasFound) {
  SystemRandom random;
  const WallTime time(1'745'485'200'123ms);
  EXPECT_EQ(time_of_job_id(make_job_id(time, random)), time);
}

TEST(JobId, IsToldFromOtherNames) {
  for (const std::string_view name :
       {"", "report.pdf", "01jf8z3r5x0123456789abcde", "01jf8z3r5x0123456789abcdef0",
        "01JF8Z3R5X0123456789ABCDEF", "01jf8z3r5x0123456789abcdei"})
    EXPECT_EQ(time_of_job_id(name), std::nullopt) << name;
}

constexpr const char* kJob = "01jf8z3r5x0123456789abcdef";

TEST(Tag, Has20CharactersThatFitAnAsciiFileName) {
  SystemRandom random;
  EXPECT_THAT(make_tag(kJob, random), MatchesRegex("[0-9a-z]{20}"));
}

TEST(Tag, BeginsWithItsJobAndEndsWithItsAttempt) {
  Constant high(~std::uint64_t{0}), low(0);
  EXPECT_EQ(make_tag(kJob, high), "0123456789abcdefzzzz");
  EXPECT_EQ(make_tag(kJob, low), "0123456789abcdef0000");
}

TEST(Tag, LeadsFromTheSubmittedNameBackToItsJob) {
  SystemRandom random;
  const std::string tag = make_tag(kJob, random);
  for (const std::string& name :
       {"report-" + tag + ".pdf", "a-b-" + tag, "-" + tag + ".tar", "x-" + job_mark(kJob) + ".pdf"})
    EXPECT_EQ(job_mark_in(name), job_mark(kJob)) << name;
}

TEST(Tag, IsNotSeenInNamesThatAreNotOurs) {
  for (const char* name : {"", "report.pdf", "report-2026.pdf", "-", "0123456789abcdef0000.pdf",
                           "report-0123456789ABCDEF0000.pdf", "report-0123456789abcdef00000.pdf",
                           "report-0123456789abcdef000.pdf"})
    EXPECT_EQ(job_mark_in(name), "") << name;
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
