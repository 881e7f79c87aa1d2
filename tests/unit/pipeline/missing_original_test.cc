// A document whose original is neither in the spool nor where it was to go.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/pipeline/world.h"

namespace chunkrd::pipeline {
namespace {

namespace fs = std::filesystem;
using queue::State;

// Its next look does not wait.
queue::Job come_to_an_end(SmallWorld& world, const queue::Job& job) {
  asio::co_spawn(world.loop, world.scheduler.run(), asio::detached);
  const bool ended = world.until([&] {
    queue::Job now = world.store.find(job.id).value();
    if (queue::is_end(now.state)) return true;
    if (now.due > world.clock.now() && world.scheduler.steps_running() == 0) {
      now.due = world.clock.now();
      const queue::Change change = queue::Transition{now.state, now, {}};
      world.store.apply(std::span(&change, 1), world.clock.now());
      world.scheduler.wake();
    }
    return false;
  });
  EXPECT_TRUE(ended) << "an error without end";
  world.scheduler.stop();
  world.until([&] { return world.scheduler.steps_running() == 0; });
  return world.store.find(job.id).value();
}

queue::Job add_ready(SmallWorld& world) {
  queue::Job job = queue::found(1, world.clock.now());
  job.inbox = (world.folder / "inbox").native();
  job.source_identity = "1-2-3-4";
  job.state = State::ready;
  job.size_bytes = 8;
  job.sha256 = std::string(64, 'a');
  const queue::Change change = queue::insertion(job);
  world.store.apply(std::span(&change, 1), world.clock.now());
  return job;
}

TEST(AnOriginalThatIsNowhere, IsReportedInFailedAndNotSubmitted) {
  SmallWorld world;
  bool submitted = false;
  world.service.on_create = [&](auto&&...) {
    submitted = true;
    return taskapi::Refusal{400, "no", {}, ""};
  };
  const queue::Job job = come_to_an_end(world, add_ready(world));
  EXPECT_EQ(job.state, State::failed);
  EXPECT_EQ(job.error_code, "original_missing");
  EXPECT_TRUE(fs::exists(world.folder / "failed" / (job.name + ".error.json")));
  EXPECT_FALSE(submitted);
}

// Whose task it is cannot be told without the address that stood in it.
TEST(AnOriginalThatIsNowhere, EndsALinkThatIsLookedFor) {
  SmallWorld world;
  queue::Job job = queue::found(1, world.clock.now());
  job.name = "a.url";
  job.inbox = (world.folder / "inbox").native();
  job.source_identity = "1-2-3-4";
  job.state = State::submitting;
  job.tag = "0123456789abcdef";
  job.intent_at = world.clock.now();
  job.size_bytes = 8;
  job.sha256 = std::string(64, 'a');
  const queue::Change change = queue::insertion(job);
  world.store.apply(std::span(&change, 1), world.clock.now());
  job = come_to_an_end(world, job);
  EXPECT_EQ(job.state, State::failed);
  EXPECT_EQ(job.error_code, "original_missing");
}

TEST(AnOriginalThatIsNowhere, DoesNotKeepADeliveredDocumentFromItsEnd) {
  SmallWorld world;
  queue::Job job = queue::found(1, world.clock.now());
  job.inbox = (world.folder / "inbox").native();
  job.source_identity = "1-2-3-4";
  job.state = State::delivered;
  job.size_bytes = 8;
  job.sha256 = std::string(64, 'a');
  job.delivered_name = job.name;
  job.outbox = (world.folder / "outbox").native();
  job.bound_for = (world.folder / "archive").native();
  const queue::Change change = queue::insertion(job);
  world.store.apply(std::span(&change, 1), world.clock.now());
  EXPECT_EQ(come_to_an_end(world, job).state, State::done);
}

}  // namespace
}  // namespace chunkrd::pipeline
