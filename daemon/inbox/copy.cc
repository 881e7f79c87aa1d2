#include "inbox/copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "core/cut.h"
#include "core/durable.h"
#include "core/escape.h"
#include "core/fd.h"

namespace chunkrd::inbox {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;

[[noreturn]] void fail(const char* what, const std::string& name) {
  throw std::system_error(errno, std::generic_category(), std::string(what) + " " + printable(name));
}

struct stat status_of(int fd, const std::string& name) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) fail("examine", name);
  return status;
}

bool is_still(const struct stat& status, const Identity& identity) noexcept {
  return S_ISREG(status.st_mode) && Identity::of(status).fits(identity);
}

/// Copies up to `bytes_max` bytes, so that a file that grows as fast as it is read comes to an end.
std::uint64_t copy_bytes(int from, int to, std::uint64_t bytes_max, const std::string& name) {
  std::vector<char> buffer(kBufferBytes);
  std::uint64_t total = 0;
  while (total <= bytes_max) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", name);
    if (got == 0) break;
    look_whether_cut();
    durable::write_all(to, {buffer.data(), static_cast<std::size_t>(got)}, name);
    total += static_cast<std::uint64_t>(got);
  }
  return total;
}

}  // namespace

Copied checked_copy(int from, const std::string& base, const Identity& identity, int to,
                    const std::string& to_base, const std::optional<Label>& label) {
  // O_NONBLOCK: should it be a FIFO by now, opening it does not wait for a writer.
  const FileDescriptor in(::openat(from, base.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!in && (errno == EACCES || errno == EPERM)) return Copied::unreadable;
  if (!in && (errno == ENOENT || errno == ELOOP || errno == ENXIO)) return Copied::changed;
  if (!in) fail("open", base);
  const struct stat before = status_of(in.get(), base);
  if (!is_still(before, identity)) return Copied::changed;

  if (::unlinkat(to, to_base.c_str(), 0) != 0 && errno != ENOENT) fail("remove", to_base);
  const FileDescriptor out(::openat(to, to_base.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) fail("create", to_base);
  try {
    const auto copied = copy_bytes(in.get(), out.get(), identity.size_bytes, base);
    if (copied == identity.size_bytes && is_still(status_of(in.get(), base), identity)) {
      if (label) label->put_on(out.get());  // while we may still write to it
      durable::keep_looks(out.get(), before, to_base);
      durable::sync_file(out.get(), to_base);
      return Copied::whole;
    }
  } catch (...) {
    (void)::unlinkat(to, to_base.c_str(), 0);
    throw;
  }
  (void)::unlinkat(to, to_base.c_str(), 0);
  return Copied::changed;
}

}  // namespace chunkrd::inbox
