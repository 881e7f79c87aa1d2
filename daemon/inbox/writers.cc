#include "inbox/writers.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "core/fd.h"

namespace chunkrd::inbox {

// A lease for reading is refused while the file is open for writing, and given only to the file's owner (or
// with CAP_LEASE).
Writers writers_of(int file) noexcept {
  // Who breaks a lease sends its holder SIGIO, which would end us; SIGURG is ignored.
  if (::fcntl(file, F_SETSIG, SIGURG) != 0) return Writers::unknown;
  if (::fcntl(file, F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN ? Writers::some : Writers::unknown;
  (void)::fcntl(file, F_SETLEASE, F_UNLCK);
  return Writers::none;
}

Writers writers_of(int folder, const std::string& base) noexcept {
  const FileDescriptor place(::openat(folder, base.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status{};
  if (!place || ::fstat(place.get(), &status) != 0 || !S_ISREG(status.st_mode)) return Writers::unknown;
  // Opened by what was looked at, not by its name, under which there may be something else by now.
  std::array<char, 32> path{};
  (void)std::snprintf(path.data(), path.size(), "/proc/self/fd/%d", place.get());
  const FileDescriptor file(::open(path.data(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  // Somebody has a lease for writing, which this has asked him to end.
  if (!file && errno == EWOULDBLOCK) return Writers::some;
  return file ? writers_of(file.get()) : Writers::unknown;
}

}  // namespace chunkrd::inbox
