// An earlier result is found wherever one lies whole.
#include "pipeline/reuse.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/pipeline/world.h"

namespace chunkrd::pipeline {
namespace {

using queue::Job;
using queue::State;

// A document with the same bytes and settings as the others, and its result in the outbox.
Job add_delivered(SmallWorld& world, int number) {
  Job job = world.add(number, State::delivered);
  auto outbox = world.context.rules->place_of(job)->open_outbox();
  const auto result = outbox.prepare(job.id) / "result.json";
  std::ofstream(result) << "{}";
  const outbox::Origin origin{job.id, job.name, "task", "equal", job.settings_hash, 0, {}};
  Job after = job;
  after.state = State::done;
  after.sha256 = "equal";
  after.delivered_name = outbox.publish(origin, job.name, {{".json", result}}).name;
  const queue::Change change = queue::Transition{State::delivered, after, {"done", ""}};
  world.store.apply(std::span(&change, 1), world.clock.now());
  return world.store.find(job.id).value();
}

std::optional<Job> found_for(SmallWorld& world, const Job& job) {
  std::optional<Job> found;
  bool ended = false;
  asio::co_spawn(world.loop, find_reusable(job, world.context),
                 [&](std::exception_ptr, std::optional<Job> one) {
                   found = std::move(one);
                   ended = true;
                 });
  EXPECT_TRUE(world.until([&] { return ended; }));
  return found;
}

TEST(Reuse, FindsAnOlderResultWhereTheNewestIsGone) {
  SmallWorld world;
  const Job older = add_delivered(world, 1), newer = add_delivered(world, 2);
  Job job = world.add(3, State::ready);
  job.sha256 = "equal";
  ASSERT_EQ(found_for(world, job)->id, newer.id);
  std::filesystem::remove(world.folder / "outbox" / (newer.delivered_name + ".json"));
  const auto found = found_for(world, job);
  ASSERT_TRUE(found) << "it would be paid again";
  EXPECT_EQ(found->id, older.id);
  std::filesystem::remove(world.folder / "outbox" / (older.delivered_name + ".json"));
  EXPECT_FALSE(found_for(world, job));
}

// Equal documents that an outage has held up together, each with a submit of its own that came to nothing.
TEST(Reuse, IsBetterThanToSubmitOnceMoreWhatWasSubmittedInVain) {
  SmallWorld world;
  const Job delivered = add_delivered(world, 1);
  Job job = world.add(2, State::ready);
  job.sha256 = "equal";
  job.tag = "0123456789abcdef0001";
  job.task_status = "Unserved";
  const auto found = found_for(world, job);
  ASSERT_TRUE(found) << "it would be paid again";
  EXPECT_EQ(found->id, delivered.id);
  EXPECT_EQ(lifecycle::after_reuse(job, job, *found, {}).transition.after.task_status, "");
}

}  // namespace
}  // namespace chunkrd::pipeline
