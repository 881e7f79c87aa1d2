#include "tests/simulation/world.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/detached.hpp>
#include <fstream>
#include <map>
#include <optional>
#include <set>

#include "inbox/identity.h"
#include "inbox/inbox.h"
#include "pipeline/commands.h"
#include "pipeline/gate.h"
#include "pipeline/intake.h"
#include "pipeline/retention.h"
#include "pipeline/scheduler.h"
#include "queue/queue.h"
#include "queue/sqlite/sqlite_store.h"
#include "tests/simulation/audit.h"

namespace chunkrd::simulation {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

// A run that takes longer is stuck.
constexpr Duration kLongestRun = std::chrono::days(10);

class Silent final : public pipeline::Observer {
 public:
  void on_transition(queue::State, const queue::Job&) override {}
  void on_pause(pipeline::Pause, bool) override {}
  void on_possible_duplicate() override {}
  void on_adopted() override {}
  void on_pruned(pipeline::Pruned, std::size_t) override {}
  void on_queue(const queue::StateCounts&, std::optional<WallTime>) override {}
};

bool is_link(int document) {
  return document % 10 == 3;
}

// Originals go before, with and after their rows.
config::Retention retention_of(std::uint64_t seed) {
  config::Retention retention;
  retention.finished_after = std::chrono::seconds(30min);
  retention.finished_keep = seed % 2 == 0 ? 20 : 0;
  retention.archive_after = std::chrono::seconds(seed % 4 < 2 ? 10min : 50min);
  return retention;
}

config::Settings settings_in(const fs::path& folder) {
  config::Settings settings;
  settings.state = folder / "state";
  config::Inbox inbox;
  inbox.path = folder / "inbox";
  inbox.outbox = folder / "outbox";
  inbox.failed = folder / "failed";
  inbox.archive = folder / "archive";
  settings.inboxes.push_back(inbox);
  using config::Artifact;
  settings.profiles["default"].artifacts = {Artifact::json,   Artifact::markdown, Artifact::html,
                                            Artifact::chunks, Artifact::text,     Artifact::pdf,
                                            Artifact::images};
  return settings;
}

// The daemon between two crashes: everything it has in memory. The loop goes last, and takes with it the
// coroutines that were suspended.
struct Daemon {
  Daemon(const config::Settings& settings, SimulatedClock& clock, SeededRandom& random,
         SimulatedService& service)
      : store(settings.state / "queue.sqlite", {.durability = queue::Durability::none}),
        queue(store, loop.get_executor(), clock),
        gate(settings.limits.submits_per_second),
        context{queue, service, clock, random, files, planner, observer, pipeline::make_rules(settings)},
        scheduler((clock.use(loop), context), gate, clock, loop.get_executor()),
        commands(context, scheduler, gate, clock, 30s),
        retention(context) {
    commands.on_rest([this] { return retention.step(); });
    asio::co_spawn(loop, scheduler.run(), asio::detached);
    asio::co_spawn(loop, commands.run(), asio::detached);
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
  pipeline::Commands commands;
  pipeline::Retention retention;
};

class World {
 public:
  World(const Plan& plan, const fs::path& folder)
      : random_(plan.seed), service_(clock_, random_, plan.weather), settings_(settings_in(folder)) {
    for (const auto* path : {&settings_.state, &settings_.inboxes[0].path}) fs::create_directories(*path);
    for (int i = 0; i < plan.documents; ++i)
      arrivals_.emplace(clock_.now() + Duration(random_.below(Duration(2h).count())), i);
    for (int i = 0; i < plan.wishes; ++i)
      wishes_.insert(clock_.now() + Duration(random_.below(Duration(5h).count())));
    if (plan.retention) settings_.retention = retention_of(plan.seed);
    retention_ = plan.retention;
    crashes_left_ = plan.crashes;
    documents_ = plan.documents;
    start();
  }

  Verdict run() {
    const WallTime began = clock_.now();
    Verdict verdict;
    while (true) {
      if (daemon_->loop.stopped()) daemon_->loop.restart();
      if (daemon_->loop.poll_one() > 0) {
        if (--handlers_until_crash_ == 0 && crashes_left_ > 0) crash(verdict);
        continue;
      }
      if (all_ended()) break;
      const WallTime next =
          std::min({clock_.next(), arrivals_.empty() ? WallTime::max() : arrivals_.begin()->first,
                    wishes_.empty() ? WallTime::max() : *wishes_.begin()});
      if (next == WallTime::max() || next - began > kLongestRun) {
        verdict.problems.push_back("the run does not end: " + state_of_queue());
        break;
      }
      clock_.move_to(next);
      drop_what_arrives();
      wish(verdict);
    }
    verdict.took = clock_.now() - began;
    verdict.requests = service_.requests();
    verdict.polls = service_.polls();
    verdict.healthy = service_.answered_health();
    daemon_.reset();
    audit(settings_.inboxes[0], settings_.state, documents_, service_,
          retention_ ? Archive::pruned : Archive::kept, verdict);
    if (retention_) audit_what_is_left(settings_.inboxes[0], settings_.state, verdict);
    return verdict;
  }

 private:
  void start() {
    daemon_ = std::make_unique<Daemon>(settings_, clock_, random_, service_);
    handlers_until_crash_ = 1 + static_cast<std::int64_t>(random_.below(20'000));
    for (const auto& entry : fs::directory_iterator(settings_.inboxes[0].path))
      if (entry.is_regular_file() && entry.path().extension() != ".yaml")
        report(entry.path().filename().native());
  }

  void crash(Verdict& verdict) {
    crashes_left_ -= 1;
    verdict.crashes += 1;
    daemon_.reset();
    start();
  }

  // What the inbox does once a document has settled.
  void report(const std::string& name) {
    struct stat file{}, beside{};
    ::lstat((settings_.inboxes[0].path / name).c_str(), &file);
    std::optional<inbox::Identity> sidecar;
    if (::lstat((settings_.inboxes[0].path / (name + ".chunkr.yaml")).c_str(), &beside) == 0)
      sidecar = inbox::Identity::of(beside);
    asio::co_spawn(
        daemon_->loop,
        pipeline::take_in({name, inbox::Identity::of(file), sidecar}, settings_.inboxes[0].path.native(),
                          daemon_->context, daemon_->scheduler),
        asio::detached);
  }

  void drop_what_arrives() {
    while (!arrivals_.empty() && arrivals_.begin()->first <= clock_.now()) {
      const int document = arrivals_.begin()->second;
      arrivals_.erase(arrivals_.begin());
      const fs::path file = settings_.inboxes[0].path / name_of(document);
      if (has_sidecar(document))
        std::ofstream(file.native() + ".chunkr.yaml")
            << fmt::format("parse: {{expires_in: {}}}\n", 1000 + document);
      std::ofstream(file) << bytes_of(document);
      report(name_of(document));
    }
  }

  bool all_ended() {
    if (!arrivals_.empty() || !wishes_.empty() || !daemon_->store.pending_commands(1).empty()) return false;
    const auto counts = daemon_->store.counts();
    std::int64_t ended = 0, rows = 0;
    for (int i = 1; i <= queue::kStateCount; ++i) {
      rows += counts[static_cast<std::size_t>(i)];
      if (queue::is_end(static_cast<queue::State>(i))) ended += counts[static_cast<std::size_t>(i)];
    }
    // With retention every row goes in the end: nothing is left to come once the inbox is empty, too.
    return retention_
               ? rows == 0 && daemon_->store.forgotten(1).empty() && is_empty(settings_.inboxes[0].path)
               : ended >= documents_;
  }

  static bool is_empty(const fs::path& folder) {
    return std::ranges::none_of(fs::directory_iterator(folder), [](const auto& entry) {
      return !entry.path().filename().native().starts_with(".");
    });
  }

  // A person looks at the list and wants something of a document.
  void wish(Verdict& verdict) {
    while (!wishes_.empty() && *wishes_.begin() <= clock_.now()) {
      wishes_.erase(wishes_.begin());
      const auto jobs = daemon_->store.list({}, {}, 1000);
      if (jobs.empty()) continue;
      const queue::Job& job = jobs[random_.below(jobs.size())];
      const auto wish = any_wish(job);
      daemon_->store.ask({.seq = 0,
                          .asked_at = clock_.now(),
                          .kind = pipeline::kind_of(wish),
                          .job = job.id,
                          .arguments = pipeline::arguments_of(wish)});
      verdict.wishes += 1;
    }
  }

  pipeline::lifecycle::Wish any_wish(const queue::Job& job) {
    using namespace pipeline::lifecycle;
    if (job.state == queue::State::failed || job.state == queue::State::cancelled) return Retry{};
    switch (random_.below(4)) {
      case 0:
        return Cancel{random_.chance(0.5)};
      case 1:
        return Remove{};
      default:
        return Reprocess{
            job.profile,
            fmt::format(R"({{"chunk_processing":{{"target_length":{}}}}})", 1 + random_.below(1000)), false};
    }
  }

  std::string state_of_queue() {
    const auto counts = daemon_->store.counts();
    std::string text;
    for (int i = 1; i <= queue::kStateCount; ++i)
      text += fmt::format("{}={} ", queue::to_string(static_cast<queue::State>(i)),
                          counts[static_cast<std::size_t>(i)]);
    return text;
  }

  SimulatedClock clock_;
  SeededRandom random_;
  SimulatedService service_;
  config::Settings settings_;
  std::multimap<WallTime, int> arrivals_;
  std::multiset<WallTime> wishes_;
  int documents_ = 0, crashes_left_ = 0;
  bool retention_ = false;
  std::int64_t handlers_until_crash_ = 0;
  std::unique_ptr<Daemon> daemon_;
};

}  // namespace

std::string name_of(int document) {
  return fmt::format("document-{:04}.{}", document, is_link(document) ? "url" : "txt");
}

std::string bytes_of(int document) {
  if (!is_link(document)) return name_of(document);
  return fmt::format("https://{}/shared-{}.txt?signature=x", name_of(document), document % 3);
}

bool has_sidecar(int document) {
  return document % 5 == 3;
}

std::string settings_of(int document) {
  return has_sidecar(document) ? fmt::format(R"({{"expires_in":{}}})", 1000 + document) : "{}";
}

Verdict run(const Plan& plan, const fs::path& folder) {
  return World(plan, folder).run();
}

}  // namespace chunkrd::simulation
