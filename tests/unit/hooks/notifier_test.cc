// Who is told, again and again, on a real queue: hooks that are not there, that hang, that refuse one thing
// only.
#include "hooks/notifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <list>

#include "queue/sqlite/sqlite_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/queue/jobs.h"

namespace chunkrd::hooks {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

// Answers as the test says, and remembers what it was told.
class Receiver final : public Hook {
 public:
  awaitable<Answer> tell(Message message) override {
    told.push_back(message.ending.job.id);
    bodies.push_back(message.body);
    deliveries.push_back(message.delivery);
    if (hangs) {
      asio::steady_timer& timer = timers.emplace_back(loop_, 1h);
      boost::system::error_code given_up;
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, given_up));
      co_return Answer{.kind = Answer::Kind::abandoned};
    }
    co_return answer(message);
  }
  void give_up() override {
    for (auto& timer : timers) timer.cancel();
  }

  explicit Receiver(asio::io_context& loop) : loop_(loop) {}
  asio::io_context& loop_;
  std::list<asio::steady_timer> timers;
  bool hangs = false;
  std::function<Answer(const Message&)> answer = [](const Message&) { return Answer{}; };
  std::vector<std::string> told, bodies, deliveries;
};

class Counting final : public Observer {
 public:
  void on_notification(const std::string&, Outcome outcome, std::size_t count) override {
    counts[static_cast<std::size_t>(outcome)] += count;
  }
  std::size_t operator[](Outcome outcome) const { return counts[static_cast<std::size_t>(outcome)]; }
  std::array<std::size_t, kOutcomeCount> counts{};
};

class Notifying : public ::testing::Test {
 protected:
  // A daemon that notifies, until `done` is true.
  struct Daemon {
    explicit Daemon(queue::Store& store) : queue(store, writer.get_executor(), clock) {}
    ~Daemon() { writer.join(); }
    asio::thread_pool writer{1};
    asio::io_context loop;
    SystemClock clock{loop.get_executor()};
    SystemRandom random;
    queue::Queue queue;
  };

  void run_until(std::vector<Route> routes, const std::function<bool()>& done) {
    Notifier notifier(
        daemon->queue, daemon->clock, daemon->random, counted,
        [](queue::Ending ending) -> awaitable<std::string> {
          co_return "{\"id\":\"" + ending.job.id + "\"}";
        },
        daemon->loop.get_executor());
    notifier.set_routes(std::move(routes));
    bool ended = false;
    asio::co_spawn(daemon->loop, notifier.run(), [&](std::exception_ptr failure) {
      ended = true;
      if (failure) std::rethrow_exception(failure);
    });
    const auto limit = std::chrono::steady_clock::now() + 30s;
    daemon->loop.restart();
    while (!done() && std::chrono::steady_clock::now() < limit) daemon->loop.run_one_for(50ms);
    EXPECT_TRUE(done());
    notifier.stop();
    while (!ended && std::chrono::steady_clock::now() < limit) daemon->loop.run_one_for(50ms);
    EXPECT_TRUE(ended);
  }

  void end(int number, queue::State state = queue::State::done) {
    queue::Job job = queue::found(number);
    store.apply(std::vector<queue::Change>{queue::insertion(job)}, daemon->clock.mark());
    store.apply(std::vector<queue::Change>{queue::moved(job, state)}, daemon->clock.mark());
  }

  Route to(const std::shared_ptr<Receiver>& whom, std::string name = "hook") {
    Route route;
    route.name = route.destination = std::move(name);
    route.on = {config::End::done, config::End::failed, config::End::cancelled};
    route.hook = whom;
    return route;
  }
  std::int64_t waiting() {
    std::int64_t sum = 0;
    for (const auto& each : look.hooks()) sum += each.waiting;
    return sum;
  }
  // Hooks are there from before the first end on.
  void begin() {
    run_until({to(receiver)}, [&] { return look.announced().has_value(); });
  }

  tests::TemporaryFolder folder;
  queue::SqliteStore store{folder / "queue.db"};
  queue::SqliteStore look{folder / "queue.db"};  ///< while the daemon's writer uses the other one
  std::unique_ptr<Daemon> daemon = std::make_unique<Daemon>(store);
  Counting counted;
  std::shared_ptr<Receiver> receiver = std::make_shared<Receiver>(daemon->loop);
};

TEST_F(Notifying, TellsEachEndOnceWhenAllIsWell) {
  begin();
  end(1);
  end(2, queue::State::failed);
  run_until({to(receiver)}, [&] { return receiver->told.size() >= 2 && waiting() == 0; });
  EXPECT_THAT(receiver->told, ElementsAre("job-0001", "job-0002"));
  run_until({to(receiver)}, [&] { return waiting() == 0; });
  EXPECT_EQ(receiver->told.size(), 2u) << "not again after a restart";
}

TEST_F(Notifying, SaysNothingOfWhatEndedBeforeThereWasAHook) {
  end(1);
  begin();
  end(2);
  run_until({to(receiver)}, [&] { return !receiver->told.empty() && waiting() == 0; });
  EXPECT_THAT(receiver->told, ElementsAre("job-0002"));
  run_until({}, [&] { return !look.announced().has_value(); });
  end(3);
  begin();
  end(4);
  run_until({to(receiver)}, [&] { return receiver->told.size() >= 2; });
  EXPECT_THAT(receiver->told, ElementsAre("job-0002", "job-0004")) << "nor while there was none in between";
}

TEST_F(Notifying, TellsTheSameAgainUntilItIsTaken) {
  begin();
  int attempts = 0;
  receiver->answer = [&](const Message& message) {
    EXPECT_EQ(message.attempt, ++attempts);
    return attempts < 3 ? Answer{.kind = Answer::Kind::refused, .said = "no"} : Answer{};
  };
  end(1);
  run_until({to(receiver)}, [&] { return attempts == 3 && waiting() == 0; });
  EXPECT_EQ(receiver->bodies[0], receiver->bodies[2]);
  EXPECT_EQ(receiver->deliveries[0], receiver->deliveries[2]);
  EXPECT_EQ(counted[Outcome::refused], 2u);
  EXPECT_EQ(counted[Outcome::taken], 1u);
}

TEST_F(Notifying, ToldAndNotAnsweredIsToldAgainAfterARestart) {
  begin();
  receiver->hangs = true;
  end(1);
  run_until({to(receiver)}, [&] { return !receiver->told.empty(); });
  EXPECT_EQ(waiting(), 1);
  receiver->hangs = false;
  run_until({to(receiver)}, [&] { return waiting() == 0; });
  EXPECT_THAT(receiver->told, ElementsAre("job-0001", "job-0001"));
  EXPECT_EQ(receiver->deliveries[0], receiver->deliveries[1]);
}

TEST_F(Notifying, AHookThatHangsHoldsUpNoOther) {
  const auto hanging = std::make_shared<Receiver>(daemon->loop);
  hanging->hangs = true;
  run_until({to(receiver), to(hanging, "hanging")}, [&] { return look.announced().has_value(); });
  for (int i = 1; i <= 20; ++i) end(i);
  run_until({to(receiver), to(hanging, "hanging")}, [&] { return receiver->told.size() == 20; });
  EXPECT_EQ(hanging->told.size(), kAtOnce) << "and gets no more than it can have at once";
}

TEST_F(Notifying, WhatIsRefusedForEverHoldsUpNothingElse) {
  begin();
  receiver->answer = [](const Message& message) {
    return message.ending.job.id == "job-0001" ? Answer{.kind = Answer::Kind::refused} : Answer{};
  };
  for (int i = 1; i <= 10; ++i) end(i);
  run_until({to(receiver)}, [&] { return waiting() == 1; });
  EXPECT_THAT(receiver->told, Contains("job-0010"));
}

TEST_F(Notifying, AHookThatIsNotThereGetsOneAttemptAtATime) {
  begin();
  std::vector<std::chrono::steady_clock::time_point> attempts;
  receiver->answer = [&](const Message&) {
    attempts.push_back(std::chrono::steady_clock::now());
    return Answer{.kind = Answer::Kind::refused};
  };
  for (int i = 1; i <= 50; ++i) end(i);
  run_until({to(receiver)}, [&] { return attempts.size() >= 5; });
  EXPECT_GT(attempts[4] - attempts[3], 1s) << "with growing pauses";
}

TEST_F(Notifying, WhatNobodyTakesForTooLongIsGivenUp) {
  begin();
  receiver->answer = [](const Message&) { return Answer{.kind = Answer::Kind::refused}; };
  end(1);
  Route route = to(receiver);
  run_until({route}, [&] { return counted[Outcome::refused] > 0; });
  route.give_up_after = 1ms;
  run_until({route}, [&] { return waiting() == 0; });
  EXPECT_EQ(counted[Outcome::given_up], 1u);
}

TEST_F(Notifying, WhatIsLeftOfAHookThatIsGoneWaitsForIt) {
  begin();
  receiver->hangs = true;
  end(1);
  run_until({to(receiver)}, [&] { return !receiver->told.empty(); });
  const auto other = std::make_shared<Receiver>(daemon->loop);
  run_until({to(other, "other")}, [&] { return true; });
  EXPECT_THAT(other->told, IsEmpty());
  run_until({to(other)}, [&] { return waiting() == 0; });
  EXPECT_THAT(other->told, ElementsAre("job-0001"));
}

TEST_F(Notifying, AnExceptionIsAFailureLikeAnyOther) {
  begin();
  int attempts = 0;
  receiver->answer = [&](const Message&) -> Answer {
    if (++attempts == 1) throw std::runtime_error("cannot start it");
    return {};
  };
  end(1);
  run_until({to(receiver)}, [&] { return attempts == 2 && waiting() == 0; });
}

}  // namespace
}  // namespace chunkrd::hooks
