#include "cli/jobs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <memory>

#include "cli/job_json.h"
#include "cli/job_names.h"
#include "cli/job_text.h"
#include "cli/open_queue.h"
#include "cli/print.h"
#include "cli/settings_beside_daemon.h"
#include "cli/table.h"
#include "cli/times.h"
#include "core/escape.h"

namespace chunkrd::cli {
namespace {

namespace fs = std::filesystem;
using queue::Job;
using queue::State;

// So many rows are in memory at once, however long the list is.
constexpr std::size_t kPage = 200;

struct Options {
  fs::path config_file;
  std::vector<std::string> states;
  std::string inbox, since, error_code;
  std::size_t limit = 50;
  bool all = false, json = false, ids = false;
};

std::vector<State> states_named(const std::vector<std::string>& names) {
  std::vector<State> states;
  for (const std::string& name : names) {
    const auto state = queue::state_from(name);
    if (!state) {
      std::vector<std::string_view> known;
      for (int i = 1; i <= queue::kStateCount; ++i) known.push_back(to_string(static_cast<State>(i)));
      throw UserError(ExitCode::usage, fmt::format("--state: there is no state \"{}\"; the states are {}",
                                                   printable(name), fmt::join(known, ", ")));
    }
    if (std::ranges::find(states, *state) == states.end()) states.push_back(*state);
  }
  return states;
}

// The path as the rows have it, which is as the configuration has it: however the person writes it. An inbox
// that is not configured any more is taken as it is written.
std::string inbox_named(const config::Settings& settings, const std::string& name) {
  std::error_code error;
  const fs::path wanted = fs::weakly_canonical(name, error);
  for (const config::Inbox& inbox : settings.inboxes)
    if (inbox.path == name || fs::weakly_canonical(inbox.path, error) == wanted) return inbox.path.native();
  return unprintable(name);
}

queue::Filter filter_of(const Options& options, const config::Settings& settings, WallTime now) {
  queue::Filter filter;
  filter.states = states_named(options.states);
  if (!options.inbox.empty()) filter.inbox = inbox_named(settings, options.inbox);
  if (!options.error_code.empty()) filter.error_code = options.error_code;
  if (!options.since.empty()) {
    filter.since = moment_from(options.since, now);
    if (!filter.since)
      throw UserError(
          ExitCode::usage,
          fmt::format("--since: \"{}\" is no time; write 30m, 2h, 7d, 2026-11-01 or 2026-11-01T09:30",
                      printable(options.since)));
  }
  return filter;
}

// Calls `show` with a page of jobs at a time.
template <class Show>
void for_each_page(queue::Store& store, const queue::Filter& filter, std::size_t limit, Show show) {
  std::string before;
  while (limit > 0) {
    const auto page = store.list(filter, before, std::min(limit, kPage));
    if (page.empty()) return;
    show(page);
    before = page.back().id;
    limit -= page.size();
  }
}

class JobTable {
 public:
  JobTable(Terminal terminal, bool with_inbox, WallTime now, Holding holding)
      : with_inbox_(with_inbox),
        now_(now),
        holding_(std::move(holding)),
        table_(columns(with_inbox), terminal) {}

  void print(const std::vector<Job>& jobs) {
    for (const Job& job : jobs) table_.add(row(job));
    put("{}", table_.take_lines());
  }

 private:
  static std::vector<Table::Column> columns(bool with_inbox) {
    std::vector<Table::Column> columns{{.title = "JOB"}, {.title = "STATE"}};
    columns.push_back({.title = "NAME", .fit = Table::Fit::shorten});
    if (with_inbox) columns.push_back({.title = "INBOX", .fit = Table::Fit::shorten});
    for (const char* number : {"AGE", "PAGES", "TRIES"})
      columns.push_back({.title = number, .align = Table::Align::right});
    columns.push_back({.title = "NEXT", .fit = Table::Fit::shorten});
    return columns;
  }

  std::vector<Cell> row(const Job& job) const {
    std::vector<Cell> cells{{std::string(short_id(job.id)), Look::strong},
                            {std::string(to_string(job.state)), look_of(job.state)},
                            {printable(job.name)}};
    if (with_inbox_) cells.push_back({printable(job.inbox)});
    cells.push_back({brief(now_ - job.found_at)});
    cells.push_back({job.pages ? std::to_string(*job.pages) : ""});
    cells.push_back({job.attempts > 0 ? std::to_string(job.attempts) : ""});
    cells.push_back(
        {next_or_error(job, now_, holding_), job.state == State::failed ? Look::bad : Look::plain});
    return cells;
  }

  bool with_inbox_;
  WallTime now_;
  Holding holding_;
  Table table_;
};

ExitCode run(const Options& options) {
  const config::Settings settings = settings_beside_daemon(options.config_file);
  const WallTime now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  queue::Filter filter = filter_of(options, settings, now);
  auto store = open_queue(settings, queue::Access::read);
  const Duration ahead = ahead_of(store);
  if (filter.since) *filter.since -= ahead;
  const std::size_t limit = options.all ? SIZE_MAX : options.limit;
  std::size_t shown = 0;
  JobTable table(Terminal::of(stdout), settings.inboxes.size() > 1 && !filter.inbox, now,
                 holding_of(store, settings));
  for_each_page(store, filter, limit, [&](std::vector<Job> jobs) {
    shown += jobs.size();
    for (Job& job : jobs) job = dated(std::move(job), ahead);
    if (options.json)
      for (const Job& job : jobs) put("{}\n", boost::json::serialize(to_json(job)));
    else if (options.ids)
      for (const Job& job : jobs) put("{}\n", job.id);
    else
      table.print(jobs);
  });
  if (options.json || options.ids) return ExitCode::ok;
  if (shown == 0) put_to(stderr, "chunkrd: no such jobs\n");
  if (shown == limit && Terminal::of(stdout).columns)
    put_to(stderr, "chunkrd: these are the newest {}; --all shows all\n", shown);
  return ExitCode::ok;
}

}  // namespace

Command add_jobs(CLI::App& program) {
  CLI::App* parser = add_parser(program, "jobs", "List documents, newest first",
                                "jobs\n"
                                "jobs --state failed,cancelled --since 2h\n"
                                "jobs --inbox /srv/chunkrd/inbox --error bad_request --all --json");
  auto options = std::make_shared<Options>();
  add_config_option(*parser, options->config_file);
  parser->add_option("--state", options->states, "Only in these states, with commas between them")
      ->delimiter(',')
      ->type_name("STATE,...");
  parser->add_option("--inbox", options->inbox, "Only from this inbox")->type_name("INBOX");
  parser
      ->add_option("--since", options->since,
                   "Only what was found since then: 30m, 2h, 7d ago, 2026-11-01 or 2026-11-01T09:30 (UTC)")
      ->type_name("TIME");
  parser->add_option("--error", options->error_code, "Only with this error code")->type_name("CODE");
  auto* limit = add_limit_option(*parser, options->limit, "At most so many");
  parser->add_flag("--all", options->all, "However many there are")->excludes(limit);
  auto* ids = parser->add_flag("--ids", options->ids, "Only the ids, one a line");
  add_json_option(*parser, options->json);
  ids->excludes(parser->get_option("--json"));
  return {parser, [options] { return run(*options); }};
}

}  // namespace chunkrd::cli
