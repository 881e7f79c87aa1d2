#pragma once

#include <gtest/gtest.h>

#include "tests/unit/pipeline/decisions.h"

namespace chunkrd::pipeline::lifecycle {

/// What holds for every decision, whatever it is about.
inline void expect_sound(const Job& before, const queue::Transition& transition) {
  const Job& after = transition.after;
  EXPECT_EQ(transition.from, before.state);
  EXPECT_EQ(after.lease, before.lease);
  EXPECT_EQ(after.id, before.id);
  EXPECT_FALSE(transition.event.what.empty());
  EXPECT_GE(after.attempts, before.attempts);
  EXPECT_GE(after.possible_duplicates, before.possible_duplicates);
  EXPECT_GE(after.due, kNow);
  if (after.state == State::burying) {
    EXPECT_FALSE(after.error_stage.empty());
    EXPECT_FALSE(after.error_code.empty());
    EXPECT_FALSE(after.error_message.empty()) << "an error without words";
  }
}

inline void expect_decision(const Job& before, const Decision& decision, const Expected& expected,
                            const Policy& policy = {}) {
  const Job& after = decision.transition.after;
  expect_sound(before, decision.transition);
  EXPECT_EQ(to_string(after.state), to_string(expected.state));
  EXPECT_TRUE(is_due(after.due, expected.due, policy)) << (after.due - kNow).count() << " ms from now";
  EXPECT_EQ(decision.signal.kind, expected.signal);
  EXPECT_EQ(after.error_code, expected.error_code);
  EXPECT_EQ(after.attempts - before.attempts, expected.attempts);
  EXPECT_EQ(after.possible_duplicates - before.possible_duplicates, expected.possible_duplicates);
  EXPECT_EQ(after.transient_failures, expected.transient_failures);
}

}  // namespace chunkrd::pipeline::lifecycle
