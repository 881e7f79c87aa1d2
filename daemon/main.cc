// The program chunkrd: reads the command line, runs one command, turns errors into exit codes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/process_limits.h"
#include "cli/usage.h"
#include "core/errors.h"
#include "core/signals.h"
#include "core/standard_streams.h"
#include "queue/store.h"

namespace {

using chunkrd::ExitCode;

constexpr const char* kFooter = R"(Example:
  chunkrd process --local paper.pdf
  chunkrd status
  chunkrd jobs --state failed --since 1d

Exit codes:
   0  done, or stopped as asked   1  some documents failed, or some check did
  64  wrong command line         65  the queue is of another version, or another program's
  66  a job, folder or file that was named is not there
  69  address in use, or the service is not there
  70  a mistake of ours: please report it
  71  the system refused         74  reading or writing failed, or the queue is damaged
  75  another chunkrd runs here  77  no permission
  78  the configuration is wrong
 130  process: stopped by Ctrl-C; the same command goes on
)";

int fail(ExitCode code, const std::string& message) {
  chunkrd::cli::put_to(stderr, "chunkrd: {}\n", message);
  return static_cast<int>(code);
}

// What could not be printed is an error like any other: a script must not take half a list for the whole.
int finish(ExitCode code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return static_cast<int>(code);
  if (chunkrd::cli::nobody_reads(stdout)) return static_cast<int>(code);  // whoever read has enough
  return fail(ExitCode::io_error, "standard output: cannot be written; is the disk full?");
}

int run(const chunkrd::cli::Command& command) {
  try {
    return finish(command.run());
  } catch (const chunkrd::UserError& error) {
    return fail(error.code(), error.what());
  } catch (const chunkrd::queue::StoreRefused& error) {
    return fail(ExitCode::wrong_queue, error.what());
  } catch (const chunkrd::queue::StoreError& error) {
    return fail(ExitCode::io_error, error.what());
  } catch (const std::system_error& error) {
    const bool forbidden =
        error.code() == std::errc::permission_denied || error.code() == std::errc::operation_not_permitted;
    return fail(forbidden ? ExitCode::no_permission : ExitCode::os_error, error.what());
  } catch (const std::exception& error) {
    return fail(ExitCode::software, error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  chunkrd::cli::keep_memory_private();
  chunkrd::take_up_signals();
  chunkrd::open_standard_streams();
  CLI::App app(
      "chunkrd turns a folder into a document-parsing pipeline: what is dropped into an inbox is submitted "
      "to the\n"
      "Chunkr Task API, followed to its end, and its result put into an outbox.",
      "chunkrd");
  app.set_version_flag("-V,--version", std::string("chunkrd ") + CHUNKRD_VERSION);
  app.footer(kFooter);
  app.require_subcommand(1);
  app.failure_message(chunkrd::cli::usage_error);
  const auto commands = chunkrd::cli::add_commands(app);

  try {
    auto arguments = chunkrd::cli::as_we_have_it({argv + 1, argv + argc}, app);
    std::ranges::reverse(arguments);  // as the parser wants them
    app.parse(std::move(arguments));
  } catch (const chunkrd::UserError& error) {
    return fail(error.code(), error.what());
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(ExitCode::usage);
  }
  for (const auto& command : commands)
    if (*command.parser) return run(command);
  return fail(ExitCode::usage, "no command; see chunkrd --help");
}
