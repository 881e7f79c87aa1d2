#include "tests/simulation/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/detached.hpp>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "inbox/inbox.h"
#include "pipeline/commands.h"
#include "pipeline/gate.h"
#include "pipeline/intake.h"
#include "pipeline/retention.h"
#include "pipeline/scheduler.h"
#include "queue/queue.h"
#include "queue/sqlite/sqlite_store.h"
#include "tests/simulation/audit.h"
#include "tests/simulation/scanned_inbox.h"

namespace chunkrd::simulation {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

// A run that takes longer is stuck.
constexpr Duration kLongestRun = std::chrono::days(10);
constexpr Duration kRescan = 5min;

// Whether retention forgets nothing too early, whatever is done to the clock.
class Watching final : public pipeline::Observer {
 public:
  void on_transition(queue::State before, const queue::Job& after) override {
    if (queue::is_end(after.state) && !queue::is_end(before)) on_end(after.id);
  }
  void on_pause(pipeline::Pause, bool) override {}
  void on_possible_duplicate() override {}
  void on_adopted() override {}
  void on_pruned(pipeline::Pruned what, std::size_t) override {
    if (what == pipeline::Pruned::documents) on_forgotten();
  }
  void on_queue(const queue::StateCounts&, std::optional<WallTime>) override {}

  std::function<void(const std::string&)> on_end;
  std::function<void()> on_forgotten;
};

bool is_link(int document) {
  return document % 10 == 3;
}

// A sidecar that came too late waits for a document of its name.
bool lies_empty(const fs::path& inbox) {
  return std::ranges::none_of(fs::directory_iterator(inbox), [](const auto& entry) {
    return !entry.path().filename().native().starts_with(".") && entry.path().extension() != ".yaml";
  });
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

inbox::Rules rules_of(const config::Inbox& configured) {
  inbox::Rules rules;
  rules.path = configured.path;
  rules.settle = configured.settle;
  return rules;
}

// The daemon between two crashes: everything it has in memory. The loop goes last, and takes with it the
// coroutines that were suspended.
struct Daemon {
  Daemon(const config::Settings& settings, SimulatedClock& time, MachineClock& clock, SeededRandom& random,
         SimulatedService& service)
      : store(settings.state / "queue.sqlite", {.durability = queue::Durability::none}),
        queue(store, loop.get_executor(), clock),
        gate(settings.limits.submits_per_second),
        context{queue, service, clock, random, files, planner, observer, pipeline::make_rules(settings)},
        scheduler((time.use(loop), context), gate, clock, loop.get_executor()),
        commands(context, scheduler, gate, clock, 30s),
        retention(context),
        inbox(rules_of(settings.inboxes[0]), loop, time,
              [this, path = settings.inboxes[0].path.native()](inbox::Arrival arrival) {
                return pipeline::take_in(std::move(arrival), path, context, scheduler);
              }) {
    const Timeline& timeline = clock.go_on_from(store.clock());
    store.go_on(clock.mark(), timeline.not_lived());
    gate.set_ahead(clock.ahead(), clock.now());
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
  Watching observer;
  pipeline::Context context;
  pipeline::Scheduler scheduler;
  pipeline::Commands commands;
  pipeline::Retention retention;
  ScannedInbox inbox;
};

class World {
 public:
  World(const Plan& plan, const fs::path& folder)
      : plan_(plan),
        random_(plan.seed),
        service_(time_, random_, plan.weather),
        settings_(settings_in(folder)) {
    for (const auto* path : {&settings_.state, &inbox().path}) fs::create_directories(*path);
    for (int i = 0; i < plan.documents; ++i) at_some_time(2h, [this, i] { drop(i); });
    for (int i = 0; i < plan.wishes; ++i) at_some_time(5h, [this] { wish(); });
    if (plan.retention) settings_.retention = retention_of(plan.seed);
    crashes_left_ = plan.crashes;
    plan_borders();
    start();
  }

  Verdict run() {
    const WallTime began = time_.now();
    while (true) {
      if (daemon_->loop.stopped()) daemon_->loop.restart();
      if (daemon_->loop.poll_one() > 0) {
        if (--handlers_until_crash_ == 0 && crashes_left_ > 0) crash();
        continue;
      }
      if (all_ended()) break;
      const WallTime next = std::min({time_.next(), next_event(), scan_at_});
      if (next - began > kLongestRun) {
        problem("the run does not end: " + state_of_queue());
        break;
      }
      time_.move_to(next);
      let_happen();
      if (scan_at_ <= time_.now()) scan();
    }
    verdict_.took = time_.now() - began;
    verdict_.requests = service_.requests();
    verdict_.polls = service_.polls();
    verdict_.healthy = service_.answered_health();
    daemon_.reset();
    audit(plan_, settings_, service_, verdict_);
    return std::move(verdict_);
  }

 private:
  using Event = std::function<void()>;

  config::Inbox& inbox() { return settings_.inboxes[0]; }
  void problem(std::string text) { verdict_.problems.push_back(std::move(text)); }
  Duration some(Duration bound) { return Duration(random_.below(static_cast<std::uint64_t>(bound.count()))); }
  void at(WallTime time, Event event) { agenda_.emplace(time, std::move(event)); }
  void at_some_time(Duration before, Event event) { at(time_.now() + some(before), std::move(event)); }
  WallTime next_event() const { return agenda_.empty() ? WallTime::max() : agenda_.begin()->first; }
  void let_happen() {
    while (next_event() <= time_.now()) agenda_.extract(agenda_.begin()).mapped()();
  }

  // --- the daemon

  void start() {
    daemon_ = std::make_unique<Daemon>(settings_, time_, clock_, random_, service_);
    daemon_->observer.on_end = [this](const std::string& id) { ended_at_[id] = time_.now(); };
    daemon_->context.let_go = [this](const std::string&, const std::string& name) {
      daemon_->inbox.let_go(name);
      notice_the_inbox();
    };
    daemon_->observer.on_forgotten = [this] { look_at_what_was_forgotten(); };
    handlers_until_crash_ = 1 + static_cast<std::int64_t>(random_.below(20'000));
    scan();
  }

  void crash() {
    crashes_left_ -= 1;
    verdict_.crashes += 1;
    daemon_.reset();
    if (plan_.borders.stops && random_.chance(0.5)) stay_down(some(3h));
    start();
  }

  void stay_down(Duration length) {
    const WallTime end = time_.now() + length;
    if (random_.chance(0.5)) at(time_.now() + some(length), [this] { set_clock(); });
    while (next_event() <= end) {
      time_.move_to(next_event());
      let_happen();
    }
    time_.move_to(end);
  }

  void scan() {
    scan_at_ = WallTime::max();
    if (!daemon_) return;
    daemon_->inbox.scan();
    scan_at_ = std::min<WallTime>(time_.now() + kRescan,
                                  std::max<WallTime>(daemon_->inbox.next(), time_.now() + 1s));
  }
  // The kernel tells of what has come.
  void notice_the_inbox() { scan_at_ = std::min(scan_at_, time_.now()); }

  // Only where age alone counts: the number that is kept may need them to go at any time.
  void look_at_what_was_forgotten() {
    if (settings_.retention.finished_keep > 0) return;
    std::set<std::string> there;
    for (const queue::Job& job : daemon_->store.list({}, {}, SIZE_MAX)) there.insert(job.id);
    std::erase_if(ended_at_, [&](const auto& ended) {
      if (there.contains(ended.first)) return false;
      if (time_.now() - ended.second < *settings_.retention.finished_after)
        problem(fmt::format("job {} was forgotten {} s after its end", ended.first,
                            (time_.now() - ended.second) / 1s));
      return true;
    });
  }

  // --- what people and programs put into the inbox

  void drop(int document) {
    const fs::path file = where_.inbox() / name_of(document);
    if (plan_.borders.late_sidecars && has_late_sidecar(document))
      at(time_.now() + some(20s), [this, document] { put_sidecar(document); });
    else if (has_sidecar(document))
      put_sidecar(document);
    std::ofstream(file) << bytes_of(document);
    if (plan_.borders.late_writers && has_late_writer(document)) {
      // Its writer has it open, wherever it is moved.
      const auto writer = std::make_shared<std::ofstream>(file, std::ios::app);
      at(time_.now() + some(3min), [document, writer] { *writer << addition_to(document) << std::flush; });
    }
    notice_the_inbox();
  }

  void put_sidecar(int document) {
    std::ofstream(where_.inbox() / (name_of(document) + ".chunkr.yaml"))
        << fmt::format("parse: {{expires_in: {}}}\n", 1000 + document);
    notice_the_inbox();
  }

  bool all_ended() {
    if (!agenda_.empty() || !daemon_->store.pending_commands(1).empty()) return false;
    const auto counts = daemon_->store.counts();
    std::int64_t rows = 0, unfinished = 0;
    for (int i = 1; i <= queue::kStateCount; ++i) {
      rows += counts[static_cast<std::size_t>(i)];
      if (!queue::is_end(static_cast<queue::State>(i))) unfinished += counts[static_cast<std::size_t>(i)];
    }
    // With retention every row goes in the end.
    if (plan_.retention ? rows > 0 || !daemon_->store.forgotten(1).empty() : unfinished > 0) return false;
    return lies_empty(inbox().path);
  }

  // A person looks at the list and wants something of a document.
  void wish() {
    if (!daemon_) return;
    const auto jobs = daemon_->store.list({}, {}, 1000);
    if (jobs.empty()) return;
    const queue::Job& job = jobs[random_.below(jobs.size())];
    const auto wish = any_wish(job);
    daemon_->store.ask({.seq = 0,
                        .asked_at = clock_.now(),
                        .kind = pipeline::kind_of(wish),
                        .job = job.id,
                        .arguments = pipeline::arguments_of(wish)});
    verdict_.wishes += 1;
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

  // --- the borders

  void plan_borders() {
    const Borders& borders = plan_.borders;
    for (int i = 0; i < borders.clock_steps; ++i) at_some_time(6h, [this] { set_clock(); });
    if (borders.clock_steps > 0 || borders.stops) at(time_.now() + 7h, [this] { clock_.set_right(); });
    for (int i = 0; i < borders.inbox_gone; ++i)
      at_some_time(3h, [this] { take_away(where_.inbox_away, inbox().path, random_.chance(0.5)); });
    for (int i = 0; i < borders.spool_gone; ++i)
      at_some_time(3h, [this] { take_away(where_.spool_away, settings_.state / "spool", false); });
    for (int i = 0; i < borders.moved_places; ++i) at_some_time(3h, [this] { move_places(); });
  }

  void set_clock() {
    using std::chrono::sys_days, std::chrono::year;
    const Duration apart[] = {2min, -2min, 24h, -24h, 37h, some(1h), -some(1h)};
    switch (const auto which = random_.below(10)) {
      case 0:
        return clock_.set_to(WallTime(Duration(some(1h))));  // no battery
      case 1:
        return clock_.set_to(WallTime(sys_days(year(2106) / 2 / 7)));
      case 2:
        return clock_.set_right();  // by the net
      default:
        return clock_.set_to(clock_.wall() + apart[which - 3]);
    }
  }

  // A mount goes, and comes back after a while.
  void take_away(std::optional<fs::path>& away, const fs::path& folder, bool leave_empty_folder) {
    if (away) return;
    away = folder.native() + ".away";
    fs::rename(folder, *away);
    if (leave_empty_folder) fs::create_directory(folder);
    at(time_.now() + 1s + some(20min), [this, &away, folder] {
      // Whatever was made below the mount is hidden by it.
      if (fs::exists(folder)) fs::rename(folder, fmt::format("{}.below-{}", folder.native(), ++hidden_));
      fs::rename(*std::exchange(away, std::nullopt), folder);
      notice_the_inbox();
    });
    notice_the_inbox();
  }

  // What is written into the configuration, and read anew.
  void move_places() {
    const fs::path root = settings_.state.parent_path();
    inbox().outbox = root / fmt::format("outbox-{}", random_.below(3));
    inbox().archive = root / fmt::format("archive-{}", random_.below(3));
    inbox().failed = root / fmt::format("failed-{}", random_.below(3));
    if (!daemon_) return;
    daemon_->context.rules = pipeline::make_rules(settings_);
    daemon_->scheduler.wake();
  }

  std::string state_of_queue() {
    const auto counts = daemon_->store.counts();
    std::string text;
    for (int i = 1; i <= queue::kStateCount; ++i)
      text += fmt::format("{}={} ", queue::to_string(static_cast<queue::State>(i)),
                          counts[static_cast<std::size_t>(i)]);
    for (const auto& entry : fs::directory_iterator(inbox().path))
      text += "inbox/" + entry.path().filename().native() + " ";
    return text;
  }

  // Where folders are while they are not in their places.
  struct Where {
    fs::path inbox_path;
    std::optional<fs::path> inbox_away, spool_away;
    fs::path inbox() const { return inbox_away.value_or(inbox_path); }
  };

  const Plan plan_;
  SimulatedClock time_;
  MachineClock clock_{time_};
  SeededRandom random_;
  SimulatedService service_;
  config::Settings settings_;
  Where where_{inbox().path, {}, {}};
  std::multimap<WallTime, Event> agenda_;
  WallTime scan_at_ = WallTime::max();
  std::map<std::string, WallTime> ended_at_;
  int crashes_left_ = 0, hidden_ = 0;
  std::int64_t handlers_until_crash_ = 0;
  Verdict verdict_;
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

bool has_late_sidecar(int document) {
  return document % 10 == 8;
}

bool has_late_writer(int document) {
  return document % 10 == 5;
}

std::string addition_to(int document) {
  return fmt::format("; and more of {}", document);
}

std::string settings_of(int document) {
  return has_sidecar(document) ? fmt::format(R"({{"expires_in":{}}})", 1000 + document) : "{}";
}

Verdict run(const Plan& plan, const fs::path& folder) {
  return World(plan, folder).run();
}

}  // namespace chunkrd::simulation
