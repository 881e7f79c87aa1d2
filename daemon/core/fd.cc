#include "core/fd.h"

#include <unistd.h>

#include <cerrno>

namespace chunkrd {

FileDescriptor::~FileDescriptor() {
  close();
}

int FileDescriptor::close() noexcept {
  const int fd = std::exchange(fd_, -1);
  // After EINTR it is closed all the same.
  return fd < 0 || ::close(fd) == 0 || errno == EINTR ? 0 : errno;
}

}  // namespace chunkrd
