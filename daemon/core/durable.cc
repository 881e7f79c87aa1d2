#include "core/durable.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "core/cut.h"
#include "core/escape.h"
#include "core/sha256.h"

namespace chunkrd::durable {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(int error, const char* what, const fs::path& path) {
  throw std::system_error(error, std::generic_category(), std::string(what) + " " + printable(path.native()));
}

[[noreturn]] void fail(const char* what, const fs::path& path) {
  fail(errno, what, path);
}

// Removes a file that was not finished, so that a full disk does not fill further and a repeated call
// does not find it in its way.
class Unfinished {
 public:
  explicit Unfinished(const fs::path& path) : Unfinished(AT_FDCWD, path.native()) {}
  Unfinished(int folder, const std::string& name) : folder_(folder), name_(&name) {}
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  ~Unfinished() {
    if (name_ != nullptr) ::unlinkat(folder_, name_->c_str(), 0);
  }
  void finished() noexcept { name_ = nullptr; }

 private:
  int folder_;
  const std::string* name_;
};

/// A name in an open folder, or a path with AT_FDCWD.
struct At {
  int folder;
  const char* name;
  bool there(struct stat& status) const noexcept {
    return ::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
  }
};

bool is_the_same_file(At a, At b) noexcept {
  struct stat of_a{}, of_b{};
  return a.there(of_a) && b.there(of_b) && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

bool is_the_same_name(At a, At b) noexcept {
  return a.folder == b.folder && std::string_view(a.name) == b.name;
}

void remove_name(At name, const fs::path& path_for_errors) {
  if (::unlinkat(name.folder, name.name, 0) != 0) fail("remove the old name of", path_for_errors);
}

/// How a filesystem, or a kernel, says that it knows no RENAME_NOREPLACE.
bool cannot_refuse(int error) noexcept {
  return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP;
}

/// False when `to` is there. link(2) refuses to replace just as well; where there is none (folders, CIFS,
/// other people's files), looking first is all that can be done.
bool move_by_link(At from, At to, const fs::path& path_for_errors) {
  if (::linkat(from.folder, from.name, to.folder, to.name, 0) == 0) {
    if (::unlinkat(from.folder, from.name, 0) == 0) return true;
    const int error = errno;
    (void)::unlinkat(to.folder, to.name, 0);  // one file under two names would be taken twice
    fail(error, "remove the old name of", path_for_errors);
  }
  struct stat there{};
  if (errno == EEXIST || to.there(there)) return false;
  if (::renameat(from.folder, from.name, to.folder, to.name) != 0) fail("rename to", path_for_errors);
  return true;
}

bool move_to_free_name(At from, At to, const fs::path& path_for_errors) {
  if (::renameat2(from.folder, from.name, to.folder, to.name, RENAME_NOREPLACE) == 0) return true;
  if (cannot_refuse(errno)) return move_by_link(from, to, path_for_errors);
  if (errno != EEXIST) fail("rename to", path_for_errors);
  return false;
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

void sync_directory(int fd, const fs::path& path_for_errors) {
  // EINVAL: a network filesystem that has no fsync for directories.
  if (::fsync(fd) != 0 && errno != EINVAL) fail("fsync", path_for_errors);
}

void sync_directory(const fs::path& directory) {
  const fs::path folder = directory.empty() ? "." : directory;
  sync_directory(open(folder, O_RDONLY | O_DIRECTORY).get(), folder);
}

bool rename_new_at(int from_folder, const fs::path& from, int to_folder, const fs::path& to,
                   const fs::path& path_for_errors) {
  const At old_name{from_folder, from.c_str()}, new_name{to_folder, to.c_str()};
  if (move_to_free_name(old_name, new_name, path_for_errors)) return true;
  if (is_the_same_name(old_name, new_name) || !is_the_same_file(old_name, new_name)) return false;
  remove_name(old_name, path_for_errors);  // a crash came between link and unlink
  return true;
}

bool rename_new(const fs::path& from, const fs::path& to) {
  if (!rename_new_at(AT_FDCWD, from, AT_FDCWD, to, to)) return false;
  sync_directory(to.parent_path());
  if (from.parent_path() != to.parent_path()) sync_directory(from.parent_path());
  return true;
}

void write_file(const fs::path& path, std::string_view bytes) {
  // The same for the same path, so that the next call replaces what a crash has left; a digest, because a
  // long name would become too long with anything added.
  const fs::path temporary =
      path.parent_path() / ("." + sha256_hex(path.filename().native()).substr(0, 32) + ".tmp");
  remove_file(temporary);
  const auto fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL);
  Unfinished unfinished(temporary);
  write_all(fd.get(), bytes, temporary);
  sync_file(fd.get(), temporary);
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail("rename to", path);
  unfinished.finished();
  sync_directory(path.parent_path());
}

std::uint64_t copy_to_new(const fs::path& from, const fs::path& to) {
  const auto in = open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const fs::path parent = to.parent_path();
  const auto folder = open(parent.empty() ? "." : parent, O_RDONLY | O_DIRECTORY);
  const std::uint64_t total = copy_to_new(in.get(), folder.get(), to.filename(), to);
  sync_directory(parent);
  return total;
}

std::uint64_t copy_to_new(int from, int folder, const std::string& name, const fs::path& path_for_errors) {
  struct stat original{};
  if (::fstat(from, &original) != 0) fail("stat", path_for_errors);
  // For us alone until it has its owner.
  const FileDescriptor out(::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) fail("create", path_for_errors);
  Unfinished unfinished(folder, name);
  std::array<char, 256 * 1024> buffer;
  std::uint64_t total = 0;
  while (true) {
    const ssize_t got = ::pread(from, buffer.data(), buffer.size(), static_cast<off_t>(total));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read for", path_for_errors);
    if (got == 0) break;
    look_whether_cut();
    write_all(out.get(), {buffer.data(), static_cast<std::size_t>(got)}, path_for_errors);
    total += static_cast<std::uint64_t>(got);
  }
  keep_looks(out.get(), original, path_for_errors);
  sync_file(out.get(), path_for_errors);
  unfinished.finished();
  return total;
}

void keep_looks(int fd, const struct stat& original, const fs::path& path_for_errors) {
  // The owner first: giving a file away may take rights from it. Only root may; others may choose a group.
  if (::fchown(fd, original.st_uid, original.st_gid) != 0)
    (void)(::fchown(fd, static_cast<uid_t>(-1), original.st_gid) == 0);
  struct stat now{};
  if (::fstat(fd, &now) != 0) fail("stat", path_for_errors);
  const mode_t readable = now.st_uid == ::geteuid() ? S_IRUSR : 0;
  const struct timespec times[] = {original.st_atim, original.st_mtim};
  // A filesystem without owners and modes (FAT, CIFS, some of FUSE) refuses them, and has lost nothing.
  const auto failed = [] {
    return errno != EPERM && errno != EACCES && errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL;
  };
  if (::fchmod(fd, (original.st_mode & 0777) | readable) != 0 && failed())
    fail("set mode of", path_for_errors);
  if (::futimens(fd, times) != 0 && failed()) fail("set time of", path_for_errors);
}

void make_directories(const fs::path& directory) {
  if (directory.empty() || fs::is_directory(directory)) return;
  make_directories(directory.parent_path());
  if (::mkdir(directory.c_str(), 0755) != 0) {
    const int error = errno;
    if (error == EEXIST && fs::is_directory(directory)) return;  // somebody else was faster
    fail(error, "create directory", directory);
  }
  sync_directory(directory.parent_path());
}

void make_private_directory(const fs::path& directory) {
  make_directories(directory);
  struct stat status{};
  if (::stat(directory.c_str(), &status) != 0) fail("examine", directory);
  constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
  // Somebody else's stays as it is, and so do modes where there are none.
  if ((status.st_mode & kOthers) != 0) (void)::chmod(directory.c_str(), status.st_mode & 07777 & ~kOthers);
}

void remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail("remove", path);
}

}  // namespace chunkrd::durable
