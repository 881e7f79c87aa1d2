// The program chunkrd: reads the command line, runs one command, turns errors into exit codes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>

#include "cli/run.h"
#include "core/errors.h"
#include "queue/store.h"

namespace {

using chunkrd::ExitCode;

constexpr const char* kFooter = R"(Exit codes:
   0  stopped as asked            1  some documents failed
  64  wrong command line         66  a folder or file that was named is not there
  69  an address is in use       70  a mistake of ours: please report it
  71  the system refused         74  reading or writing failed, or the queue is damaged
  75  another chunkrd runs here  77  no permission
  78  the configuration is wrong
)";

int fail(ExitCode code, const char* message) {
  fmt::print(stderr, "chunkrd: {}\n", message);
  return static_cast<int>(code);
}

int run_command(const std::string& config_file) {
  try {
    chunkrd::cli::run(config_file);
    return static_cast<int>(ExitCode::ok);
  } catch (const chunkrd::UserError& error) {
    return fail(error.code(), error.what());
  } catch (const chunkrd::queue::StoreError& error) {
    return fail(ExitCode::io_error, error.what());
  } catch (const std::system_error& error) {
    return fail(ExitCode::os_error, error.what());
  } catch (const std::exception& error) {
    return fail(ExitCode::software, error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "chunkrd turns a folder into a document-parsing pipeline: what is dropped into an inbox is submitted "
      "to the\n"
      "Chunkr Task API, followed to its end, and its result put into an outbox.",
      "chunkrd");
  app.set_version_flag("--version", std::string("chunkrd ") + CHUNKRD_VERSION);
  app.footer(kFooter);
  app.require_subcommand(1);

  std::string config_file = "/etc/chunkrd/chunkrd.yaml";
  CLI::App* run = app.add_subcommand(
      "run", "Work as a daemon until SIGTERM or SIGINT; SIGHUP reads the configuration again");
  run->add_option("-c,--config", config_file, "The configuration file")->capture_default_str();
  run->footer("Example:\n  chunkrd run --config /etc/chunkrd/chunkrd.yaml\n");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(ExitCode::usage);
  }
  return run_command(config_file);
}
