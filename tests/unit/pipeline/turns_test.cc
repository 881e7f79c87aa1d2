#include "pipeline/turns.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace chunkrd::pipeline {
namespace {

std::map<std::string, std::vector<queue::Job>> ready(std::map<std::string, int> counts) {
  std::map<std::string, std::vector<queue::Job>> jobs;
  for (const auto& [profile, count] : counts)
    for (int i = 0; i < count; ++i) {
      queue::Job job;
      job.profile = profile;
      job.id = profile + std::to_string(i);
      jobs[profile].push_back(job);
    }
  return jobs;
}

Turns::Profiles profiles(std::map<std::string, int> weights) {
  Turns::Profiles result;
  for (const auto& [name, weight] : weights) result[name].weight = weight;
  return result;
}

// Who is begun when there is place for one at a time and the backlogs never end.
std::string begun(Turns& turns, const Turns::Profiles& of, std::map<std::string, int> backlog, int count) {
  std::string order;
  for (int i = 0; i < count; ++i) {
    const queue::Job next = turns.in_turn(ready(backlog), of).front();
    turns.took(next.profile, of);
    order += next.profile;
  }
  return order;
}

TEST(Turns, ProfilesOfOneWeightAlternate) {
  Turns turns;
  EXPECT_EQ(begun(turns, profiles({{"a", 1}, {"b", 1}}), {{"a", 500}, {"b", 5}}, 8), "abababab");
}

TEST(Turns, AWeightIsAShare) {
  Turns turns;
  const std::string order = begun(turns, profiles({{"a", 3}, {"b", 1}}), {{"a", 9}, {"b", 9}}, 400);
  EXPECT_EQ(std::count(order.begin(), order.end(), 'a'), 300);
}

TEST(Turns, AProfileAloneGetsEverything) {
  Turns turns;
  EXPECT_EQ(begun(turns, profiles({{"a", 1}, {"b", 100}}), {{"a", 9}}, 4), "aaaa");
}

TEST(Turns, WhoWasAwayHasSavedUpOneTurnAtMost) {
  Turns turns;
  const auto of = profiles({{"a", 1}, {"b", 1}});
  begun(turns, of, {{"a", 9}}, 100);
  EXPECT_EQ(begun(turns, of, {{"a", 9}, {"b", 9}}, 6), "bababa");
}

TEST(Turns, WithinAProfileTheOrderStays) {
  const auto order = Turns().in_turn(ready({{"a", 3}, {"b", 1}}), profiles({{"a", 1}, {"b", 1}}));
  std::string ids;
  for (const auto& job : order) ids += job.id + " ";
  EXPECT_EQ(ids, "a0 b0 a1 a2 ");
}

TEST(Turns, AProfileThatIsNotConfiguredAnyMoreHasItsTurnToo) {
  Turns turns;
  EXPECT_EQ(begun(turns, profiles({{"a", 1}}), {{"a", 9}, {"gone", 9}}, 2), "agone");
}

}  // namespace
}  // namespace chunkrd::pipeline
