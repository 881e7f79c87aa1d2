#include "cli/open_queue.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/errors.h"
#include "core/escape.h"

namespace chunkrd::cli {
namespace {

void refuse_missing(const std::filesystem::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) == 0) return;
  if (errno == ENOENT || errno == ENOTDIR)
    throw UserError(
        ExitCode::no_input,
        fmt::format("queue: {}: there is no queue yet; start the daemon with `chunkrd run`, or name "
                    "its configuration with --config",
                    printable(file.native())));
}

// Also to look, SQLite has to write beside the queue: the index of its log.
void refuse_forbidden(const std::filesystem::path& file) {
  if (::faccessat(AT_FDCWD, file.c_str(), R_OK | W_OK, AT_EACCESS) == 0 || errno != EACCES) return;
  throw UserError(ExitCode::no_permission,
                  fmt::format("queue: {}: this user may not open it; run the command as the daemon's user "
                              "(sudo -u chunkrd chunkrd ...) or as root",
                              printable(file.native())));
}

}  // namespace

std::filesystem::path queue_file(const config::Settings& settings) {
  return settings.state / "queue.sqlite";
}

queue::SqliteStore open_queue(const config::Settings& settings, queue::Access access) {
  const auto file = queue_file(settings);
  refuse_missing(file);
  refuse_forbidden(file);
  return queue::SqliteStore(file, {.access = access});
}

}  // namespace chunkrd::cli
