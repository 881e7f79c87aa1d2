#include "cli/state_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <system_error>

#include "core/durable.h"
#include "core/errors.h"
#include "core/escape.h"

namespace chunkrd::cli {

StateLock::StateLock(const std::filesystem::path& state)
    : file_(durable::open(state / "lock", O_RDWR | O_CREAT, 0600)) {
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return;
  if (errno == EWOULDBLOCK)
    throw UserError(ExitCode::already_runs,
                    "another chunkrd works with the state folder " + printable(state.native()) +
                        "; stop it first, or give this one a state folder of its own");
  throw std::system_error(errno, std::generic_category(), "lock " + printable(state.native()));
}

}  // namespace chunkrd::cli
