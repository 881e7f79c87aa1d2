#include "cli/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <memory>

#include "cli/daemon_status.h"
#include "cli/job_json.h"
#include "cli/job_names.h"
#include "cli/job_text.h"
#include "cli/open_queue.h"
#include "cli/print.h"
#include "cli/running_daemon.h"
#include "cli/settings_beside_daemon.h"
#include "cli/times.h"
#include "core/counted.h"
#include "core/escape.h"
#include "core/iso_time.h"
#include "hooks/routes.h"
#include "pipeline/commands.h"
#include "pipeline/observer.h"

namespace chunkrd::cli {
namespace {

namespace json = boost::json;
using queue::Job;
using queue::State;

// More wishes than a person leaves; the daemon answers them within moments.
constexpr std::size_t kCommandsCounted = 1000;

struct Options {
  std::filesystem::path config_file;
  bool json = false;
};

struct Status {
  WallTime now;
  RunningDaemon daemon;
  queue::StateCounts counts{};
  std::optional<Job> oldest, last_done;
  queue::Spent today;
  std::size_t commands = 0;
  std::vector<queue::HookStanding> hooks;  ///< every configured one, and those with notifications waiting
  std::string operator_pause;              ///< why; it outlives the daemon. Empty if there is none
};

Status look(const config::Settings& settings) {
  auto store = open_queue(settings, queue::Access::read);
  Status status;
  status.now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  status.daemon = running_daemon(store, settings);
  status.operator_pause = store.note(pipeline::kOperatorPauseNote).value_or("");
  status.counts = store.counts();
  const Duration ahead = ahead_of(store);
  if (const auto job = store.oldest_unfinished_job()) status.oldest = dated(*job, ahead);
  for (const Job& job : store.latest_in(State::done, 1)) status.last_done = dated(job, ahead);
  status.today = store.spent_on(status.now);
  status.commands = store.pending_commands(kCommandsCounted).size();
  status.hooks = store.hooks();
  for (queue::HookStanding& each : status.hooks) each.oldest += ahead;
  for (std::string& name : hooks::route_names(settings))
    if (std::ranges::find(status.hooks, name, &queue::HookStanding::hook) == status.hooks.end())
      status.hooks.emplace_back().hook = std::move(name);
  return status;
}

std::int64_t unfinished(const queue::StateCounts& counts) {
  std::int64_t sum = 0;
  for (std::size_t i = 1; i < counts.size(); ++i)
    if (!is_end(static_cast<State>(i))) sum += counts[i];
  return sum;
}

json::value brief_json(const std::optional<Job>& job) {
  if (!job) return nullptr;
  return {{"id", job->id},
          {"name", printable(job->name)},
          {"inbox", printable(job->inbox)},
          {"state", to_string(job->state)},
          {"state_since", to_iso(job->state_since)},
          {"found_at", to_iso(job->found_at)}};
}

// 0 in the configuration is no budget.
json::value budget_json(int per_day) {
  return per_day > 0 ? json::value(per_day) : json::value(nullptr);
}

// Files in this inbox that nobody works on; nothing while no daemon tells.
std::optional<std::size_t> unclaimed_in(const config::Inbox& inbox, const Status& status) {
  const auto& daemon = status.daemon.status;
  if (!daemon) return std::nullopt;
  const auto told =
      std::ranges::find(daemon->inboxes, printable(inbox.path.native()), &DaemonStatus::Inbox::path);
  return told == daemon->inboxes.end() ? std::nullopt : std::optional(told->unclaimed);
}

json::array hooks_json(const std::vector<queue::HookStanding>& hooks) {
  json::array array;
  for (const queue::HookStanding& each : hooks)
    array.push_back(
        {{"hook", printable(each.hook)},
         {"waiting", each.waiting},
         {"oldest", each.waiting > 0 ? json::value(to_iso(each.oldest)) : json::value(nullptr)},
         {"attempts", each.attempts},
         {"last_failure",
          each.last_failure.empty() ? json::value(nullptr) : json::value(valid_utf8(each.last_failure))}});
  return array;
}

json::object status_json(const Status& status, const config::Settings& settings) {
  json::object object;
  const auto& daemon = status.daemon.status;
  object["running"] = status.daemon.runs;
  object["daemon"] = daemon ? json::parse(to_json(*daemon)) : json::value(nullptr);
  object["operator_pause"] =
      status.operator_pause.empty() ? json::value(nullptr) : json::value(valid_utf8(status.operator_pause));
  json::object states;
  for (std::size_t i = 1; i < status.counts.size(); ++i)
    states[to_string(static_cast<State>(i))] = status.counts[i];
  object["states"] = std::move(states);
  object["unfinished"] = unfinished(status.counts);
  object["oldest_unfinished"] = brief_json(status.oldest);
  object["last_done"] = brief_json(status.last_done);
  object["today"] = {{"day", to_iso(status.now).substr(0, 10)},
                     {"documents", status.today.documents},
                     {"pages", status.today.pages},
                     {"documents_per_day", budget_json(settings.limits.documents_per_day)},
                     {"pages_per_day", budget_json(settings.limits.pages_per_day)}};
  object["pending_commands"] = status.commands;
  json::array inboxes;
  for (const config::Inbox& inbox : settings.inboxes) {
    const auto unclaimed = unclaimed_in(inbox, status);
    inboxes.push_back({{"path", printable(inbox.path.native())},
                       {"outbox", printable(inbox.outbox.native())},
                       {"failed", printable(inbox.failed.native())},
                       {"unclaimed", unclaimed ? json::value(*unclaimed) : json::value(nullptr)}});
  }
  object["inboxes"] = std::move(inboxes);
  object["notifications"] = hooks_json(status.hooks);
  object["queue"] = printable(queue_file(settings).native());
  return object;
}

class Page {
 public:
  explicit Page(Terminal terminal) : terminal_(terminal) {}

  void line(std::string_view title, std::string_view text, Look look = Look::plain) const {
    put("{}{}\n", terminal_.shown(fmt::format("{:<12}", title), Look::dim), terminal_.shown(text, look));
  }

  void daemon(const Status& status) const {
    if (!status.daemon.runs)
      return line("daemon", "not running; documents wait until it is started", Look::warning);
    if (!status.daemon.status) {
      line("daemon", "running; it has not told yet how it is doing", Look::good);
      if (status.daemon.queue) pause(*status.daemon.queue);
      return;
    }
    const DaemonStatus& daemon = *status.daemon.status;
    line("daemon",
         fmt::format("running since {} ({}), pid {}, version {}", for_people(daemon.started_at),
                     brief(status.now - daemon.started_at), daemon.pid, harmless(daemon.version)),
         Look::good);
    if (daemon.draining)
      line("", "draining: nothing new is taken, what is under way is finished", Look::warning);
    for (const auto& each : daemon.pauses)
      if (each.cause != to_string(pipeline::Pause::operator_asked)) pause(each);
    line("rate", fmt::format("{:.3g} submits a second", daemon.rate));
  }

  void hook(const queue::HookStanding& hook, WallTime now) const {
    if (hook.waiting == 0) return line("notify", printable(hook.hook) + ": all told");
    line("notify",
         fmt::format("{}: {} wait, the oldest for {}", printable(hook.hook),
                     counted(hook.waiting, "notification"), brief(now - hook.oldest)),
         hook.attempts > 0 ? Look::warning : Look::plain);
    if (!hook.last_failure.empty()) line("", harmless(hook.last_failure), Look::warning);
  }

  void counts(const queue::StateCounts& counts) const {
    line("unfinished", std::to_string(unfinished(counts)));
    for (std::size_t i = 1; i < counts.size(); ++i)
      if (const auto state = static_cast<State>(i); counts[i] != 0)
        line("", fmt::format("{:<11}{:>9}", to_string(state), counts[i]), look_of(state));
  }

  void job(std::string_view title, const std::optional<Job>& job, WallTime when, WallTime now) const {
    if (!job) return line(title, "none");
    line(title, fmt::format("{} ago: {} ({}, {})", brief(now - when), printable(job->name), short_id(job->id),
                            to_string(job->state)));
  }

 private:
  void pause(const DaemonStatus::Pause& pause) const {
    line("paused",
         fmt::format("{} since {}{}: {}", harmless(pause.cause), for_people(pause.since),
                     pause.until ? ", tried again at " + for_people(*pause.until) : "",
                     harmless(pause.detail)),
         Look::warning);
  }

  Terminal terminal_;
};

std::string paid_text(int paid, std::string_view noun, int per_day) {
  return per_day > 0 ? fmt::format("{} of {}", paid, counted(per_day, noun)) : counted(paid, noun);
}

void print(const Status& status, const config::Settings& settings) {
  const Page page(Terminal::of(stdout));
  page.daemon(status);
  if (!status.operator_pause.empty())
    page.line("paused", "by an operator: " + harmless(status.operator_pause) + "; chunkrd resume ends it",
              Look::warning);
  page.counts(status.counts);
  page.job("oldest", status.oldest, status.oldest ? status.oldest->found_at : WallTime{}, status.now);
  page.job("last done", status.last_done, status.last_done ? status.last_done->state_since : WallTime{},
           status.now);
  page.line(
      "paid today",
      fmt::format("{}, {}", paid_text(status.today.documents, "document", settings.limits.documents_per_day),
                  paid_text(status.today.pages, "page", settings.limits.pages_per_day)));
  if (status.commands > 0) page.line("commands", fmt::format("{} wait for the daemon", status.commands));
  for (const config::Inbox& inbox : settings.inboxes) {
    const std::string to = inbox.outbox.empty() ? "" : " -> " + printable(inbox.outbox.native());
    page.line("inbox", printable(inbox.path.native()) + to);
    if (const auto unclaimed = unclaimed_in(inbox, status).value_or(0); unclaimed > 0)
      page.line("", fmt::format("{} files there that nobody works on: chunkrd check tells why", unclaimed),
                Look::warning);
  }
  for (const queue::HookStanding& hook : status.hooks) page.hook(hook, status.now);
}

// Where the configuration cannot be read the daemon still knows them.
void show_inboxes_of_daemon(const Status& status, config::Settings& settings) {
  const auto& daemon = status.daemon.status;
  if (!settings.inboxes.empty() || !daemon) return;
  for (const auto& told : daemon->inboxes) {
    config::Inbox inbox;
    inbox.path = unprintable(told.path);
    settings.inboxes.push_back(std::move(inbox));
  }
}

ExitCode run(const Options& options) {
  config::Settings settings = settings_beside_daemon(options.config_file);
  const Status status = look(settings);
  show_inboxes_of_daemon(status, settings);
  if (options.json)
    put("{}\n", json::serialize(status_json(status, settings)));
  else
    print(status, settings);
  return ExitCode::ok;
}

}  // namespace

Command add_status(CLI::App& program) {
  CLI::App* parser = add_parser(program, "status", "Tell how the daemon and its queue are doing",
                                "status\n"
                                "status --json");
  auto options = std::make_shared<Options>();
  add_config_option(*parser, options->config_file);
  add_json_option(*parser, options->json);
  return {parser, [options] { return run(*options); }};
}

}  // namespace chunkrd::cli
