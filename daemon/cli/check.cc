#include "cli/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <system_error>

#include "cli/checks.h"
#include "cli/print.h"
#include "cli/terminal.h"
#include "config/reader.h"
#include "core/escape.h"
#include "core/logging.h"

namespace chunkrd::cli {
namespace {

namespace json = boost::json;
using Level = Finding::Level;

struct Options {
  std::filesystem::path config_file;
  bool json = false;
};

Level worst(const Findings& findings) {
  Level level = Level::ok;
  for (const Finding& finding : findings) level = std::max(level, finding.level);
  return level;
}

// With a configuration that cannot be read there is nothing else to look at.
Findings look(const std::filesystem::path& config_file, ExitCode& code) {
  Findings findings;
  config::Settings settings;
  try {
    settings = config::read_settings(config_file);
  } catch (const config::ConfigErrors& errors) {
    for (const std::string& line : errors.lines()) findings.push_back({"config", Level::error, line, ""});
    code = errors.code();
    return findings;
  }
  findings.push_back({"config", Level::ok,
                      fmt::format("{}: {} inboxes, {} profiles", printable(config_file.native()),
                                  settings.inboxes.size(), settings.profiles.size()),
                      ""});
  for (auto check : {check_this_machine, check_service, check_receivers}) try {
      std::ranges::move(check(settings), std::back_inserter(findings));
    } catch (const std::system_error& error) {
      findings.push_back({"machine", Level::error, error.what(), "run it as the daemon's user, or as root"});
    }
  code = worst(findings) == Level::error ? ExitCode::some_failed : ExitCode::ok;
  return findings;
}

Look look_of(Level level) {
  return level == Level::ok ? Look::good : level == Level::warning ? Look::warning : Look::bad;
}

void print(const Findings& findings) {
  const Terminal terminal = Terminal::of(stdout);
  for (const Finding& finding : findings) {
    put("{} {:<8} {}\n",
        terminal.shown(fmt::format("{:<8}", to_string(finding.level)), look_of(finding.level)),
        harmless(finding.check), harmless(finding.text));
    if (!finding.advice.empty()) put("{:18}{}\n", "", terminal.shown(harmless(finding.advice), Look::dim));
  }
}

void print_json(const Findings& findings) {
  json::array checks;
  for (const Finding& finding : findings)
    checks.push_back({{"check", finding.check},
                      {"level", to_string(finding.level)},
                      {"text", valid_utf8(finding.text)},
                      {"advice", finding.advice.empty() ? json::value(nullptr)
                                                        : json::value(valid_utf8(finding.advice))}});
  put("{}\n",
      json::serialize(json::object{{"level", to_string(worst(findings))}, {"checks", std::move(checks)}}));
}

ExitCode run(const Options& options) {
  // What would be a warning in the daemon's log is a finding here.
  set_up_logging(LogLevel::error, LogFormat::text);
  ExitCode code = ExitCode::ok;
  const Findings findings = look(options.config_file, code);
  options.json ? print_json(findings) : print(findings);
  return code;
}

}  // namespace

Command add_check(CLI::App& program) {
  CLI::App* parser = add_parser(
      program, "check", "Tell what would go wrong: configuration, folders, key, service, clock, disk, queue",
      "check --config chunkrd.yaml\n"
      "check --json");
  auto options = std::make_shared<Options>();
  add_config_option(*parser, options->config_file);
  add_json_option(*parser, options->json);
  return {parser, [options] { return run(*options); }};
}

}  // namespace chunkrd::cli
