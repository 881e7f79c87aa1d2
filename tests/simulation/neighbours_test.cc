// What documents have to do with each other: equal ones are paid for once, and those that cannot go on hold
// up nobody.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/detached.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>

#include "pipeline/intake.h"
#include "pipeline/scheduler.h"
#include "queue/sqlite/sqlite_store.h"
#include "tests/simulation/simulated_service.h"
#include "tests/support/temporary_folder.h"

namespace chunkrd::simulation {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using queue::State;

class Silent final : public pipeline::Observer {
 public:
  void on_transition(State, const queue::Job&) override {}
  void on_pause(pipeline::Pause, bool) override {}
  void on_possible_duplicate() override {}
  void on_adopted() override {}
  void on_pruned(pipeline::Pruned, std::size_t) override {}
  void on_queue(const queue::StateCounts&, std::optional<WallTime>) override {}
};

Weather fine() {
  return {.no_connection = 0,
          .lost_request = 0,
          .lost_answer = 0,
          .error_500 = 0,
          .error_after = 0,
          .too_fast = 0,
          .garbled = 0,
          .task_fails = 0,
          .update_fails = 0,
          .stuck_in_starting = 0,
          .not_found = 0,
          .empty_success = 0,
          .cut_result = 0,
          .refused_file = 0,
          .broken_row = 0,
          .list_delay = 0s,
          .outages = 0,
          .revoked_keys = 0,
          .quota_gone = 0};
}

// Everything that a crash takes away.
struct Daemon {
  Daemon(const config::Settings& settings, SimulatedClock& time, MachineClock& clock, SeededRandom& random,
         SimulatedService& service)
      : store(settings.state / "queue.sqlite", {.durability = queue::Durability::none}),
        queue(store, loop.get_executor(), clock),
        gate(settings.limits.submits_per_second),
        context{queue, service, clock, random, files, planner, observer, pipeline::make_rules(settings)},
        scheduler((time.use(loop), context), gate, clock, loop.get_executor()) {
    clock.go_on_from(store.clock());
    asio::co_spawn(loop, scheduler.run(), asio::detached);
  }

  asio::io_context loop{1};
  FilePools files{loop.get_executor()};
  queue::SqliteStore store;
  queue::Queue queue;
  pipeline::PollPlanner planner;
  pipeline::Gate gate;
  Silent observer;
  pipeline::Context context;
  pipeline::Scheduler scheduler;
};

class Neighbours : public ::testing::Test {
 protected:
  Neighbours() { fs::create_directories(folder_ / "state"); }

  config::Inbox inbox(const std::string& name) {
    config::Inbox inbox;
    inbox.path = folder_ / name;
    inbox.outbox = folder_ / (name + "-out");
    inbox.failed = folder_ / (name + "-failed");
    inbox.archive = folder_ / (name + "-archive");
    fs::create_directories(inbox.path);
    return inbox;
  }

  void start(std::vector<config::Inbox> inboxes, Weather weather = fine()) {
    daemon_.reset();
    config::Settings settings;
    settings.state = folder_ / "state";
    settings.inboxes = std::move(inboxes);
    settings.profiles["default"].attempts = 1;
    if (!service_) service_ = std::make_unique<SimulatedService>(clock_, random_, weather);
    daemon_ = std::make_unique<Daemon>(settings, clock_, machine_, random_, *service_);
  }

  void drop(const config::Inbox& inbox, const std::string& name, const std::string& bytes) {
    std::ofstream(inbox.path / name) << bytes;
    struct stat file{};
    ::lstat((inbox.path / name).c_str(), &file);
    asio::co_spawn(daemon_->loop,
                   pipeline::take_in({name, inbox::Identity::of(file)}, inbox.path.native(), daemon_->context,
                                     daemon_->scheduler),
                   asio::detached);
  }

  // False when that does not come about in `time`.
  bool run_until(const std::function<bool()>& over, Duration time) {
    const WallTime end = clock_.now() + time;
    while (true) {
      daemon_->loop.restart();
      while (daemon_->loop.poll_one() > 0) {
      }
      if (over()) return true;
      const WallTime next = clock_.next();
      if (next > end) return false;
      clock_.move_to(next);
    }
  }

  std::int64_t in(State state) { return daemon_->store.counts()[static_cast<std::size_t>(state)]; }

  std::size_t told(const queue::Job& job, const std::string& what) {
    const auto story = daemon_->store.events(job.id);
    return static_cast<std::size_t>(
        std::ranges::count_if(story, [&](const auto& line) { return line.event.what == what; }));
  }

  tests::TemporaryFolder folder_;
  SimulatedClock clock_;
  MachineClock machine_{clock_};
  SeededRandom random_{1};
  std::unique_ptr<SimulatedService> service_;
  std::unique_ptr<Daemon> daemon_;
};

TEST_F(Neighbours, EqualDocumentsDroppedTogetherArePaidForOnce) {
  const auto here = inbox("here"), there = inbox("there");
  start({here, there});
  for (const char* name : {"a.txt", "b.txt", "c.txt"}) drop(here, name, "the same");
  for (const char* name : {"a.txt", "d.txt"}) drop(there, name, "the same");
  drop(here, "other.txt", "another");
  ASSERT_TRUE(run_until([&] { return in(State::done) == 6; }, 30min));
  EXPECT_EQ(service_->tasks().size(), 2u);
  for (const char* result : {"here-out/a.txt.json", "here-out/b.txt.json", "here-out/c.txt.json",
                             "there-out/a.txt.json", "there-out/d.txt.json"})
    EXPECT_TRUE(fs::exists(folder_ / result)) << result;
  std::size_t waited = 0;
  for (const auto& job : daemon_->store.list({}, {}, 10)) {
    EXPECT_LE(told(job, "waits"), 1u);
    EXPECT_EQ(job.attempts, 0);
    waited += told(job, "waits");
  }
  EXPECT_EQ(waited, 4u);
}

TEST_F(Neighbours, TheyGoOnAtOnceWhenTheFirstIsDone) {
  const auto here = inbox("here");
  start({here});
  for (const char* name : {"a.txt", "b.txt"}) drop(here, name, "the same");
  ASSERT_TRUE(run_until([&] { return in(State::done) >= 1; }, 2h));
  const WallTime first = clock_.now();
  ASSERT_TRUE(run_until([&] { return in(State::done) == 2; }, 30min));
  EXPECT_LE(clock_.now() - first, 5s);
}

TEST_F(Neighbours, TheNextIsSubmittedWhenTheFirstComesToNothing) {
  const auto here = inbox("here");
  Weather weather = fine();
  weather.task_fails = 1;
  start({here}, weather);
  for (const char* name : {"a.txt", "b.txt", "c.txt"}) drop(here, name, "the same");
  ASSERT_TRUE(run_until([&] { return in(State::failed) == 3; }, 6h));
  EXPECT_EQ(service_->tasks().size(), 3u);
}

TEST_F(Neighbours, TheyWaitThroughARestart) {
  const auto here = inbox("here");
  start({here});
  for (const char* name : {"a.txt", "b.txt", "c.txt"}) drop(here, name, "the same");
  ASSERT_TRUE(run_until([&] { return in(State::submitted) == 1 && in(State::ready) == 2; }, 30min));
  start({here});
  ASSERT_TRUE(run_until([&] { return in(State::done) == 3; }, 3h));
  EXPECT_EQ(service_->tasks().size(), 1u);
}

TEST_F(Neighbours, WhatIsLeftOfAnInboxThatIsNotConfiguredWaitsForNothing) {
  const auto here = inbox("here"), gone = inbox("gone");
  start({gone, here});
  daemon_->gate.pause_for_operator(clock_.now());
  for (int i = 0; i < 60; ++i) drop(gone, fmt::format("{}.txt", i), fmt::format("gone {}", i));
  ASSERT_TRUE(run_until([&] { return in(State::ready) == 60; }, 30min));
  start({here});
  const auto before = daemon_->store.list({}, {}, 1000);
  for (int i = 0; i < 25; ++i) drop(here, fmt::format("{}.txt", i), fmt::format("here {}", i));
  ASSERT_TRUE(run_until([&] { return service_->tasks().size() == 25; }, 30s))
      << "the others took their turns";
  ASSERT_TRUE(run_until([&] { return in(State::done) == 25; }, 3h));
  for (const queue::Job& job : before) {
    const auto now = daemon_->store.find(job.id);
    EXPECT_EQ(now->lease, job.lease) << "its row was touched for nothing";
  }
  start({gone, here});
  EXPECT_TRUE(run_until([&] { return in(State::done) == 85; }, 6h))
      << "it goes on once it is configured again";
}

}  // namespace
}  // namespace chunkrd::simulation
