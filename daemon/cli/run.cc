#include "cli/run.h"

#include <memory>

#include "cli/daemon.h"
#include "config/reader.h"
#include "core/logging.h"

namespace chunkrd::cli {
namespace {

ExitCode run(const std::filesystem::path& config_file) {
  config::Settings settings = config::read_settings(config_file);
  set_up_logging(settings.log.level, settings.log.format);
  Daemon(std::move(settings), config_file).run();
  return ExitCode::ok;
}

}  // namespace

Command add_run(CLI::App& program) {
  CLI::App* parser = add_parser(
      program, "run", "Work as a daemon until SIGTERM or SIGINT; SIGHUP reads the configuration again",
      "run --config /etc/chunkrd/chunkrd.yaml");
  auto config_file = std::make_shared<std::filesystem::path>();
  add_config_option(*parser, *config_file);
  return {parser, [config_file] { return run(*config_file); }};
}

}  // namespace chunkrd::cli
