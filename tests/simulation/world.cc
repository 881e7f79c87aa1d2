#include "tests/simulation/world.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/simulation/ageing.h"
#include "tests/simulation/audit.h"
#include "tests/simulation/budget.h"
#include "tests/simulation/people.h"
#include "tests/simulation/stage.h"
#include "tests/simulation/surroundings.h"
#include "tests/simulation/wishes.h"

namespace chunkrd::simulation {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

// A run that takes longer is stuck: half a day goes by until the last wish, and a budget lets some through a
// day.
Duration longest_run(const Plan& plan) {
  return std::chrono::days(plan.borders.documents_per_day > 0 ? 10 : 4);
}
constexpr Duration kRescan = 5min;

// A sidecar that came too late waits for a document of its name.
bool lies_empty(const fs::path& inbox) {
  return std::ranges::none_of(fs::directory_iterator(inbox), [](const auto& entry) {
    return !entry.path().filename().native().starts_with(".") && entry.path().extension() != ".yaml";
  });
}

// Lets the daemon live and die, and all around it happen, until every document has come to its end.
class World {
 public:
  World(const Plan& plan, const fs::path& folder) : stage_(plan, folder) {
    stage_.between_two_lives = [this](const Stage::Event& event) { between_two_lives(event); };
    stage_.service.on_submit([this] {
      wishes_.saw_submit();
      ageing_.saw_submit();
    });
    ageing_.on_rebuilt([this] {
      wishes_.saw_rebuild();
      people_.saw_rebuild();
    });
    people_.plan();
    wishes_.plan();
    surroundings_.plan();
    ageing_.plan();
    budget_.plan();
    start();
  }

  Verdict run() {
    const WallTime began = stage_.time.now();
    while (true) {
      asio::io_context& loop = stage_.daemon->loop;
      if (loop.stopped()) loop.restart();
      if (loop.poll_one() > 0) {
        if (--stage_.handlers_until_crash <= 0 && stage_.crashes_left > 0) crash();
        continue;
      }
      wishes_.look();
      if (stage_.daemon->draining && stage_.daemon->has_drained()) {
        between_two_lives([this] { stay_down(stage_.some(10min)); });
        continue;
      }
      if (all_ended()) break;
      const WallTime next = std::min({stage_.time.next(), stage_.next_event(), stage_.scan_at});
      if (next - began > longest_run(stage_.plan)) {
        stage_.problem("the run does not end: " + state_of_queue());
        break;
      }
      stage_.time.move_to(next);
      stage_.let_happen();
      if (stage_.scan_at <= stage_.time.now()) scan();
    }
    Verdict& verdict = stage_.verdict;
    verdict.took = stage_.time.now() - began;
    verdict.requests = stage_.service.requests();
    verdict.polls = stage_.service.polls();
    verdict.healthy = stage_.service.answered_health();
    stage_.daemon.reset();
    budget_.look_at_days(wishes_.lifted());
    audit(stage_, people_.traffic(), wishes_);
    return std::move(verdict);
  }

 private:
  void start() {
    stage_.daemon =
        std::make_unique<Daemon>(stage_.settings, stage_.time, stage_.clock, stage_.random, stage_.service);
    Daemon& daemon = *stage_.daemon;
    for (const std::string& left : daemon.left_as_it_is) stage_.problem("could not be used: " + left);
    daemon.observer.on_end = [this](const queue::Job& job) {
      people_.saw_end(job);
      wishes_.saw_end(job, stage_.daemon->store);
    };
    daemon.observer.on_gone = [this](pipeline::Pruned what) { people_.saw_gone(what); };
    daemon.context.let_go = [this](const std::string&, const std::string& name) {
      stage_.daemon->inbox.let_go(name);
      stage_.notice_the_inbox();
    };
    daemon.commands.on_reload([this]() -> awaitable<queue::CommandAnswer> {
      stage_.daemon->reload(stage_.settings);
      co_return queue::CommandAnswer{queue::CommandAnswer::Outcome::done, "read again"};
    });
    stage_.handlers_until_crash = 1 + static_cast<std::int64_t>(stage_.random.below(20'000));
    wishes_.saw_start();
    scan();
  }

  void between_two_lives(const Stage::Event& event) {
    stage_.daemon.reset();
    wishes_.saw_stop();
    budget_.saw_stop();
    event();
    start();
  }

  void crash() {
    stage_.crashes_left -= 1;
    stage_.verdict.crashes += 1;
    between_two_lives([this] {
      if (stage_.plan.borders.stops && stage_.random.chance(0.5))
        stay_down(stage_.some(3h));
      else if (stage_.plan.borders.storms > 0 && stage_.random.chance(0.5))
        stay_down(stage_.some(2min));
    });
  }

  void stay_down(Duration length) {
    const WallTime end = stage_.time.now() + length;
    if (stage_.plan.borders.stops && stage_.random.chance(0.5))
      stage_.at(stage_.time.now() + stage_.some(length), [this] { surroundings_.set_clock(); });
    while (stage_.next_event() <= end) {
      stage_.time.move_to(stage_.next_event());
      stage_.let_happen();
    }
    stage_.time.move_to(end);
  }

  void scan() {
    stage_.scan_at = WallTime::max();
    if (stage_.daemon->draining) return;
    stage_.daemon->inbox.scan();
    stage_.scan_at = std::min<WallTime>(
        stage_.time.now() + kRescan, std::max<WallTime>(stage_.daemon->inbox.next(), stage_.time.now() + 1s));
  }

  bool all_ended() {
    queue::Store& store = stage_.daemon->store;
    if (!stage_.agenda.empty() || !store.pending_commands(1).empty()) return false;
    const auto counts = store.counts();
    std::int64_t rows = 0, unfinished = 0;
    for (int i = 1; i <= queue::kStateCount; ++i) {
      rows += counts[static_cast<std::size_t>(i)];
      if (!queue::is_end(static_cast<queue::State>(i))) unfinished += counts[static_cast<std::size_t>(i)];
    }
    // With retention every row goes in the end.
    if (stage_.plan.retention ? rows > 0 || !store.forgotten(1).empty() : unfinished > 0) return false;
    return lies_empty(stage_.inbox().path);
  }

  std::string state_of_queue() {
    const auto counts = stage_.daemon->store.counts();
    std::string text;
    for (int i = 1; i <= queue::kStateCount; ++i)
      text += fmt::format("{}={} ", queue::to_string(static_cast<queue::State>(i)),
                          counts[static_cast<std::size_t>(i)]);
    for (const auto& entry : fs::directory_iterator(stage_.inbox().path))
      text += "inbox/" + entry.path().filename().native() + " ";
    return text;
  }

  Stage stage_;
  People people_{stage_};
  Wishes wishes_{stage_};
  Surroundings surroundings_{stage_};
  Ageing ageing_{stage_};
  BudgetWatch budget_{stage_};
};

}  // namespace

Verdict run(const Plan& plan, const fs::path& folder) {
  return World(plan, folder).run();
}

}  // namespace chunkrd::simulation
