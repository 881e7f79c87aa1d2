// chunkrd reprocess: other settings for documents that were delivered, without a second upload.
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <thread>

#include "cli/acting.h"
#include "cli/one_request.h"
#include "cli/print.h"
#include "cli/wishes.h"
#include "config/overrides.h"
#include "config/reader.h"
#include "core/counted.h"
#include "core/escape.h"

namespace chunkrd::cli {
namespace {

namespace lifecycle = pipeline::lifecycle;
using queue::Job;

struct Options {
  Acting acting;
  std::string profile;
  std::vector<std::string> assignments;
  bool resubmit = false;
};

std::string wanted_settings(const Job& job, const Options& options, const config::Settings& settings) {
  std::string base = job.settings;
  if (!options.profile.empty()) base = settings.profiles.at(options.profile).parse;
  return config::with_overrides(base, options.assignments);
}

// One 404 is no proof: services give it for tasks that are there (contract).
constexpr int kLooks = 3;
constexpr auto kBetweenLooks = std::chrono::seconds(1);

// Only the service knows. Without an answer the daemon finds out, and pays for nothing by itself.
bool is_known_to_be_gone(const Job& job, const config::Settings& settings) {
  if (job.task_id.empty() || job.task_status == "Deleted" || job.task_status == "Cancelled") return true;
  for (int look = 1;; ++look) {
    const auto answer =
        one_request(settings, [&](taskapi::Client& client) { return client.get(job.task_id); });
    const auto* refusal = std::get_if<taskapi::Refusal>(&answer);
    if (refusal == nullptr || (refusal->http_status != 404 && refusal->http_status != 410)) return false;
    if (look == kLooks) return true;
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

// A new task costs as the first one did: said before, and asked where somebody sits there.
bool may_pay(const Job& job, const Options& options) {
  const std::string cost =
      fmt::format("its task is not at the service any more; a new submit of the original pays for {} again",
                  job.pages ? counted(*job.pages, "page") : std::string("all of it"));
  if (options.resubmit) {
    put_to(stderr, "chunkrd: {}: {}\n", printable(job.name), cost);
    return true;
  }
  if (::isatty(STDIN_FILENO) == 0 || options.acting.json) {
    tell(options.acting, job, "refused", cost + "; say --resubmit if that is meant");
    return false;
  }
  put_to(stderr, "chunkrd: {}: {}. Go on? [y/N] ", printable(job.name), cost);
  std::string line;
  std::getline(std::cin, line);
  return line == "y" || line == "Y" || line == "yes";
}

ExitCode run(const Options& options) {
  const config::Settings settings = config::read_settings(options.acting.config_file);
  if (!options.profile.empty() && !settings.profiles.contains(options.profile))
    throw UserError(ExitCode::usage,
                    fmt::format("--profile: there is no profile \"{}\" in {}", printable(options.profile),
                                printable(options.acting.config_file.native())));
  if (options.profile.empty() && options.assignments.empty())
    throw UserError(ExitCode::usage,
                    "reprocess: say what is to be different: --profile P or --set SETTING=VALUE");
  // What is wrong with --set is told before anything is asked for.
  config::with_overrides("{}", options.assignments);
  const auto wish_for = [&](const Job& job) -> std::optional<lifecycle::Wish> {
    if (options.profile.empty() && !settings.profiles.contains(job.profile)) {
      tell(options.acting, job, "refused",
           fmt::format("its profile \"{}\" is not in the configuration any more: name one with --profile",
                       printable(job.profile)));
      return std::nullopt;
    }
    lifecycle::Reprocess wish{.profile = options.profile.empty() ? job.profile : options.profile,
                              .settings = wanted_settings(job, options, settings),
                              .resubmit = options.resubmit};
    const bool ended = is_end(job.state) && job.state != queue::State::vanished;
    if (ended && is_known_to_be_gone(job, settings)) {
      if (!may_pay(job, options)) return std::nullopt;
      wish.resubmit = true;
    }
    return wish;
  };
  return act(options.acting, settings, wish_for, [](const Job& job) { return is_end(job.state); });
}

}  // namespace

Command add_reprocess(CLI::App& program) {
  CLI::App* parser =
      add_parser(program, "reprocess",
                 "Parse documents again with other settings, without a second upload; the new result "
                 "replaces the old one",
                 "reprocess --set ocr_strategy=All 01j2k3m4n5p6q7\n"
                 "reprocess --profile invoices --wait 600 /srv/chunkrd/outbox/report.pdf.json");
  auto options = std::make_shared<Options>();
  options->acting.add_options(*parser);
  parser->add_option("--profile", options->profile, "Take the settings and artifacts of this profile")
      ->type_name("PROFILE");
  parser
      ->add_option("--set", options->assignments,
                   "Change one setting: ocr_strategy=All, chunk_processing.target_length=1024; nothing after "
                   "the = takes it back. May be repeated")
      ->type_name("SETTING=VALUE")
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all();
  parser->add_flag("--resubmit", options->resubmit,
                   "If the task is gone, submit the original anew: that is paid for");
  return {parser, [options] { return run(*options); }};
}

}  // namespace chunkrd::cli
