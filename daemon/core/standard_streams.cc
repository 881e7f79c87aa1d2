#include "core/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "core/errors.h"

namespace chunkrd {

void open_standard_streams() noexcept {
  // open(2) takes the lowest free number, so each call fills the first gap. It stays open over exec(2), as
  // the streams of a program do.
  for (int fd = 0; fd <= STDERR_FILENO;) {
    fd = ::open("/dev/null", O_RDWR);
    if (fd < 0) std::_Exit(static_cast<int>(ExitCode::os_error));
    if (fd > STDERR_FILENO) ::close(fd);
  }
}

}  // namespace chunkrd
