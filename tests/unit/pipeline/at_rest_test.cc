// Wishes that no daemon has answered.
#include <gtest/gtest.h>

#include "pipeline/commands.h"
#include "tests/unit/pipeline/world.h"

namespace chunkrd::pipeline {
namespace {

using queue::Command;
using queue::CommandKind;
using Outcome = queue::CommandAnswer::Outcome;

Command ask(SmallWorld& world, CommandKind kind, std::string job = {}, std::string arguments = "{}") {
  Command command{0, world.clock.now(), kind, std::move(job), std::move(arguments)};
  command.seq = world.store.ask(command);
  return command;
}

std::string paused(SmallWorld& world) {
  return world.store.note(kOperatorPauseNote).value_or("");
}

TEST(AWish, ToDrainEndsWithTheDaemonThatItWasFor) {
  SmallWorld world;
  const Command drain = ask(world, CommandKind::drain);
  end_wishes_of_the_daemon_before(world.store, world.clock.mark());
  EXPECT_EQ(world.store.answer_of(drain.seq)->outcome, Outcome::refused)
      << "the next daemon would end at once";
}

TEST(AWish, ToPauseHoldsForTheNextDaemon) {
  SmallWorld world;
  ask(world, CommandKind::pause, {}, R"({"reason":"checked"})");
  end_wishes_of_the_daemon_before(world.store, world.clock.mark());
  EXPECT_EQ(paused(world), "checked");
}

TEST(AWish, OutranksAnEarlierOneThatNobodyHasAnswered) {
  SmallWorld world;
  const Command pause = ask(world, CommandKind::pause);
  const Command resume = ask(world, CommandKind::resume);
  carry_out_at_rest(world.store, resume, world.clock.mark());
  EXPECT_EQ(paused(world), "");
  EXPECT_TRUE(world.store.answer_of(pause.seq));
  EXPECT_TRUE(world.store.pending_commands(9).empty()) << "it would pause the next daemon again";
}

TEST(AWish, OfOneDocumentLeavesThoseOfOthersPending) {
  SmallWorld world;
  const auto one = world.add(1, queue::State::ready), other = world.add(2, queue::State::ready);
  const Command first = ask(world, CommandKind::cancel, one.id),
                second = ask(world, CommandKind::cancel, other.id);
  carry_out_at_rest(world.store, second, world.clock.mark());
  EXPECT_FALSE(world.store.answer_of(first.seq));
}

}  // namespace
}  // namespace chunkrd::pipeline
