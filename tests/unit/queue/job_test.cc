#include "queue/job.h"

#include <gtest/gtest.h>

namespace chunkrd::queue {
namespace {

TEST(State, EveryNameIsReadBack) {
  for (int number = 1; number <= kStateCount; ++number) {
    const auto state = static_cast<State>(number);
    EXPECT_FALSE(to_string(state).empty()) << number;
    EXPECT_EQ(state_from(to_string(state)), state) << number;
  }
}

TEST(State, OtherWordsNameNoState) {
  EXPECT_EQ(state_from(""), std::nullopt);
  EXPECT_EQ(state_from("Ready"), std::nullopt);
  EXPECT_EQ(state_from("ready "), std::nullopt);
  EXPECT_EQ(to_string(State{}), "");
  EXPECT_EQ(to_string(State{kStateCount + 1}), "");
}

TEST(State, TheEndsAreDoneAndBeyond) {
  EXPECT_FALSE(is_end(State::burying));
  EXPECT_TRUE(is_end(State::done));
  EXPECT_TRUE(is_end(State::vanished));
}

}  // namespace
}  // namespace chunkrd::queue
