#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <future>
#include <mutex>
#include <thread>

#include "queue/queue.h"
#include "queue/sqlite/sqlite_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/queue/jobs.h"

namespace chunkrd::queue {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

class FixedClock final : public Clock {
 public:
  WallTime now() const override { return at(5000); }
  std::unique_ptr<Alarm> make_alarm() override { return nullptr; }
};

// Remembers how large each transaction was; holds the first one until it is let go; fails when told to.
class RecordingStore final : public Store {
 public:
  std::vector<bool> apply(std::span<const Change> changes, const Mark&) override {
    const std::size_t before = calls_++;
    {
      const std::lock_guard hold(mutex_);
      sizes_.push_back(changes.size());
    }
    if (before == 0 && first_held_.valid()) {
      entered_.set_value();
      first_held_.wait();
    }
    if (before < unavailable) throw StoreUnavailable(StoreUnavailable::Cause::full, "the disk is full");
    if (before + 1 >= fails_from) throw StoreError("the disk is gone");
    std::vector<bool> applied;
    for (const auto& change : changes) applied.push_back(std::holds_alternative<Insertion>(change));
    return applied;
  }
  std::vector<Job> due(State, WallTime, std::size_t, const Held&) override { return {}; }
  std::map<std::string, std::vector<Job>> ready_by_profile(WallTime, std::size_t, const Held&) override {
    return {};
  }
  std::vector<std::string> inboxes() override { return {}; }
  std::optional<WallTime> next_due(State, WallTime) override { return std::nullopt; }
  std::optional<Job> find(const std::string&) override { return std::nullopt; }
  Standing standing_of(const std::string&, const std::string&, const std::string&) override { return {}; }
  std::vector<StoredEvent> events(const std::string&) override { return {}; }
  StateCounts counts() override {
    ++calls_;
    if (reads_fail) throw StoreError("cannot read");
    return {};
  }
  std::optional<Mark> clock() override { return std::nullopt; }
  std::optional<WallTime> oldest_unfinished() override { return std::nullopt; }
  std::optional<Job> oldest_unfinished_job() override { return std::nullopt; }
  OldestByState oldest_by_state() override { return {}; }
  std::vector<Job> latest_in(State, std::size_t) override { return {}; }
  std::vector<Job> list(const Filter&, const std::string&, std::size_t) override { return {}; }
  std::vector<std::string> error_codes() override { return {}; }
  std::vector<Job> with_prefix(const std::string&, std::size_t) override { return {}; }
  std::optional<Job> named(const std::string&, const std::string&) override { return std::nullopt; }
  std::optional<Job> named(const std::string&, const std::string&, const std::string&) override {
    return std::nullopt;
  }
  std::vector<Job> delivered_like(const std::string&, const std::string&, std::size_t) override { return {}; }
  bool is_claimed_by_another(const Job&, const std::string&, const std::string&) override { return false; }
  std::vector<std::string> profiles() override { return {}; }
  std::optional<Job> delivered_as(const std::string&, const std::string&, const std::string&) override {
    return std::nullopt;
  }
  bool link_has_task(const std::string&) override { return false; }
  std::vector<Job> links_in_doubt(WallTime, WallTime) override { return {}; }
  Spent spent_on(WallTime) override { return {}; }
  std::vector<Ended> ended(Endings, const EndMark&, std::size_t) override { return {}; }
  std::int64_t archived() override { return 0; }
  std::vector<Forgotten> forgotten(std::size_t) override { return {}; }
  void nothing_left(std::span<const Forgotten>) override {}
  std::size_t forget_commands(WallTime, std::size_t) override { return 0; }
  std::size_t forget_spending(WallTime) override { return 0; }
  std::vector<Ending> endings(std::int64_t, std::size_t) override { return {}; }
  std::int64_t oldest_ending() override { return 0; }
  std::int64_t newest_ending() override { return 0; }
  std::size_t forget_endings(std::optional<WallTime>, std::int64_t, std::size_t) override { return 0; }
  std::optional<std::int64_t> announced() override { return std::nullopt; }
  std::vector<Notification> notifications(const std::string&, WallTime, std::size_t) override { return {}; }
  std::optional<WallTime> next_notification(const std::string&, WallTime) override { return std::nullopt; }
  std::size_t give_up_notifications(const std::string&, WallTime, std::size_t) override { return 0; }
  std::vector<HookStanding> hooks() override { return {}; }
  std::string queue_id() override { return {}; }
  std::int64_t ask(const Command&) override { return 0; }
  std::vector<Command> pending_commands(std::size_t) override { return {}; }
  std::optional<CommandAnswer> answer_of(std::int64_t) override { return std::nullopt; }
  std::optional<std::string> note(const std::string&) override { return std::nullopt; }
  void set_note(const std::string&, const std::string&) override {}

  // The first transaction will wait for let_go().
  void hold_first() { first_held_ = release_.get_future(); }
  void wait_until_writing() {
    ASSERT_EQ(entered_.get_future().wait_for(30s), std::future_status::ready) << "nothing was written";
  }
  void let_go() { release_.set_value(); }
  std::vector<std::size_t> sizes() const {
    const std::lock_guard hold(mutex_);
    return sizes_;
  }
  std::size_t calls() const { return calls_; }

  std::size_t fails_from = ~std::size_t{0};  ///< which transaction is the first to fail, from 1
  std::size_t unavailable = 0;               ///< so many transactions cannot be written now
  bool reads_fail = false;

 private:
  std::atomic<std::size_t> calls_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::size_t> sizes_;
  std::promise<void> entered_, release_;
  std::future<void> first_held_;
};

// What became of the callers: "applied", "refused", or an error's text, each with the thread it came on.
struct Outcome {
  std::vector<std::string> said;
  std::vector<std::thread::id> threads;

  void add(std::string what) {
    said.push_back(std::move(what));
    threads.push_back(std::this_thread::get_id());
  }
};

awaitable<void> change(Queue& queue, Change what, Outcome& outcome) {
  try {
    outcome.add(co_await queue.apply(std::move(what)) ? "applied" : "refused");
  } catch (const StoreError& error) {
    outcome.add(error.what());
  }
}

awaitable<void> count(Queue& queue, Outcome& outcome) {
  try {
    co_await queue.counts();
    outcome.add("counted");
  } catch (const StoreError& error) {
    outcome.add(error.what());
  }
}

class GroupCommit : public ::testing::Test {
 protected:
  void insert(int from, int to) {
    for (int number = from; number < to; ++number)
      asio::co_spawn(loop, change(queue, insertion(found(number)), outcome), asio::detached);
  }

  FixedClock clock;
  RecordingStore store;
  asio::io_context loop;
  asio::thread_pool writer{1};
  Queue queue{store, writer.get_executor(), clock};
  Outcome outcome;
};

TEST_F(GroupCommit, WhatArrivesDuringACommitGoesTogetherIntoTheNext) {
  store.hold_first();
  insert(0, 1);
  loop.poll();
  store.wait_until_writing();
  insert(1, 101);
  loop.poll();
  EXPECT_THAT(outcome.said, IsEmpty()) << "nothing is durable yet";
  store.let_go();
  loop.run();
  EXPECT_THAT(store.sizes(), ElementsAre(1, 100));
  EXPECT_EQ(outcome.said.size(), 101U);
  EXPECT_THAT(outcome.said, Each("applied"));
}

TEST_F(GroupCommit, ACommitHasAtMost512Changes) {
  store.hold_first();
  insert(0, 1);
  loop.poll();
  store.wait_until_writing();
  insert(1, 1301);
  loop.poll();
  store.let_go();
  loop.run();
  EXPECT_THAT(store.sizes(), ElementsAre(1, 512, 512, 276));
  EXPECT_EQ(outcome.said.size(), 1301U);
}

TEST_F(GroupCommit, EveryCallerResumesOnItsOwnThreadWithItsOwnAnswer) {
  insert(0, 3);
  asio::co_spawn(loop, change(queue, moved(found(0), State::ready), outcome), asio::detached);
  asio::co_spawn(loop, count(queue, outcome), asio::detached);
  loop.run();
  EXPECT_THAT(outcome.said,
              ::testing::UnorderedElementsAre("applied", "applied", "applied", "refused", "counted"));
  EXPECT_THAT(outcome.threads, Each(std::this_thread::get_id()));
}

TEST_F(GroupCommit, AStoreThatCannotBeUsedNowIsWaitedFor) {
  store.unavailable = 2;
  insert(0, 2);
  loop.run();
  EXPECT_THAT(outcome.said, ElementsAre("applied", "applied"));
  EXPECT_EQ(store.calls(), 4U) << "the first was alone, and tried three times";
}

TEST_F(GroupCommit, ATroubleIsToldWhenItBeginsAndWhenWhatWasRefusedHasGoneThrough) {
  store.unavailable = 2;
  std::vector<std::string> told;
  queue.on_trouble([&] { told.push_back(queue.trouble() ? queue.trouble()->why : "over"); });
  insert(0, 1);
  loop.run_for(100ms);
  ASSERT_TRUE(queue.trouble());
  EXPECT_EQ(queue.trouble()->since, at(5000));
  // Reading what cannot be written says nothing of its end.
  asio::co_spawn(loop, count(queue, outcome), asio::detached);
  loop.restart();
  loop.run_for(100ms);
  ASSERT_THAT(outcome.said, ElementsAre("counted"));
  EXPECT_TRUE(queue.trouble());
  loop.restart();
  loop.run();
  EXPECT_THAT(told, ElementsAre("the disk is full", "over"));
  EXPECT_FALSE(queue.trouble());
}

TEST_F(GroupCommit, AtAnEndNobodyWaitsForAStoreThatCannotBeUsed) {
  store.unavailable = 1'000'000;
  insert(0, 2);
  loop.run_for(100ms);
  queue.wait_no_longer();
  loop.restart();
  loop.run();
  EXPECT_THAT(outcome.said, ElementsAre("the disk is full", "the disk is full"));
}

TEST_F(GroupCommit, AStoreThatFailsIsNotTriedAgainAndEverybodyHearsWhy) {
  store.fails_from = 1;
  store.hold_first();
  insert(0, 1);
  loop.poll();
  store.wait_until_writing();
  insert(1, 3);
  loop.poll();
  store.let_go();
  loop.run();
  loop.restart();
  insert(3, 4);
  asio::co_spawn(loop, count(queue, outcome), asio::detached);
  loop.run();
  EXPECT_THAT(outcome.said, ElementsAre("the disk is gone", "the disk is gone", "the disk is gone",
                                        "the disk is gone", "the disk is gone"));
  EXPECT_EQ(store.calls(), 1U);
}

TEST_F(GroupCommit, AReadThatFailsEndsTheQueueToo) {
  store.reads_fail = true;
  asio::co_spawn(loop, count(queue, outcome), asio::detached);
  loop.run();
  loop.restart();
  insert(0, 1);
  loop.run();
  EXPECT_THAT(outcome.said, ElementsAre("cannot read", "cannot read"));
  EXPECT_EQ(store.calls(), 1U);
}

TEST_F(GroupCommit, WhatIsDurableIsReportedAsSuchAlthoughAReadFailedMeanwhile) {
  store.hold_first();
  store.reads_fail = true;
  insert(0, 1);
  asio::co_spawn(loop, count(queue, outcome), asio::detached);
  loop.poll();
  store.wait_until_writing();
  store.let_go();
  loop.run();
  EXPECT_THAT(outcome.said, ::testing::UnorderedElementsAre("applied", "cannot read"));
}

// --- one thread, as in the simulation

struct World {
  explicit World(Store& store) : queue(std::make_unique<Queue>(store, loop->get_executor(), clock)) {}

  FixedClock clock;
  std::unique_ptr<asio::io_context> loop = std::make_unique<asio::io_context>();
  std::unique_ptr<Queue> queue;
  Outcome outcome;
};

TEST(QueueOnOneThread, WritesReadsAndGroupsOnTheLoopItself) {
  RecordingStore store;
  World world(store);
  for (int number = 0; number < 50; ++number)
    asio::co_spawn(*world.loop, change(*world.queue, insertion(found(number)), world.outcome),
                   asio::detached);
  asio::co_spawn(*world.loop, count(*world.queue, world.outcome), asio::detached);
  world.loop->poll();
  EXPECT_EQ(world.outcome.said.size(), 51U);
  EXPECT_LE(store.sizes().size(), 2U);
}

// Starts everything anew after each possible number of loop steps. What was acknowledged must be there.
TEST(QueueOnOneThread, ACrashAtAnyMomentLeavesNothingBehindAndKeepsWhatWasAcknowledged) {
  bool finished = false;
  for (int steps = 0; !finished; ++steps) {
    for (const bool queue_first : {true, false}) {
      tests::TemporaryFolder folder;
      std::size_t acknowledged = 0;
      {
        SqliteStore store(folder / "queue.db", {.durability = Durability::none});
        World world(store);
        for (int number = 0; number < 5; ++number)
          asio::co_spawn(*world.loop, change(*world.queue, insertion(found(number)), world.outcome),
                         asio::detached);
        asio::co_spawn(*world.loop, count(*world.queue, world.outcome), asio::detached);
        int done = 0;
        while (done < steps && world.loop->poll_one() != 0) ++done;
        finished = world.loop->poll_one() == 0 && done < steps;
        acknowledged = static_cast<std::size_t>(std::ranges::count(world.outcome.said, "applied"));
        if (queue_first) world.queue.reset();
        world.loop.reset();
      }
      SqliteStore store(folder / "queue.db");
      const auto kept =
          static_cast<std::size_t>(store.counts().at(static_cast<std::size_t>(State::claiming)));
      EXPECT_GE(kept, acknowledged) << "after " << steps << " steps";
      if (finished) EXPECT_EQ(acknowledged, 5U);
    }
    ASSERT_LT(steps, 1000);
  }
}

// --- the real thing

TEST(QueueOnSqlite, ACallerThatResumesFindsItsChangeOnDisk) {
  tests::TemporaryFolder folder;
  SqliteStore store(folder / "queue.db");
  SqliteStore other_connection(folder / "queue.db");
  asio::io_context loop;
  asio::thread_pool writer(1);
  FixedClock clock;
  Queue queue(store, writer.get_executor(), clock);
  int seen = 0;
  const auto insert_and_look = [](Queue& into, Store& other, int number,
                                  int& found_count) -> awaitable<void> {
    EXPECT_TRUE(co_await into.apply(insertion(found(number))));
    if (other.find(found(number).id)) ++found_count;
    const Job job = found(number);
    EXPECT_EQ((co_await into.standing_of(job.inbox, job.name, job.source_identity)).rows, 1);
  };
  for (int number = 0; number < 200; ++number)
    asio::co_spawn(loop, insert_and_look(queue, other_connection, number, seen), asio::detached);
  loop.run();
  EXPECT_EQ(seen, 200);
}

TEST(QueueOnSqlite, PassesEveryQuestionOn) {
  tests::TemporaryFolder folder;
  SqliteStore store(folder / "queue.db");
  asio::io_context loop;
  FixedClock clock;
  Queue queue(store, loop.get_executor(), clock);
  bool asked = false;
  const auto ask = [](Queue& queue_to_ask, bool& done) -> awaitable<void> {
    EXPECT_TRUE(co_await queue_to_ask.apply(insertion(found(1, at(700)))));
    const auto due = co_await queue_to_ask.due(State::claiming, at(700), 10);
    EXPECT_EQ(due.size(), 1U);
    EXPECT_EQ(co_await queue_to_ask.next_due(State::claiming, at(0)), at(700));
    EXPECT_EQ(co_await queue_to_ask.oldest_unfinished(), at(700));
    co_await queue_to_ask.set_note("key", "value");
    EXPECT_EQ(co_await queue_to_ask.note("key"), "value");
    EXPECT_EQ((co_await queue_to_ask.standing_of("/", "x", "y")).rows, 0);
    done = true;
  };
  asio::co_spawn(loop, ask(queue, asked), asio::detached);
  loop.run();
  EXPECT_TRUE(asked);
}

}  // namespace
}  // namespace chunkrd::queue
