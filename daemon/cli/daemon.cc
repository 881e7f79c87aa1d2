#include "cli/daemon.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/parse.hpp>
#include <csignal>
#include <utility>

#include "cli/ending_facts.h"
#include "cli/notify.h"
#include "cli/process_limits.h"
#include "config/api_key.h"
#include "config/folders.h"
#include "config/reader.h"
#include "core/errors.h"
#include "core/escape.h"
#include "core/repetitions.h"
#include "core/spawn.h"
#include "pipeline/intake.h"

namespace chunkrd::cli {
namespace {

using namespace std::chrono_literals;

// How often the gauges that are not counted at events are brought up to date.
constexpr auto kGaugeInterval = 2s;
// And those that cost more.
constexpr auto kFolderInterval = 15s;
constexpr auto kOldestInterval = 15s;
// The service manager is asked for so much more time, again and again, while the start takes it: a long
// statement's commit tells nothing.
constexpr auto kMoreTime = 5min;
// For what is left to do at the end of `shutdown_timeout`, on a busy machine.
constexpr auto kTimeToEnd = 10s;

inbox::Rules inbox_rules(const pipeline::Place& place) {
  const config::Inbox& inbox = place.rules;
  inbox::Rules rules;
  rules.path = inbox.path;
  rules.ground = place.inbox_ground;
  rules.settle = inbox.settle;
  rules.rescan = inbox.rescan;
  rules.watch = inbox.watch == config::Watch::events ? inbox::WatchMode::events
                : inbox.watch == config::Watch::scan ? inbox::WatchMode::scan
                                                     : inbox::WatchMode::automatic;
  rules.ignore = inbox.ignore;
  return rules;
}

// The shortest time after which the service may delete a result.
std::optional<std::chrono::seconds> shortest_expiry(const config::Settings& settings) {
  std::optional<std::chrono::seconds> shortest;
  for (const auto& [name, profile] : settings.profiles) {
    const auto parse = boost::json::parse(profile.parse);
    const auto* const seconds = parse.as_object().if_contains("expires_in");
    if (seconds == nullptr || !seconds->is_number()) continue;
    const std::chrono::seconds after(seconds->to_number<std::int64_t>());
    shortest = shortest ? std::min(*shortest, after) : after;
  }
  return shortest;
}

// How the key's file looks, to notice that it was replaced.
std::pair<std::filesystem::file_time_type, std::uintmax_t> look_at_key_file(const config::Api& api) {
  std::error_code none;
  if (!api.key_file) return {};
  return {std::filesystem::last_write_time(*api.key_file, none),
          std::filesystem::file_size(*api.key_file, none)};
}

const char* what_ends(pipeline::Pause pause) {
  switch (pause) {
    case pipeline::Pause::auth:
      return "the service refuses the API key: put a valid one into api.key_file";
    case pipeline::Pause::quota:
      return "the service's usage limit is reached; one submit at a time tries whether there is some again";
    case pipeline::Pause::operator_asked:
      return "draining";
    case pipeline::Pause::breaker:
      return "several failures in a row; when the service answers GET /health, one submit at a time tries "
             "whether it "
             "works again";
    case pipeline::Pause::budget:
      return "limits.pages_per_day or documents_per_day is reached; the day turns at midnight UTC, or "
             "`chunkrd "
             "resume budget`";
    case pipeline::Pause::disk:
    case pipeline::Pause::queue:
      return "";  // Unwritable, and Queue::trouble(), know more
  }
  return "";
}

// Who waits for a folder that cannot be written to, and who does not.
std::string why_paused(const pipeline::Unwritable::Trouble& trouble, const pipeline::Rules& rules) {
  std::vector<std::string> inboxes;
  for (const auto& inbox : pipeline::Unwritable::inboxes_at(trouble.folder, rules.places))
    inboxes.push_back(printable(inbox));
  constexpr std::size_t kNamed = 3;
  const std::size_t others = inboxes.size() - std::min(inboxes.size(), kNamed);
  inboxes.resize(inboxes.size() - others);
  return fmt::format("{}; until then {} wait", trouble.why,
                     inboxes.empty() ? "its documents"
                     : inboxes.size() + others == rules.places.size() && rules.places.size() > 1
                         ? "all submits"
                         : fmt::format("submits of {}{}", fmt::join(inboxes, ", "),
                                       others == 0 ? "" : fmt::format(" and {} more", others)));
}

std::string watching(std::size_t inboxes) {
  return fmt::format("watching {} inbox{}", inboxes, inboxes == 1 ? "" : "es");
}

// What `systemctl status` shows.
std::string status_line(const DaemonStatus& status) {
  std::vector<std::string_view> causes;
  for (const auto& pause : status.pauses)
    if (std::ranges::find(causes, pause.cause) == causes.end()) causes.push_back(pause.cause);
  return fmt::format("{}{}{}", status.draining ? "draining" : watching(status.inboxes.size()),
                     causes.empty() ? "" : "; paused: ", fmt::join(causes, ", "));
}

// At the service with something of ours, or on the way from there into its place.
constexpr queue::State kDrained[] = {
    queue::State::submitting, queue::State::submitted, queue::State::collecting, queue::State::delivering,
    queue::State::delivered,  queue::State::burying,   queue::State::reparsing,  queue::State::removing};

// What the daemon is built on cannot change under it.
void refuse_changes_that_need_a_restart(const config::Settings& now, const config::Settings& wanted) {
  std::vector<std::string> keys;
  if (wanted.state != now.state) keys.emplace_back("state");
  if (wanted.queue != now.queue) keys.emplace_back("queue");
  if (wanted.metrics.listen != now.metrics.listen) keys.emplace_back("metrics.listen");
  if (wanted.log.format != now.log.format) keys.emplace_back("log.format");
  config::Api but_for_the_key = wanted.api;
  but_for_the_key.key_file = now.api.key_file;
  but_for_the_key.reconcile_grace = now.api.reconcile_grace;
  if (but_for_the_key != now.api) keys.emplace_back("api");
  if (!keys.empty())
    throw UserError(ExitCode::bad_config,
                    fmt::format("{} cannot change while the daemon runs: restart it", fmt::join(keys, ", ")));
}

// That another daemon runs says more than that its address is in use.
config::Settings looked_at(config::Settings settings) {
  config::look_at_folders(settings);
  StateLock::refuse_if_held(settings.state);
  return settings;
}

}  // namespace

Daemon::Daemon(config::Settings settings, std::filesystem::path config_file)
    : settings_(looked_at(std::move(settings))),
      config_file_(std::move(config_file)),
      key_file_seen_(look_at_key_file(settings_.api)),
      key_(config::load_api_key(settings_.api)),
      metrics_(CHUNKRD_VERSION),
      last_resort_(settings_.shutdown_timeout, ExitCode::ok),
      endpoint_(listen()),
      worker_((config::check_folders(settings_), settings_), key_, metrics_, &metrics_,
              [this](const std::string& why) { starting(why); }),
      notifier_(
          worker_.queue, worker_.clock, worker_.random, metrics_.hooks(),
          [this](queue::Ending ending) {
            return ending_facts(std::move(ending), worker_.context, settings_);
          },
          worker_.loop.get_executor()),
      watching_ended_(worker_.clock.make_alarm()) {
  spdlog::default_logger()->sinks().push_back(metrics_.log_counter());
  metrics_.config_loaded(wall(worker_.clock.now()));
  metrics_.results_expire_after(shortest_expiry(settings_));
  for (const queue::Job& job : worker_.store.latest_in(queue::State::done, 1))
    metrics_.delivered_before(wall(job.state_since));
  worker_.queue.on_commit([this](const queue::Queue::Commit& commit) {
    metrics_.queue().committed({commit.changes, commit.refused, commit.took});
  });
  notifier_.set_routes(
      hooks::routes_of(settings_, hooks::read_secrets(settings_), worker_.loop.get_executor()));
  worker_.commands.on_drain([this] { drain(); });
  worker_.commands.on_reload([this] { return reload_as_asked(); });
  worker_.commands.on_rest([this] { return retention_.step(); });
  worker_.context.let_go = [this](const std::string& path, const std::string& name) {
    if (const auto inbox = inboxes_.find(path); inbox != inboxes_.end()) inbox->second->let_go(name);
  };
  worker_.context.renewed = [this](const std::string& path) { watch_anew(path); };
}

std::unique_ptr<metrics::Endpoint> Daemon::listen() {
  if (settings_.metrics.listen.empty()) return nullptr;
  return std::make_unique<metrics::Endpoint>(
      settings_.metrics.listen,
      metrics::Sources{{&metrics_.registry(), &process_metrics_}, &health_, &board_});
}

Daemon::~Daemon() = default;

void Daemon::starting(const std::string& why) {
  health_.beat();
  health_.set_not_ready({"starting: " + why});
  notify::starting("starting: " + why, kMoreTime);
}

void Daemon::run() {
  asio::co_spawn(worker_.loop, work(), [this](std::exception_ptr failure) {
    if (failure) failure_ = failure;
    worker_.loop.stop();
  });
  asio::co_spawn(worker_.loop, wait_for_signals(), kOrEnd);
  asio::co_spawn(worker_.loop, beat(), kOrEnd);
  asio::co_spawn(worker_.loop, look_after_metrics(), kOrEnd);
  asio::co_spawn(worker_.loop, look_at_folders(), kOrEnd);
  asio::co_spawn(worker_.loop, look_for_late_writes(), kOrEnd);
  asio::co_spawn(worker_.loop, feed_watchdog(), kOrEnd);
  asio::co_spawn(worker_.loop, listen_to_commands(), kOrEnd);
  notifying_ = true;
  asio::co_spawn(worker_.loop, notifier_.run(), [this](std::exception_ptr failure) {
    notifying_ = false;
    watching_ended_->ring();
    if (failure) failed(failure);  // the queue's: the scheduler ends by it, too
  });
  start_inboxes();
  notify::ready(watching(inboxes_.size()));
  spdlog::info("ready: {} inboxes, service {}", inboxes_.size(), settings_.api.url);
  work_to_the_end();
  if (failure_) std::rethrow_exception(failure_);
}

// What a coroutine that nobody waits for has thrown ends the daemon like a signal does: in order.
void Daemon::work_to_the_end() {
  while (true) {
    try {
      worker_.loop.run();
      return;
    } catch (const queue::StoreError&) {
      failed(std::current_exception());
    } catch (const UserError&) {
      failed(std::current_exception());
    } catch (const std::exception& error) {
      spdlog::critical("a mistake of ours, the daemon ends: {}", error.what());
      if (!failure_) failure_ = std::current_exception();
      stop("it cannot go on");
    }
  }
}

// That it cannot be used at a stop is no failure: its rows say what to do at the next start.
void Daemon::failed(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const queue::StoreUnavailable&) {
    if (stopping_) return;
  } catch (...) {
  }
  if (!failure_) failure_ = std::move(failure);
  stop("the queue failed");
}

awaitable<void> Daemon::work() {
  try {
    co_await worker_.scheduler.run();
  } catch (const queue::StoreError&) {
    failed(std::current_exception());
  }
  stop("the queue failed");
  // An inbox that is being scanned, and a hook that is told, use the file pool and the loop: both must
  // outlive it.
  while (watching_ > 0 || notifying_) co_await watching_ended_->wait_until(WallTime::max());
  spdlog::info("stopped: nothing is running any more");
}

// A queue that fails ends the scheduler, and that ends the daemon.
awaitable<void> Daemon::listen_to_commands() {
  try {
    co_await worker_.commands.run();
  } catch (const queue::StoreError& error) {
    spdlog::error("commands are not looked for any more: {}", error.what());
  }
}

// Nothing new comes in and nothing is submitted; what the service has goes its way to the end.
void Daemon::drain() {
  if (std::exchange(draining_, true)) return;
  for (const auto& [path, inbox] : inboxes_) inbox->stop();
  worker_.gate.pause_for_operator(worker_.clock.now());
  worker_.scheduler.wake();
  spdlog::info("draining: nothing new is taken or submitted");
}

void Daemon::end_when_drained(const queue::StateCounts& counts) {
  if (!draining_ || stopping_) return;
  if (std::ranges::all_of(kDrained, [&](auto state) { return counts[static_cast<std::size_t>(state)] == 0; }))
    stop("drained");
}

// A key that was renewed on disk is taken without being asked for: a pause for a refused key has its end
// then.
void Daemon::take_changed_key() {
  const auto seen = look_at_key_file(settings_.api);
  if (seen == key_file_seen_) return;
  key_file_seen_ = seen;
  try {
    std::string key = config::load_api_key(settings_.api);
    if (key == key_) return;
    key_ = key;
    worker_.client.set_key(std::move(key));
    worker_.gate.lift(pipeline::Pause::auth);
    worker_.scheduler.wake();
    spdlog::info("the API key was changed: the new one is in use");
  } catch (const std::exception& error) {
    spdlog::warn("the API key stays as it was: {}", error.what());
  }
}

void Daemon::start_inboxes() {
  for (const config::Inbox& inbox : settings_.inboxes) {
    if (inboxes_.contains(inbox.path.native())) continue;
    const auto& place = *worker_.context.rules->places.at(inbox.path.native());
    auto watched = std::make_shared<inbox::Inbox>(inbox_rules(place),
                                                  worker_.files.on(place.touched_in(queue::State::claiming)));
    inboxes_.emplace(inbox.path.native(), watched);
    metrics_.inboxes().set(inbox.path.native(), {}, wall(worker_.clock.now()));
    watching_ += 1;
    asio::co_spawn(worker_.loop, watch(watched), [this](std::exception_ptr failure) {
      watching_ -= 1;
      watching_ended_->ring();
      if (!failure || stopping_) return;
      failure_ = failure;
      stop("an inbox cannot be watched");
    });
  }
}

// On the threads of the filesystem that it turned out to lie on.
void Daemon::watch_anew(const std::string& path) {
  const auto inbox = inboxes_.find(path);
  if (inbox == inboxes_.end() || draining_ || stopping_) return;
  inbox->second->stop();
  inboxes_.erase(inbox);
  start_inboxes();
}

awaitable<void> Daemon::watch(std::shared_ptr<inbox::Inbox> inbox) {
  const std::string path = inbox->rules().path.native();
  co_await inbox->run([this, path](inbox::Arrival arrival) {
    return pipeline::take_in(std::move(arrival), path, worker_.context, worker_.scheduler);
  });
}

awaitable<void> Daemon::wait_for_signals() {
  while (!stopping_) {
    const int signal = co_await signals_.async_wait(asio::use_awaitable);
    if (signal == SIGHUP)
      reload_soon();
    else
      stop(signal == SIGTERM ? "SIGTERM" : "SIGINT");
  }
}

void Daemon::stop(const char* why) {
  if (stopping_) return;
  stopping_ = true;
  spdlog::info("{}: stopping, {} steps are running", why, worker_.scheduler.steps_running());
  notify::stopping("waiting for steps that are running", settings_.shutdown_timeout + kTimeToEnd);
  for (const auto& [path, inbox] : inboxes_) inbox->stop();
  last_resort_.begin();
  notifier_.stop();
  worker_.stop(settings_.shutdown_timeout);
}

struct Daemon::Prepared {
  config::Settings settings;
  std::string key;
  std::shared_ptr<const pipeline::Rules> rules;
  hooks::Secrets hook_secrets;
};

// Everything that can fail, or wait for a disk: a configuration is taken whole or not at all. Blocking.
Daemon::Prepared Daemon::prepare(const std::filesystem::path& config_file, const config::Settings& now) {
  config::Settings wanted = config::read_settings(config_file);
  refuse_changes_that_need_a_restart(now, wanted);
  config::check_folders(wanted);
  std::string key = config::load_api_key(wanted.api);
  auto rules = pipeline::make_rules(wanted);
  hooks::Secrets secrets = hooks::read_secrets(wanted);
  return {std::move(wanted), std::move(key), std::move(rules), std::move(secrets)};
}

void Daemon::reload_soon() {
  if (reloading_) {
    reload_again_ = true;
    return;
  }
  reloading_ = true;
  asio::co_spawn(worker_.loop, reload(),
                 [](const std::exception_ptr& failure, const queue::CommandAnswer&) { kOrEnd(failure); });
}

// One that is being read may have been opened before it was changed.
awaitable<queue::CommandAnswer> Daemon::reload_as_asked() {
  using Outcome = queue::CommandAnswer::Outcome;
  if (!reloading_) co_return co_await reload();
  reload_again_ = true;
  co_return queue::CommandAnswer{
      Outcome::accepted,
      "the configuration is read once more after the reload that is under way; the "
      "log says what comes of it"};
}

awaitable<queue::CommandAnswer> Daemon::reload() {
  reloading_ = true;
  queue::CommandAnswer answer;
  notify::reloading();
  try {
    apply(co_await worker_.files.run({}, "reload",
                                     [file = config_file_, now = settings_] { return prepare(file, now); }));
    metrics_.config_loaded(wall(worker_.clock.now()));
    metrics_.results_expire_after(shortest_expiry(settings_));
    answer.text = fmt::format("configuration read again from {}", printable(config_file_.native()));
    spdlog::info("{}", answer.text);
  } catch (const std::exception& error) {
    metrics_.config_refused();
    answer = {queue::CommandAnswer::Outcome::refused,
              fmt::format("the configuration stays as it was: {}", error.what())};
    const LoggedAnew somebody_asked;
    spdlog::error("{}", answer.text);
  }
  notify::ready(status_line(told_status_));
  reloading_ = false;
  if (std::exchange(reload_again_, false)) reload_soon();
  co_return answer;
}

void Daemon::apply(Prepared wanted) {
  if (stopping_) return;
  settings_ = std::move(wanted.settings);
  key_ = wanted.key;
  worker_.client.set_key(std::move(wanted.key));
  pipeline::tell_what_is_gone(*wanted.rules, worker_.context.rules.get());
  worker_.context.rules = std::move(wanted.rules);
  last_resort_.set_patience(settings_.shutdown_timeout);
  if (const OpenFiles files = raise_open_files(settings_); !files.enough()) spdlog::warn("{}", files.text());
  worker_.gate.set_rate(settings_.limits.submits_per_second);
  worker_.gate.set_budget(budget_of(settings_.limits));
  worker_.gate.lift(pipeline::Pause::auth);
  set_log_level(settings_.log.level);
  notifier_.set_routes(hooks::routes_of(settings_, wanted.hook_secrets, worker_.loop.get_executor()));
  retention_.begin_anew();
  for (auto& [path, inbox] : inboxes_) {
    inbox->stop();
    if (!worker_.context.rules->places.contains(path)) metrics_.inboxes().forget(path);
  }
  inboxes_.clear();
  if (!draining_) start_inboxes();
  worker_.scheduler.wake();
}

// Of the loop alone: a queue on a slow disk is told by what look_after_metrics() does not tell any more.
awaitable<void> Daemon::beat() {
  asio::steady_timer timer(worker_.loop);
  while (true) {
    health_.beat();
    metrics_.beat(wall(worker_.clock.now()));
    if (worker_.queue.trouble()) tell_without_queue();
    timer.expires_after(kGaugeInterval);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

awaitable<void> Daemon::look_at_folders() {
  asio::steady_timer timer(worker_.loop);
  while (true) {
    std::vector<pipeline::Folder> folders;
    for (const auto& [path, place] : worker_.context.rules->places)
      folders.insert(folders.end(), place->folders.begin(), place->folders.end());
    folder_looks_.look(folders);
    timer.expires_after(kFolderInterval);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

// A queue that fails ends the scheduler, and that ends the daemon.
awaitable<void> Daemon::look_for_late_writes() {
  asio::steady_timer timer(worker_.loop);
  try {
    while (true) {
      if (!draining_ && !stopping_) co_await late_writes_.look();
      timer.expires_after(pipeline::LateWrites::kLookEvery);
      co_await timer.async_wait(asio::use_awaitable);
    }
  } catch (const queue::StoreError& error) {
    spdlog::error("documents in failed/ are not looked at any more: {}", error.what());
  }
}

void Daemon::tell_inboxes() {
  for (const auto& [path, inbox] : inboxes_) {
    const inbox::Statistics now = inbox->statistics();
    metrics_.inboxes().set(path,
                           {.events = now.events,
                            .entries = now.entries,
                            .scanning = now.scanning,
                            .scans = now.scans,
                            .overflows = now.overflows,
                            .refused = now.refused,
                            .settling = now.settling,
                            .unclaimed = now.unclaimed,
                            .available = now.available},
                           wall(worker_.clock.now()));
  }
}

void Daemon::tell_steps() {
  const auto now = std::chrono::steady_clock::now();
  for (int i = 1; i <= queue::kStateCount; ++i) {
    const auto state = static_cast<queue::State>(i);
    const auto load = worker_.scheduler.load_of(state);
    std::optional<WallTime> oldest;
    if (load.oldest)
      oldest = wall(worker_.clock.now()) - std::chrono::duration_cast<Duration>(now - *load.oldest);
    metrics_.steps().set_load(state, load.running, load.capacity, oldest);
  }
}

// What nobody needs to wait for.
void Daemon::tell_numbers() {
  metrics_.set_ahead(worker_.clock.ahead());
  tell_inboxes();
  tell_steps();
  const auto budget = worker_.gate.budget();
  metrics_.spending().set_day(
      {.spent = worker_.gate.spent(), .budget = {.documents = budget.documents, .pages = budget.pages}});
  metrics_.spending().set_rate(worker_.gate.rate(), worker_.gate.full_rate());
  metrics_.queue().set_waiting(worker_.queue.waiting());
  look_for_missing_folders();
}

awaitable<void> Daemon::look_after_metrics() {
  asio::steady_timer timer(worker_.loop);
  std::chrono::steady_clock::time_point oldest_at{};
  while (true) {
    tell_numbers();
    const auto counts = co_await worker_.queue.counts();
    const auto oldest = co_await worker_.queue.oldest_unfinished();
    metrics_.on_queue(counts, oldest);
    if (const auto now = std::chrono::steady_clock::now(); now >= oldest_at) {
      oldest_at = now + kOldestInterval;
      auto since = co_await worker_.queue.oldest_by_state();
      for (auto& each : since)
        if (each) each = wall(*each);
      metrics_.queue().set_oldest(since);
    }
    metrics_.queue().answered(wall(worker_.clock.now()));
    end_when_drained(counts);
    worker_.scheduler.look_at_pauses();
    take_changed_key();
    look_after_health();
    co_await worker_.files.run({}, "lock", [this] { worker_.lock.hold_on(); });
    co_await look_after_hooks();
    spdlog::default_logger()->flush();  // what was repeated, and how often
    co_await tell_status();
    co_await tell_people(counts, oldest);
    timer.expires_after(kGaugeInterval);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

awaitable<void> Daemon::look_after_hooks() {
  std::map<std::string, metrics::HookMetrics::Waiting> waiting;
  const auto configured = hooks::route_names(settings_);
  for (const queue::HookStanding& each : co_await worker_.queue.hooks()) {
    waiting[each.hook].count = each.waiting;
    if (std::ranges::find(configured, each.hook) != configured.end())
      waiting[each.hook].oldest = wall(each.oldest);
  }
  metrics_.hooks().set_waiting(waiting);
}

void Daemon::look_for_missing_folders() {
  std::map<std::string, std::string> unreadable;
  for (const auto& [path, inbox] : inboxes_)
    if (const auto now = inbox->statistics(); !now.available) unreadable.emplace(path, now.why_not);
  missing_.look(worker_.context, unreadable, worker_.clock.now());
  metrics_.folders_missing(missing_.all().size());
}

awaitable<void> Daemon::feed_watchdog() {
  const auto interval = notify::watchdog_interval();
  if (!interval) co_return;
  asio::steady_timer timer(worker_.loop);
  while (true) {
    notify::watchdog();
    timer.expires_after(*interval);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

std::vector<DaemonStatus::Pause> Daemon::pauses_now() {
  std::vector<DaemonStatus::Pause> pauses;
  for (int i = 0; i < pipeline::kPauseCount; ++i) {
    const auto pause = static_cast<pipeline::Pause>(i);
    if (!worker_.gate.paused(pause)) continue;
    const WallTime until = worker_.gate.paused_until(pause);
    pauses.push_back({.cause = std::string(to_string(pause)),
                      .since = wall(worker_.gate.paused_since(pause)),
                      .until = until == WallTime::max() ? std::nullopt : std::optional(wall(until)),
                      .detail = what_ends(pause)});
    if (pause == pipeline::Pause::operator_asked && !draining_)
      pauses.back().detail = operator_pause_ + "; `chunkrd resume` ends it";
    if (const auto& trouble = worker_.queue.trouble(); pause == pipeline::Pause::queue && trouble)
      pauses.back().detail = trouble->why + "; what is under way waits, nothing is lost";
  }
  for (const auto& trouble : worker_.context.unwritable.all())
    pauses.push_back({.cause = std::string(to_string(pipeline::Pause::disk)),
                      .since = wall(trouble.since),
                      .until = std::nullopt,
                      .detail = why_paused(trouble, *worker_.context.rules)});
  for (const auto& missing : missing_.all())
    pauses.push_back(
        {.cause = "folder", .since = wall(missing.since), .until = std::nullopt, .detail = missing.why});
  std::erase_if(profile_missing_since_, [&](const auto& missing) {
    return !worker_.scheduler.missing_profiles().contains(missing.first);
  });
  for (const std::string& profile : worker_.scheduler.missing_profiles()) {
    const auto since = profile_missing_since_.try_emplace(profile, wall(worker_.clock.now())).first->second;
    pauses.push_back({.cause = "profile",
                      .since = since,
                      .until = std::nullopt,
                      .detail = fmt::format(
                          "documents on their way need the profile {}, which is not in the configuration any "
                          "more: put it back and reload",
                          printable(profile))});
  }
  if (const auto trouble = worker_.context.storage.at(worker_.clock.now()))
    pauses.push_back(
        {.cause = "storage", .since = wall(trouble->since), .until = std::nullopt, .detail = trouble->why});
  return pauses;
}

// Whoever looks at the page or asks whether it is ready is told also while nothing can be read or written.
void Daemon::tell_without_queue() {
  tell_numbers();
  worker_.scheduler.look_at_pauses(worker_.queue.trouble()->why);
  look_after_health();
  DaemonStatus status = told_status_;
  status.pauses = pauses_now();
  if (!stopping_) notify::status(status_line(status));
  const auto latest = board_.latest();
  if (!latest) return;
  metrics::Overview overview = *latest;
  tell_now(overview, status.pauses);
  board_.put(std::move(overview));
}

// For commands, which cannot ask the daemon itself. Written when it changes only.
awaitable<void> Daemon::tell_status() {
  operator_pause_ = (co_await worker_.queue.note(pipeline::kOperatorPauseNote)).value_or("asked for");
  DaemonStatus status{.pid = ::getpid(),
                      .version = CHUNKRD_VERSION,
                      .started_at = wall(started_at_),
                      .pauses = pauses_now(),
                      .rate = worker_.gate.rate(),
                      .draining = draining_,
                      .inboxes = {}};
  for (const auto& [path, inbox] : inboxes_)
    status.inboxes.push_back(
        {.path = printable(path),
         .unclaimed = inbox->statistics().unclaimed,
         .spool = printable(worker_.context.rules->places.at(path)->spool.folder().native())});
  if (status == told_status_) co_return;
  told_status_ = status;
  if (!stopping_) notify::status(status_line(status));
  co_await worker_.queue.set_note(DaemonStatus::kNote, to_json(status));
}

std::string Daemon::more_about(pipeline::Pause pause) const {
  const auto& trouble = worker_.queue.trouble();
  return pause == pipeline::Pause::queue && trouble ? ": " + trouble->why : std::string();
}

void Daemon::look_after_health() {
  std::vector<std::string> reasons;
  if (stopping_) reasons.emplace_back("stopping");
  for (int i = 0; i < pipeline::kPauseCount; ++i)
    if (const auto pause = static_cast<pipeline::Pause>(i); worker_.gate.paused(pause))
      reasons.push_back(fmt::format("submits are paused: {}{}", to_string(pause), more_about(pause)));
  for (const auto& trouble : worker_.context.unwritable.all())
    reasons.push_back(why_paused(trouble, *worker_.context.rules));
  for (const auto& missing : missing_.all()) reasons.push_back(missing.why);
  if (reasons.empty())
    health_.set_ready();
  else
    health_.set_not_ready(std::move(reasons));
}

}  // namespace chunkrd::cli
