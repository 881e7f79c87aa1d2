// The day's budget holds whatever becomes of the answers.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/pipeline/world.h"

namespace chunkrd::pipeline {
namespace {

using queue::State;
using taskapi::NoAnswer;

constexpr int kBudget = 3, kDocuments = 10;

void add_documents(SmallWorld& world) {
  for (int i = 1; i <= kDocuments; ++i) {
    const queue::Job job = world.add(i, State::ready);
    std::ofstream(world.context.rules->place_of(job)->spool.path_of(job.id)) << std::string(1000, 'x');
  }
}

std::int64_t in(SmallWorld& world, State state) {
  return world.store.counts()[static_cast<std::size_t>(state)];
}

// The service takes it and its answer is lost; whether there is a task nobody can tell.
void lose_answers(SmallWorld& world, int& creates) {
  world.service.on_create = [&creates](auto&&...) {
    ++creates;
    return NoAnswer{NoAnswer::Request::maybe_sent, NoAnswer::Cause::timeout, "lost"};
  };
}

TEST(Budget, HoldsAlthoughTheAnswersAreLost) {
  SmallWorld world;
  add_documents(world);
  int creates = 0;
  lose_answers(world, creates);
  world.gate.set_budget({.documents = kBudget});
  asio::co_spawn(world.loop, world.scheduler.run(), asio::detached);
  EXPECT_TRUE(world.until(
      [&] { return in(world, State::submitting) >= kBudget && world.scheduler.steps_running() == 0; }));
  EXPECT_TRUE(world.gate.paused(Pause::budget));
  EXPECT_EQ(creates, kBudget);
  world.scheduler.stop();
  world.until([&] { return world.scheduler.steps_running() == 0; });
}

TEST(Budget, CountsWhatWasLeftInDoubtByTheDaemonBefore) {
  SmallWorld world;
  for (int i = 20; i < 20 + kBudget; ++i) {
    queue::Job job = world.add(i, State::ready);
    queue::Job lost = job;
    lost.state = State::submitting;
    lost.tag = "tag";
    lost.intent_at = world.clock.now();
    lost.due = world.clock.now() + std::chrono::hours(1);
    const queue::Change change = queue::Transition{State::ready, lost, {"lost", ""}};
    world.store.apply(std::span(&change, 1), world.clock.now());
  }
  add_documents(world);
  int creates = 0;
  lose_answers(world, creates);
  world.gate.set_budget({.documents = kBudget});
  asio::co_spawn(world.loop, world.scheduler.run(), asio::detached);
  EXPECT_TRUE(world.until([&] { return world.gate.paused(Pause::budget); }));
  for (int i = 0; i < 20; ++i) world.loop.run_one_for(std::chrono::milliseconds(10));
  EXPECT_EQ(creates, 0);
  world.scheduler.stop();
  world.until([&] { return world.scheduler.steps_running() == 0; });
}

}  // namespace
}  // namespace chunkrd::pipeline
