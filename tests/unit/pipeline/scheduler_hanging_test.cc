// Files that do not answer hold up their own documents, and nobody else.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tests/unit/pipeline/world.h"

namespace chunkrd::pipeline {
namespace {

using lifecycle::Signal;
using queue::State;

// Two inboxes on a disk that does not answer: what is asked of it waits until it goes on.
class HangingDisk : public ::testing::Test {
 protected:
  HangingDisk() {
    config::Settings settings = world.settings();
    settings.inboxes.push_back(settings.inboxes.front());
    settings.inboxes.back().path = world.folder / "other";
    std::filesystem::create_directories(world.folder / "other");
    world.context.rules = make_rules(settings);
  }
  ~HangingDisk() override {
    world.scheduler.stop();
    answers = what_is_fetched_goes_on = true;
    EXPECT_TRUE(until([&] { return world.scheduler.steps_running() == 0; }));
  }

  queue::Job add(int number, State state, const char* inbox = "inbox") {
    // Due one after the other, all of them by now.
    queue::Job job = queue::found(number, world.clock.now() - Duration(1000 - number));
    job.inbox = (world.folder / inbox).native();
    job.state = state;
    job.size_bytes = 1000;
    job.sha256 = "digest-" + std::to_string(number);
    const queue::Change change = queue::insertion(job);
    world.store.apply(std::span(&change, 1), world.clock.now());
    std::ofstream(world.context.rules->place_of(job)->spool.path_of(job.id)) << std::string(1000, 'x');
    return world.store.find(job.id).value();
  }

  // It hangs only since its folders were looked at last.
  void begin() {
    auto& unwritable = world.context.unwritable;
    const auto& places = world.context.rules->places;
    for (const auto& [inbox, place] : places) (void)unwritable.may_pay_for(*place, world.clock.now());
    for (const Folder& folder : unwritable.take_looks(world.clock.now()))
      (void)unwritable.looked(folder, {}, places, world.clock.now());
    asio::co_spawn(world.loop, world.scheduler.run(), asio::detached);
  }

  bool until(const std::function<bool()>& is_so) {
    return world.until([&] {
      disk.restart();
      if (answers) disk.poll();
      return is_so();
    });
  }

  bool answers = false, what_is_fetched_goes_on = false;
  asio::io_context disk{1};
  SmallWorld world{disk.get_executor()};
};

TEST_F(HangingDisk, TheOnlyLeaveToTryWhetherAnOutageIsOverGoesOnToAnotherInbox) {
  int created = 0;
  world.service.on_create = [&](auto&&...) {
    ++created;
    return taskapi::Refusal{503, "", {}, ""};
  };
  const queue::Job first = add(1, State::ready), same = add(2, State::ready),
                   others = add(3, State::ready, "other");
  for (int i = 0; i < 5; ++i)
    world.gate.hear({Signal::Kind::trouble, {}, Signal::Source::submit}, world.clock.now(), 0.0);
  begin();
  ASSERT_TRUE(until([&] { return world.scheduler.is_busy(first.id); }));
  EXPECT_FALSE(world.scheduler.is_busy(others.id)) << "one at a time";
  ASSERT_TRUE(until([&] { return world.scheduler.is_busy(others.id); })) << "it waits for a dead mount";
  EXPECT_FALSE(world.scheduler.is_busy(same.id)) << "another one of the inbox that hangs was to try";
  EXPECT_EQ(created, 0);
  // The first has no leave any more, whenever its file answers.
  ASSERT_TRUE(world.context.passed_over.contains(first.id));
  answers = true;
  ASSERT_TRUE(until([&] { return !world.scheduler.is_busy(first.id); }));
  EXPECT_EQ(world.store.find(first.id)->lease, first.lease) << "it was sent, or about to be";
  EXPECT_TRUE(until([&] { return created > 0; }));
}

TEST_F(HangingDisk, ADocumentThatWaitsForItsFileTakesNothingOfTheDaysBudget) {
  add(1, State::ready);
  world.gate.set_budget({.documents = 1, .pages = 0});
  begin();
  const auto is_spent = [&] {
    world.scheduler.look_at_pauses();
    return world.gate.paused(Pause::budget);
  };
  ASSERT_TRUE(until(is_spent));
  EXPECT_TRUE(until([&] { return !is_spent(); }));
}

TEST_F(HangingDisk, ATwinOfOneThatWaitsForItsFileIsSubmittedInItsPlace) {
  const queue::Job first = add(1, State::ready);
  queue::Job twin = add(2, State::claiming, "other");
  twin.state = State::ready;
  twin.sha256 = first.sha256;
  const queue::Change change = queue::Transition{State::claiming, twin, {"claimed", ""}};
  world.store.apply(std::span(&change, 1), world.clock.now());
  begin();
  ASSERT_TRUE(until([&] { return world.scheduler.is_busy(first.id); }));
  ASSERT_TRUE(until([&] { return world.context.passed_over.contains(first.id); }));
  EXPECT_TRUE(until([&] { return world.scheduler.is_busy(twin.id); }));
}

TEST_F(HangingDisk, StepsThatWaitForItGiveTheirPlacesToOthersUntilTheirInboxHasEnough) {
  std::vector<queue::Job> rows;
  for (int i = 1; i <= 12; ++i) rows.push_back(add(i, State::delivered));
  const queue::Job others = add(13, State::delivered, "other");
  begin();
  ASSERT_TRUE(until([&] { return world.scheduler.is_busy(rows[3].id); }));
  EXPECT_FALSE(world.scheduler.is_busy(others.id)) << "four at a time";
  ASSERT_TRUE(until([&] { return world.scheduler.is_busy(others.id); })) << "the lane is full for good";
  EXPECT_LE(world.scheduler.steps_running(), 8u) << "as many more as hang";
}

TEST_F(HangingDisk, DownloadsIntoItGiveTheirPlacesToOthersUntilTheirInboxHasEnough) {
  answers = true;  // but not to what is fetched
  world.service.while_fetching = [&](taskapi::NewFile into) -> awaitable<void> {
    const auto waits = into.threads.wait();
    asio::steady_timer timer(world.loop);
    while (!what_is_fetched_goes_on) {
      timer.expires_after(Duration(10));
      co_await timer.async_wait(asio::use_awaitable);
    }
  };
  const std::size_t places = world.scheduler.load_of(State::collecting).capacity;
  std::vector<queue::Job> rows;
  for (std::size_t i = 0; i < 3 * places; ++i)
    rows.push_back(add(static_cast<int>(i) + 1, State::collecting));
  const queue::Job others = add(900, State::collecting, "other");
  begin();
  ASSERT_TRUE(until([&] { return world.scheduler.is_busy(rows[places - 1].id); }));
  EXPECT_FALSE(world.scheduler.is_busy(others.id)) << "so many at a time";
  EXPECT_TRUE(until([&] { return world.scheduler.is_busy(others.id); })) << "the lane is full for good";
}

}  // namespace
}  // namespace chunkrd::pipeline
