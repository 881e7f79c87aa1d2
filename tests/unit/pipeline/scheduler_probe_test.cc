// Who waits for a probe to end goes on when it has ended, whatever came of it.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/pipeline/world.h"

namespace chunkrd::pipeline {
namespace {

using lifecycle::Signal;
using queue::State;

TEST(Scheduler, AProbeOfAnUpdateDoesNotLeaveTheReadyDocumentsAsleep) {
  SmallWorld world;
  queue::Job updated = world.add(1, State::ready);
  queue::Job updating = updated;
  updating.state = State::updating;
  updating.task_id = "task-1";
  updating.wanted_profile = "default";
  updating.wanted_settings = R"({"high_resolution":true})";
  const queue::Change change = queue::Transition{State::ready, updating, {"asked", ""}};
  world.store.apply(std::span(&change, 1), world.clock.now());
  const queue::Job ready = world.add(2, State::ready);
  std::ofstream(world.context.rules->place_of(ready)->spool.path_of(ready.id)) << std::string(1000, 'x');
  for (int i = 0; i < 5; ++i)
    world.gate.hear({Signal::Kind::trouble, {}, Signal::Source::submit}, world.clock.now(), 0.0);
  ASSERT_TRUE(world.gate.paused(Pause::breaker));
  // Says nothing about whether submits get through.
  int updates = 0, creates = 0;
  world.service.on_update = [&](auto&&...) {
    ++updates;
    return taskapi::Refusal{404, "Task not found", {}, ""};
  };
  world.service.on_create = [&](auto&&...) {
    ++creates;
    return taskapi::Refusal{503, "", {}, ""};
  };
  asio::co_spawn(world.loop, world.scheduler.run(), asio::detached);
  EXPECT_TRUE(world.until([&] { return updates > 0; }));
  EXPECT_TRUE(world.until([&] { return creates > 0; })) << "ready documents are not looked at any more";
  world.scheduler.stop();
  world.until([&] { return world.scheduler.steps_running() == 0; });
}

}  // namespace
}  // namespace chunkrd::pipeline
