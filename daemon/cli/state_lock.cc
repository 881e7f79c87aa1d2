#include "cli/state_lock.h"

#include <fcntl.h>

#include <cerrno>
#include <system_error>

#include "core/durable.h"
#include "core/errors.h"
#include "core/escape.h"

namespace chunkrd::cli {
namespace {

// A lock of the open file: it ends with the process like flock(2)'s, but others can ask for it without
// taking it.
struct flock whole_file() {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

[[noreturn]] void fail(const std::filesystem::path& state) {
  throw std::system_error(errno, std::generic_category(), "lock " + printable(state.native()));
}

}  // namespace

StateLock::StateLock(const std::filesystem::path& state)
    : file_(durable::open(state / "lock", O_RDWR | O_CREAT, 0600)) {
  struct flock lock = whole_file();
  if (::fcntl(file_.get(), F_OFD_SETLK, &lock) == 0) return;
  if (errno == EAGAIN || errno == EACCES)
    throw UserError(ExitCode::already_runs,
                    "another chunkrd works with the state folder " + printable(state.native()) +
                        "; stop it first, or give this one a state folder of its own");
  fail(state);
}

bool StateLock::is_held(const std::filesystem::path& state) {
  const FileDescriptor file(::open((state / "lock").c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return false;
  struct flock lock = whole_file();
  if (!file || ::fcntl(file.get(), F_OFD_GETLK, &lock) != 0) fail(state);
  return lock.l_type != F_UNLCK;
}

}  // namespace chunkrd::cli
