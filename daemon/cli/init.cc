#include "cli/init.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

#include "cli/print.h"
#include "config/overrides.h"
#include "core/durable.h"
#include "core/errors.h"
#include "core/escape.h"

namespace chunkrd::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFileName = "chunkrd.yaml";

// Paths are relative to the file, so that the folder may be moved as a whole.
constexpr const char* kConfiguration = R"yaml(# Every other setting has a default: docs/configuration.md.
api:
  url: {}
  # key_file: api-key                # a file with the key; else $CHUNKRD_API_KEY
state: state                         # the queue, and documents under way: only for chunkrd
inboxes:
  - path: inbox                      # drop documents here
    outbox: outbox                   # results
    failed: failed                   # what could not be parsed, and why
    archive: archive                 # originals, once their results are there
profiles:
  default:
    artifacts: [json, markdown]      # also html, chunks, text, pdf, images, report
metrics:
  listen: "127.0.0.1:9464"           # "" for none
)yaml";

struct Options {
  fs::path folder;
  std::string api = "https://api.chunkr.ai";
};

[[noreturn]] void cannot_make(const fs::path& path, const std::error_code& error) {
  throw UserError(error == std::errc::permission_denied ? ExitCode::no_permission : ExitCode::io_error,
                  fmt::format("{}: {}", printable(path.native()), error.message()));
}

// As private as whoever runs this wants files to be, but for the state: it is nobody else's business.
void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && folder.filename() == "state") fs::permissions(folder, fs::perms::owner_all, error);
  if (error) cannot_make(folder, error);
}

// Never over a file that is there: somebody may have written into it.
void write_configuration(const fs::path& file, const std::string& api) {
  try {
    const auto fd = durable::open(file, O_WRONLY | O_CREAT | O_EXCL);
    durable::write_all(fd.get(), fmt::format(kConfiguration, api), file);
    durable::sync_file(fd.get(), file);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::file_exists)
      throw UserError(ExitCode::usage,
                      fmt::format("{} is there already, and stays as it is: name another folder",
                                  printable(file.native())));
    cannot_make(file, error.code());
  }
}

ExitCode run(const Options& options) {
  const std::string api = config::service_address(options.api);
  const fs::path file = options.folder / kFileName;
  make_folder(options.folder);
  write_configuration(file, api);
  for (const char* name : {"state", "inbox", "outbox", "failed", "archive"})
    make_folder(options.folder / name);
  const std::string shown = printable(file.native());
  put("{} and its folders are made. Next:\n"
      "  chunkrd check --config {}\n"
      "  chunkrd run --config {}\n"
      "then drop documents into {}\n",
      shown, shown, shown, printable((options.folder / "inbox").native()));
  return ExitCode::ok;
}

}  // namespace

Command add_init(CLI::App& program) {
  CLI::App* parser = add_parser(program, "init", "Write a small configuration, and make its folders",
                                "init ~/chunkrd\n"
                                "init ~/chunkrd --api http://127.0.0.1:8000");
  auto options = std::make_shared<Options>();
  parser->add_option("folder", options->folder, "Where; it is made if it is not there")
      ->required()
      ->type_name("DIR");
  parser->add_option("--api", options->api, "Address of the service")
      ->capture_default_str()
      ->type_name("URL");
  return {parser, [options] { return run(*options); }};
}

}  // namespace chunkrd::cli
