// Which transfers are ended, and when: the rules alone, with times that come in.
#include "http/pace.h"

#include <gmock/gmock.h>

namespace chunkrd::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Answer = Pace::Answer;

constexpr std::uint64_t kMiB = 1 << 20;

/// A transfer of which something is seen each second.
class Transfer {
 public:
  explicit Transfer(Timeouts timeouts, std::uint64_t request_bytes = 0, Answer answer = Answer::file)
      : pace_(timeouts, request_bytes, answer, now_) {}

  /// Moves `bytes` in each second, for so long; true if it was not ended.
  bool lives(Duration time, std::uint64_t bytes = 0) {
    for (const auto end = now_ + time; now_ < end;) {
      now_ += 1s;
      (seen.head_complete ? seen.received : seen.left) += bytes;
      if (const auto why = pace_.look(seen, now_)) {
        why_ = *why;
        return false;
      }
    }
    return true;
  }

  Pace::Seen seen{.connected = true};
  std::string why_;

 private:
  Pace::Clock::time_point now_{1h};
  Pace pace_;
};

Timeouts a_minute() {
  return {.connect = 10s, .stall = 60s, .least_rate = 4096, .answer = 60s};
}

TEST(Pace, AConnectionThatDoesNotComeAboutIsEnded) {
  Transfer transfer(a_minute());
  transfer.seen.connected = false;
  EXPECT_FALSE(transfer.lives(30s));
}

TEST(Pace, AnUploadHasAllTheTimeItsLeastRateGives) {
  Transfer transfer(a_minute(), 1024 * kMiB);
  EXPECT_TRUE(transfer.lives(20h, 4096));
}

TEST(Pace, AnUploadThatDripsIsEnded) {
  Transfer transfer(a_minute(), 1024 * kMiB);
  EXPECT_FALSE(transfer.lives(2min, 4000));
  EXPECT_THAT(transfer.why_, HasSubstr("too slow"));
}

TEST(Pace, AnUploadThatStopsIsEnded) {
  Transfer transfer(a_minute(), 1024 * kMiB);
  EXPECT_TRUE(transfer.lives(59s, kMiB));
  EXPECT_FALSE(transfer.lives(62s));
  EXPECT_THAT(transfer.why_, HasSubstr("nothing moved"));
}

TEST(Pace, TheAnswerIsWaitedForFromWhenTheLastByteHasLeft) {
  Transfer transfer(a_minute(), kMiB, Answer::small);
  EXPECT_TRUE(transfer.lives(200s, 5000));
  transfer.seen.request_left = true;
  EXPECT_TRUE(transfer.lives(61s));
  EXPECT_FALSE(transfer.lives(5s));
  EXPECT_THAT(transfer.why_, HasSubstr("no answer"));
}

TEST(Pace, AStallIsNoReasonToEndTheWaitForAnAnswer) {
  Timeouts patient = a_minute();
  patient.answer = 10min;
  Transfer transfer(patient, 1000, Answer::small);
  transfer.seen.request_left = true;
  EXPECT_TRUE(transfer.lives(599s));
  EXPECT_FALSE(transfer.lives(10s));
}

TEST(Pace, AGiBIsGivenTheTimeToBeDigested) {
  Transfer transfer(a_minute(), 1024 * kMiB, Answer::small);
  transfer.seen.request_left = true;
  EXPECT_TRUE(transfer.lives(30min));
  EXPECT_FALSE(transfer.lives(30min));
}

TEST(Pace, ASmallAnswerIsToBeCompleteInItsTime) {
  Transfer transfer(a_minute(), 0, Answer::small);
  transfer.seen.request_left = true;
  EXPECT_TRUE(transfer.lives(30s));
  transfer.seen.head_complete = true;
  EXPECT_TRUE(transfer.lives(29s, 100'000));
  EXPECT_FALSE(transfer.lives(5s, 100'000));
}

TEST(Pace, AHeadThatDripsIsEnded) {
  Transfer transfer(a_minute());
  transfer.seen.request_left = true;
  EXPECT_FALSE(transfer.lives(61s));
}

TEST(Pace, AFileHasAllTheTimeItsLeastRateGives) {
  Transfer transfer(a_minute());
  transfer.seen.request_left = transfer.seen.head_complete = true;
  EXPECT_TRUE(transfer.lives(2h, 4096));
}

TEST(Pace, AFileThatDripsIsEnded) {
  Transfer transfer(a_minute());
  transfer.seen.request_left = transfer.seen.head_complete = true;
  EXPECT_FALSE(transfer.lives(2min, 3));
}

TEST(Pace, TheEndOfAFileMayBeShort) {
  Transfer transfer(a_minute());
  transfer.seen.request_left = transfer.seen.head_complete = true;
  transfer.seen.expected = 5000 * 60 + 6000;
  EXPECT_TRUE(transfer.lives(60s, 5000));
  EXPECT_TRUE(transfer.lives(59s, 100));
}

TEST(Pace, NoTransferTakesMoreThanADay) {
  Transfer transfer(a_minute());
  transfer.seen.request_left = transfer.seen.head_complete = true;
  EXPECT_FALSE(transfer.lives(25h, 100'000));
}

TEST(Pace, WhatStandsStillForAFileHereIsCountedAnewWhenThatGoesOn) {
  Transfer transfer(a_minute());
  transfer.seen.request_left = transfer.seen.head_complete = true;
  EXPECT_TRUE(transfer.lives(30s));
  transfer.seen.held = true;
  transfer.seen.holds = 1;
  EXPECT_TRUE(transfer.lives(10h));
  transfer.seen.held = false;
  EXPECT_TRUE(transfer.lives(59s));
  transfer.seen.holds = 2;  // a short one, between two looks
  EXPECT_TRUE(transfer.lives(59s));
  EXPECT_FALSE(transfer.lives(10s));
}

TEST(Pace, ATransferThatWaitsForItsFileEndsAfterADayToo) {
  Transfer transfer(a_minute());
  transfer.seen.held = true;
  EXPECT_FALSE(transfer.lives(25h));
}

TEST(Pace, AnEarlyAnswerIsReadAlthoughTheRequestWaits) {
  Transfer transfer(a_minute(), 1024 * kMiB, Answer::small);
  EXPECT_TRUE(transfer.lives(100s, 5000));
  transfer.seen.head_complete = true;
  EXPECT_TRUE(transfer.lives(60s, 10));
}

}  // namespace
}  // namespace chunkrd::http
