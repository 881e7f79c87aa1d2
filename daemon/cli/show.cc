#include "cli/show.h"

#include <fmt/format.h>

#include <boost/json.hpp>
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
#include "core/counted.h"
#include "core/escape.h"

namespace chunkrd::cli {
namespace {

namespace json = boost::json;
using queue::Job;

struct Options {
  std::filesystem::path config_file;
  std::string job;
  bool json = false;
};

std::string next_text(const Job& job, WallTime now, const Holding& holding) {
  if (is_end(job.state)) return {};
  return fmt::format("{}, at {}", next_or_error(job, now, holding), for_people(job.due));
}

std::string task_text(const Job& job) {
  std::string text =
      job.task_id.empty() ? job.tag.empty() ? "" : "not known yet, tag " + job.tag : job.task_id;
  if (!job.task_status.empty()) text += ", " + job.task_status;
  if (job.submitted_at) text += ", submitted " + for_people(*job.submitted_at);
  return text;
}

std::string cost_text(const Job& job) {
  if (!job.reused_from.empty())
    return "nothing: the result of job " + job.reused_from + " was delivered again";
  std::string text = job.pages ? counted(*job.pages, "page") : "";
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  if (job.attempts > 0) add(counted(job.attempts, "task") + " came to nothing");
  if (job.possible_duplicates > 0)
    add(fmt::format("submitted again {} without knowing of the time before",
                    counted(job.possible_duplicates, "time")));
  return text;
}

std::string error_text(const Job& job) {
  if (job.error_code.empty()) return {};
  return fmt::format("{} (in {}): {}", job.error_code, job.error_stage, harmless(job.error_message));
}

void print(const Story& story, const Terminal& terminal, WallTime now, const Holding& holding) {
  const Job& job = story.job;
  const auto line = [&](std::string_view title, std::string_view text, Look look = Look::plain) {
    if (text.empty()) return;
    put("{}{}\n", terminal.shown(fmt::format("{:<10}", title), Look::dim), terminal.shown(text, look));
  };
  line("job", job.id, Look::strong);
  line("document", printable(job.inbox) + "/" + printable(job.name));
  line("state",
       fmt::format("{} since {} ({})", to_string(job.state), for_people(job.state_since),
                   brief(now - job.state_since)),
       look_of(job.state));
  line("error", error_text(job), Look::bad);
  line("next", next_text(job, now, holding));
  line("original",
       fmt::format("{}{}{}", size_text(job.size_bytes), job.sha256.empty() ? "" : ", SHA-256 ", job.sha256));
  line("profile", fmt::format("{}, priority {}", job.profile, job.priority));
  line("settings", job.settings);
  line("task", task_text(job));
  line("cost", cost_text(job));
  for (bool first = true; const Lying& one : story.where) {
    line(first ? "where" : "", fmt::format("{:<9} {}", one.what, printable(one.path.native())));
    first = false;
  }
  put("\n");
  Table table({{.title = "TIME (UTC)"}, {.title = "WHAT"}, {.title = "DETAIL"}}, terminal);
  for (const auto& [at, event] : story.events)
    table.add({{for_people(at), Look::dim}, {event.what}, {harmless(event.detail)}});
  put("{}", table.take_lines());
}

ExitCode run(const Options& options) {
  const config::Settings settings = settings_beside_daemon(options.config_file);
  auto store = open_queue(settings, queue::Access::read);
  Story story{.job = job_named(store, settings, options.job), .events = {}, .where = {}};
  story.events = store.events(story.job.id);
  const Duration ahead = ahead_of(store);
  story.job = dated(std::move(story.job), ahead);
  for (auto& [at, event] : story.events) at += ahead;
  story.where = whereabouts(story.job, settings);
  if (options.json)
    put("{}\n", json::serialize(to_json(story)));
  else
    print(story, Terminal::of(stdout),
          std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()),
          holding_of(store, settings));
  return ExitCode::ok;
}

}  // namespace

Command add_show(CLI::App& program) {
  CLI::App* parser = add_parser(program, "show", "Tell one document's whole story",
                                "show 01j2k3m4n5p6q7\n"
                                "show /srv/chunkrd/outbox/report.pdf.json\n"
                                "show --json 01j2k3m4n5p6q7");
  auto options = std::make_shared<Options>();
  add_config_option(*parser, options->config_file);
  parser->add_option("job", options->job, kJobHelp)->required()->type_name("JOB");
  add_json_option(*parser, options->json);
  return {parser, [options] { return run(*options); }};
}

}  // namespace chunkrd::cli
