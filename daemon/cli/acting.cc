#include "cli/acting.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>
#include <thread>

#include "cli/job_names.h"
#include "cli/print.h"
#include "config/reader.h"
#include "core/escape.h"

namespace chunkrd::cli {
namespace {

using namespace std::chrono_literals;
using Outcome = queue::CommandAnswer::Outcome;

// The daemon answers within a quarter of a second, unless a step of the job is running: an upload may take
// minutes.
constexpr Duration kPatience = 5s;

struct Ended {
  queue::Job job;
  bool over = false;
  std::string last;  ///< of its story
};

Ended follow(queue::Store& store, const queue::Job& job, const IsOver& is_over, double seconds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (true) {
    auto now = store.find(job.id);
    if (!now) return {job, true, "its row was pruned"};
    const bool over = is_over(*now);
    if (over || std::chrono::steady_clock::now() >= until) {
      const auto story = store.events(job.id);
      std::string last;
      if (!story.empty()) last = story.back().event.what + ": " + story.back().event.detail;
      return {std::move(*now), over, std::move(last)};
    }
    std::this_thread::sleep_for(50ms);
  }
}

bool is_granted(const queue::CommandAnswer& answer) {
  return answer.outcome != Outcome::refused;
}

}  // namespace

void Acting::add_options(CLI::App& parser) {
  add_config_option(parser, config_file);
  parser.add_option("job", jobs, kJobHelp)->required()->type_name("JOB...");
  add_wait_option(parser, wait_seconds, "Seconds to wait for what becomes of it");
  add_json_option(parser, json);
}

void tell(const Acting& options, const queue::Job& job, const std::string& outcome, const std::string& text) {
  if (options.json) {
    put("{}\n", boost::json::serialize(boost::json::object{{"job", job.id},
                                                           {"name", printable(job.name)},
                                                           {"state", to_string(job.state)},
                                                           {"outcome", outcome},
                                                           {"text", valid_utf8(text)}}));
    std::fflush(stdout);
    return;
  }
  std::FILE* const to = outcome == "refused" ? stderr : stdout;
  put_to(to, "{}{} {}: {}\n", to == stderr ? "chunkrd: " : "", short_id(job.id), printable(job.name),
         harmless(text));
  std::fflush(to);
}

ExitCode act(const Acting& options, const config::Settings& settings, const WishFor& wish_for,
             const IsOver& is_over) {
  Asking asking(settings);
  const auto jobs = jobs_named(asking.store(), settings, options.jobs);
  bool all = true;
  for (const queue::Job& job : jobs) {
    const auto wish = wish_for(job);
    if (!wish) {
      all = false;
      continue;
    }
    const auto answer = asking.ask(job.id, *wish, kPatience);
    if (!answer) {
      tell(options, job, "pending", "asked for; the daemon sees to it when the step that runs has ended");
      continue;
    }
    all = all && is_granted(*answer);
    const bool at_rest = !asking.daemon_runs() && answer->outcome == Outcome::accepted;
    tell(options, job, std::string(to_string(answer->outcome)),
         answer->text + (at_rest ? ", once the daemon runs" : ""));
    if (answer->outcome != Outcome::accepted || at_rest || options.wait_seconds <= 0) continue;
    const Ended ended = follow(asking.store(), job, is_over, options.wait_seconds);
    tell(options, ended.job, ended.over ? "over" : "pending", ended.last);
  }
  return all ? ExitCode::ok : ExitCode::some_failed;
}

}  // namespace chunkrd::cli
