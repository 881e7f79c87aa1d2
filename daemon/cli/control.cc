// The commands about the daemon as a whole: pause, resume, drain, reload.
#include "cli/control.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json.hpp>
#include <memory>
#include <thread>

#include "cli/asking.h"
#include "cli/print.h"
#include "cli/settings_beside_daemon.h"
#include "cli/state_lock.h"
#include "config/reader.h"
#include "core/escape.h"
#include "pipeline/observer.h"

namespace chunkrd::cli {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
using Outcome = queue::CommandAnswer::Outcome;

constexpr Duration kPatience = 10s;
// The folders may lie on a disk that is slow to answer.
constexpr Duration kPatienceForReload = 60s;

struct Options {
  std::filesystem::path config_file;
  std::string word;  ///< the reason of a pause, the cause of a resume
  double wait_seconds = 0;
  bool json = false;
};

ExitCode ask(const Options& options, const config::Settings& settings, queue::CommandKind kind,
             const json::object& arguments, Duration patience = kPatience) {
  Asking asking(settings);
  const auto answer = asking.ask(kind, {}, json::serialize(arguments), patience);
  const std::string outcome(answer ? to_string(answer->outcome) : "pending");
  const std::string text = answer ? answer->text : "asked for; the daemon has not answered yet";
  const bool refused = answer && answer->outcome == Outcome::refused;
  if (options.json)
    put("{}\n", json::serialize(json::object{{"outcome", outcome}, {"text", text}}));
  else
    put_to(refused ? stderr : stdout, "{}{}\n", refused ? "chunkrd: " : "", text);
  std::fflush(stdout);
  return refused ? ExitCode::some_failed : ExitCode::ok;
}

std::vector<std::string_view> causes() {
  std::vector<std::string_view> names;
  for (int i = 0; i < pipeline::kPauseCount; ++i) names.push_back(to_string(static_cast<pipeline::Pause>(i)));
  return names;
}

ExitCode resume(const Options& options) {
  const auto known = causes();
  if (!options.word.empty() && std::ranges::find(known, options.word) == known.end())
    throw UserError(ExitCode::usage, fmt::format("resume: there is no cause \"{}\"; the causes are {}",
                                                 printable(options.word), fmt::join(known, ", ")));
  return ask(options, settings_beside_daemon(options.config_file), queue::CommandKind::resume,
             {{"cause", options.word}});
}

// Until the daemon has let go of its state folder.
ExitCode drain(const Options& options) {
  const config::Settings settings = settings_beside_daemon(options.config_file);
  const ExitCode code = ask(options, settings, queue::CommandKind::drain, {});
  if (code != ExitCode::ok) return code;
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(options.wait_seconds);
  while (StateLock::is_held(settings.state)) {
    if (std::chrono::steady_clock::now() >= until)
      return options.wait_seconds > 0 ? ExitCode::some_failed : ExitCode::ok;
    std::this_thread::sleep_for(100ms);
  }
  return ExitCode::ok;
}

}  // namespace

Command add_pause(CLI::App& program) {
  CLI::App* parser =
      add_parser(program, "pause",
                 "Submit nothing more until `resume`, also over restarts; what the service has "
                 "is followed to its end",
                 "pause\n"
                 "pause \"the invoice is being checked\"");
  auto options = std::make_shared<Options>();
  add_config_option(*parser, options->config_file);
  parser->add_option("reason", options->word, "Why, for those who look at `status`")->type_name("REASON");
  add_json_option(*parser, options->json);
  return {parser, [options] {
            return ask(*options, settings_beside_daemon(options->config_file), queue::CommandKind::pause,
                       {{"reason", options->word}});
          }};
}

Command add_resume(CLI::App& program) {
  CLI::App* parser =
      add_parser(program, "resume", "End pauses now, instead of when their causes end: all of them, or one",
                 "resume\n"
                 "resume budget");
  auto options = std::make_shared<Options>();
  add_config_option(*parser, options->config_file);
  parser->add_option("cause", options->word, fmt::format("One of {}", fmt::join(causes(), ", ")))
      ->type_name("CAUSE");
  add_json_option(*parser, options->json);
  return {parser, [options] { return resume(*options); }};
}

Command add_drain(CLI::App& program) {
  CLI::App* parser = add_parser(program, "drain",
                                "Let the daemon take and submit nothing more, deliver what the service has, "
                                "and end",
                                "drain --wait 3600");
  auto options = std::make_shared<Options>();
  add_config_option(*parser, options->config_file);
  add_wait_option(*parser, options->wait_seconds, "Seconds to wait for its end");
  add_json_option(*parser, options->json);
  return {parser, [options] { return drain(*options); }};
}

Command add_reload(CLI::App& program) {
  CLI::App* parser = add_parser(
      program, "reload", "Let the daemon read its configuration again, and say whether it took it", "reload");
  auto options = std::make_shared<Options>();
  add_config_option(*parser, options->config_file);
  add_json_option(*parser, options->json);
  return {parser, [options] {
            return ask(*options, config::read_settings(options->config_file), queue::CommandKind::reload, {},
                       kPatienceForReload);
          }};
}

}  // namespace chunkrd::cli
