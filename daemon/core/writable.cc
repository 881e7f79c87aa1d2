#include "core/writable.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "core/fd.h"

namespace chunkrd {
namespace {

// More than what a small result and its notes need; less than what the smallest disks have.
using Sample = std::array<char, 32'768>;

// What no file system makes smaller.
Sample sample() {
  Sample bytes{};
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1'664'525 + 1'013'904'223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

std::error_code last_error() {
  return {errno, std::generic_category()};
}

FileDescriptor open_folder(const std::filesystem::path& folder) {
  return FileDescriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// Of ours, where there is such a folder in it.
FileDescriptor make_named(int folder) {
  for (const char* name : {".chunkrd/probe", ".chunkrd-probe"}) {
    FileDescriptor file(::openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file) ::unlinkat(folder, name, 0);
    if (file || (errno != ENOENT && errno != ENOTDIR)) return file;
  }
  return FileDescriptor();
}

FileDescriptor make_nameless(int folder) {
  FileDescriptor file(::openat(folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600));
  // Not everywhere (NFS, FUSE, vfat).
  if (!file && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL || errno == ENOENT))
    return make_named(folder);
  return file;
}

}  // namespace

std::error_code why_not_writable(const std::filesystem::path& folder) noexcept {
  FileDescriptor there = open_folder(folder);
  if (!there && errno == ENOENT) there = open_folder(folder.parent_path());
  if (!there) return errno == ENOENT || errno == ENOTDIR ? std::error_code() : last_error();
  const FileDescriptor file = make_nameless(there.get());
  if (!file) return last_error();
  const Sample bytes = sample();
  for (std::size_t written = 0; written < bytes.size();) {
    const ssize_t some = ::write(file.get(), bytes.data() + written, bytes.size() - written);
    if (some < 0 && errno == EINTR) continue;
    if (some <= 0) return some == 0 ? std::make_error_code(std::errc::no_space_on_device) : last_error();
    written += static_cast<std::size_t>(some);
  }
  // Some tell of a quota no earlier (NFS).
  return ::fsync(file.get()) == 0 ? std::error_code() : last_error();
}

std::error_code why_read_only(const std::filesystem::path& folder) noexcept {
  struct statvfs about{};
  if (::statvfs(folder.c_str(), &about) != 0)
    return errno == ENOENT || errno == ENOTDIR ? std::error_code() : last_error();
  if ((about.f_flag & ST_RDONLY) != 0) return std::make_error_code(std::errc::read_only_file_system);
  return {};
}

}  // namespace chunkrd
