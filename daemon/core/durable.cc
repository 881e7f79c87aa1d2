#include "core/durable.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "core/escape.h"

namespace chunkrd::durable {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const char* what, const fs::path& path) {
  throw std::system_error(errno, std::generic_category(), std::string(what) + " " + printable(path.native()));
}

}  // namespace

FileDescriptor open(const fs::path& path, int flags, unsigned mode) {
  FileDescriptor fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd) fail("open", path);
  return fd;
}

void write_all(int fd, std::string_view bytes, const fs::path& path_for_errors) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write", path_for_errors);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void sync_file(int fd, const fs::path& path_for_errors) {
  if (::fsync(fd) != 0) fail("fsync", path_for_errors);
}

void sync_directory(const fs::path& directory) {
  const auto fd = open(directory, O_RDONLY | O_DIRECTORY);
  sync_file(fd.get(), directory);
}

bool rename_new(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return false;
    fail("rename to", to);
  }
  sync_directory(to.parent_path());
  if (from.parent_path() != to.parent_path()) sync_directory(from.parent_path());
  return true;
}

void write_file(const fs::path& path, std::string_view bytes) {
  const fs::path temporary = path.parent_path() / ("." + path.filename().native() + ".tmp");
  {
    const auto fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    write_all(fd.get(), bytes, temporary);
    sync_file(fd.get(), temporary);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail("rename to", path);
  sync_directory(path.parent_path());
}

std::uint64_t copy_to_new(const fs::path& from, const fs::path& to) {
  const auto in = open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const auto out = open(to, O_WRONLY | O_CREAT | O_EXCL);
  std::array<char, 256 * 1024> buffer;
  std::uint64_t total = 0;
  while (true) {
    const ssize_t got = ::read(in.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", from);
    if (got == 0) break;
    write_all(out.get(), {buffer.data(), static_cast<std::size_t>(got)}, to);
    total += static_cast<std::uint64_t>(got);
  }
  sync_file(out.get(), to);
  sync_directory(to.parent_path());
  return total;
}

void make_directories(const fs::path& directory) {
  if (directory.empty() || ::access(directory.c_str(), F_OK) == 0) return;
  make_directories(directory.parent_path());
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) fail("create directory", directory);
  if (directory.has_parent_path()) sync_directory(directory.parent_path());
}

void remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail("remove", path);
}

}  // namespace chunkrd::durable
