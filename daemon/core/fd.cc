#include "core/fd.h"

#include <unistd.h>

namespace chunkrd {

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace chunkrd
