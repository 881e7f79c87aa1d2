#include "cli/process/process.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <variant>

#include "cli/one_request.h"
#include "cli/process/display.h"
#include "cli/process/documents.h"
#include "cli/process/local_service.h"
#include "cli/process/run.h"
#include "cli/process/settings.h"
#include "cli/process/tally.h"
#include "cli/state_lock.h"
#include "config/api_key.h"
#include "core/counted.h"
#include "core/escape.h"
#include "core/logging.h"

namespace chunkrd::cli {
namespace {

namespace fs = std::filesystem;
using namespace process;

// Most tasks of a chunkr-local are short: somebody waits.
constexpr auto kLocalTask = std::chrono::milliseconds(400);

// Other people's documents may lie in it: as private as whoever runs this wants files to be.
void make_folders(const config::Settings& settings) {
  std::error_code error;
  fs::create_directories(settings.state, error);
  if (!error) fs::permissions(settings.state, fs::perms::owner_all, error);
  if (!error) return;
  throw UserError(error == std::errc::permission_denied ? ExitCode::no_permission : ExitCode::io_error,
                  fmt::format("--out {}: {}", printable(settings.state.native()), error.message()));
}

void refuse_second(const config::Settings& settings) {
  if (!StateLock::is_held(settings.state)) return;
  throw UserError(
      ExitCode::already_runs,
      fmt::format("another `chunkrd process` works on {}: wait for its end, or name another --out",
                  printable(settings.inboxes.front().outbox.native())));
}

// A wrong address shall be told at once, and not as a pause that may have an end.
void reach(const config::Settings& settings) {
  const auto answer = one_request(settings, [](taskapi::Client& client) { return client.health(); });
  if (const auto* failure = std::get_if<taskapi::NoAnswer>(&answer))
    throw UserError(ExitCode::unavailable,
                    fmt::format("the service {} cannot be reached: {}", settings.api.url, failure->message));
}

void tell_what_was_passed_over(const Found& found, Display& display) {
  if (found.links_passed_over > 0)
    display.say(fmt::format("left alone: {} in folders; name what they point to",
                            counted(static_cast<std::int64_t>(found.links_passed_over), "link")));
  if (found.passed_over.empty()) return;
  const auto others = found.passed_over.size() - 1;
  display.say(fmt::format(
      "left alone, as it does not end like a type that the service takes: {}{}; "
      "name such a file itself to try it all the same",
      printable(found.passed_over.front().native()), others > 0 ? fmt::format(" and {} more", others) : ""));
}

// Where nothing has failed there is nothing to look at.
void remove_if_empty(const fs::path& failed) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(failed, error))
    if (entry.path().filename() != ".chunkrd") return;
  // Without its mark (core/ground) it is made anew, as it lies where it lay.
  for (const char* own : {".chunkrd/tmp", ".chunkrd/id", ".chunkrd", ""}) fs::remove(failed / own, error);
}

Display::Format format_of(const Options& options) {
  if (options.json) return Display::Format::json;
  return options.quiet ? Display::Format::quiet : Display::Format::text;
}

ExitCode exit_code_of(const Run& run, const Tally& tally) {
  if (!tally.all_ended()) return run.interrupted() ? ExitCode::interrupted : ExitCode::some_failed;
  return tally.count(Stage::failed) > 0 ? ExitCode::some_failed : ExitCode::ok;
}

ExitCode run(const Options& options) {
  const auto began = std::chrono::steady_clock::now();
  Found found = find_documents(options.named, options.out);
  config::Settings settings = settings_for(options, found.documents);
  std::string key = options.local ? "" : config::load_api_key(settings.api);
  make_folders(settings);
  refuse_second(settings);
  set_up_logging_into(settings.state / "log", settings.log.level);

  Display display(format_of(options), options.out);
  tell_what_was_passed_over(found, display);
  std::optional<LocalService> local;
  if (options.local) {
    settings.api.url = local.emplace(settings.state / "local").url();
    key = local->key();
  } else {
    reach(settings);
  }

  Tally tally(std::move(found.documents));
  Run run(settings, std::move(key), options.local ? "--local" : settings.api.url,
          options.another_service ? Run::AnotherService::go_on : Run::AnotherService::refuse, tally, display);
  if (local) run.expect_tasks_to_take(kLocalTask);
  run.go();
  const auto took = std::chrono::steady_clock::now() - began;
  display.sum_up(tally, std::chrono::duration_cast<Duration>(took));
  remove_if_empty(settings.inboxes.front().failed);
  if (!tally.all_ended()) display.say("nothing is lost: the same command goes on where this one stopped");
  return exit_code_of(run, tally);
}

}  // namespace

Command add_process(CLI::App& program) {
  CLI::App* parser = add_parser(program, "process", "Parse files and folders now, and end",
                                "process --local paper.pdf\n"
                                "process ~/papers --out ~/parsed --artifacts markdown,report\n"
                                "process scan.pdf --set ocr_strategy=All");
  auto options = std::make_shared<Options>();
  parser->add_option("document", options->named, "Files, or folders with all that is below them")
      ->required()
      ->type_name("FILE|DIR...");
  parser
      ->add_option("-o,--out", options->out, "Where results go; .chunkrd/ in it has what is needed to go on")
      ->capture_default_str()
      ->type_name("DIR");
  parser->add_option("--profile", options->profile, "A profile of the configuration instead of default")
      ->type_name("PROFILE");
  parser
      ->add_option("--set", options->assignments,
                   "A setting of the API over the profile's, as ocr_strategy=All")
      ->type_name("SETTING=VALUE");
  parser
      ->add_option("--artifacts", options->artifacts,
                   "Files to make: json, markdown, html, chunks, text, pdf, images, report")
      ->type_name("A,...");
  auto* api =
      parser->add_option("--api", options->api, "Address of the service; the key is in $CHUNKRD_API_KEY")
          ->type_name("URL");
  parser
      ->add_flag("--local", options->local,
                 "A service of our own on this machine, for the time being: no key")
      ->excludes(api);
  parser
      ->add_option("-c,--config", options->config_file,
                   fmt::format("Service, profiles and limits from here; else from {}, if it is there",
                               kDefaultConfigFile))
      ->type_name("FILE");
  parser->add_flag("--another-service", options->another_service,
                   "Go on in a folder with results of another service; those stay as they are");
  parser->add_flag("-q,--quiet", options->quiet, "Tell only what has failed");
  add_json_option(*parser, options->json);
  return {parser, [options] { return run(*options); }};
}

}  // namespace chunkrd::cli
