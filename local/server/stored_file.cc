#include "local/server/stored_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

namespace chunkrd::local::server {
namespace {

bool is_plain(std::string_view step) {
  return !step.empty() && step != "." && step != ".." && !step.contains('\0');
}

/// What says that there is no such file, and not that it cannot be opened.
bool is_absence(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG || error == ENXIO;
}

}  // namespace

std::optional<StoredFile> open_below(int folder_fd, std::string_view name) {
  FileDescriptor folder;
  while (true) {
    const auto slash = std::min(name.find('/'), name.size());
    const std::string step(name.substr(0, slash));
    const bool is_last = slash == name.size();
    if (!is_plain(step)) return std::nullopt;
    // O_NONBLOCK: a pipe of that name would be waited for.
    const int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (is_last ? O_NONBLOCK : O_DIRECTORY);
    FileDescriptor next(::openat(folder ? folder.get() : folder_fd, step.c_str(), flags));
    struct stat status{};
    if (!next || (is_last && ::fstat(next.get(), &status) != 0)) {
      if (is_absence(errno)) return std::nullopt;
      throw std::system_error(errno, std::generic_category(), "open " + step);
    }
    if (!is_last) {
      folder = std::move(next);
      name.remove_prefix(slash + 1);
      continue;
    }
    if (!S_ISREG(status.st_mode)) return std::nullopt;
    return StoredFile{.file = std::move(next), .size_bytes = static_cast<std::uint64_t>(status.st_size)};
  }
}

}  // namespace chunkrd::local::server
