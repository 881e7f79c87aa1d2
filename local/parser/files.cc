#include "local/parser/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <system_error>

#include "core/durable.h"
#include "core/fd.h"

namespace chunkrd::local {

std::string bytes_of(const std::filesystem::path& file) {
  return first_bytes_of(file, std::numeric_limits<std::size_t>::max());
}

std::string first_bytes_of(const std::filesystem::path& file, std::size_t most) {
  const FileDescriptor fd = durable::open(file, O_RDONLY | O_CLOEXEC);
  std::string bytes;
  std::array<char, 65536> block;  // NOLINT: filled by read
  while (bytes.size() < most) {
    const ssize_t got = ::read(fd.get(), block.data(), std::min(block.size(), most - bytes.size()));
    if (got == 0) return bytes;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category(), file.string());
    bytes.append(block.data(), static_cast<std::size_t>(got));
  }
  return bytes;
}

void write_bytes(const std::filesystem::path& file, std::string_view bytes) {
  const FileDescriptor fd = durable::open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  durable::write_all(fd.get(), bytes, file);
}

}  // namespace chunkrd::local
