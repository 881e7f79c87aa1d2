// A profile that is gone from the configuration is no other one.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/pipeline/world.h"

namespace chunkrd::pipeline {
namespace {

using queue::State;

queue::Job add_with_profile(SmallWorld& world, int number, const std::string& profile) {
  queue::Job job = world.add(number, State::ready);
  queue::Job after = job;
  after.profile = profile;
  const queue::Change change = queue::Transition{State::ready, after, {"profile", ""}};
  world.store.apply(std::span(&change, 1), world.clock.now());
  std::ofstream(world.context.rules->place_of(job)->spool.path_of(job.id)) << std::string(1000, 'x');
  return world.store.find(job.id).value();
}

std::shared_ptr<const Rules> rules_with(SmallWorld& world, const std::string& profile) {
  config::Settings settings = world.settings();
  settings.profiles[profile].after_delivery = config::AfterDelivery::remove;
  return make_rules(settings);
}

TEST(AProfileThatIsGone, IsNotTheDefaultOne) {
  SmallWorld world;
  queue::Job job = world.add(1, State::ready);
  job.profile = "secret";
  EXPECT_THROW((void)world.context.rules->policy_of(job), NoSuchProfile);
  EXPECT_THROW((void)world.context.rules->profile_of(job), NoSuchProfile);
  job.wanted_profile = "default";
  job.wanted_settings = "{}";
  EXPECT_NO_THROW((void)world.context.rules->profile_of(job)) << "the one of a reprocess counts";
}

TEST(AProfileThatIsGone, MakesItsDocumentsWaitAndNoOthers) {
  SmallWorld world;
  const queue::Job waiting = add_with_profile(world, 1, "secret");
  add_with_profile(world, 2, "default");
  int creates = 0;
  world.service.on_create = [&creates](auto&&...) {
    ++creates;
    return taskapi::Refusal{400, "no", {}, ""};
  };
  asio::co_spawn(world.loop, world.scheduler.run(), asio::detached);
  EXPECT_TRUE(world.until([&] { return creates == 1; }));
  EXPECT_TRUE(world.until([&] { return world.scheduler.steps_running() == 0; }));
  EXPECT_EQ(world.store.find(waiting.id)->state, State::ready);
  EXPECT_EQ(world.store.find(waiting.id)->lease, waiting.lease) << "it costs nothing";
  EXPECT_TRUE(world.scheduler.missing_profiles().contains("secret")) << "it is told";

  world.context.rules = rules_with(world, "secret");
  world.scheduler.wake();
  EXPECT_TRUE(world.until([&] { return creates == 2; })) << "it goes on when the profile is there again";
  EXPECT_TRUE(world.scheduler.missing_profiles().empty());
  world.scheduler.stop();
  world.until([&] { return world.scheduler.steps_running() == 0; });
}

}  // namespace
}  // namespace chunkrd::pipeline
