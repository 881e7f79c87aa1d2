#include "outbox/folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "core/durable.h"
#include "core/escape.h"
#include "core/sha256.h"
#include "outbox/relative_name.h"

namespace chunkrd::outbox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTakenMark = "~folder";

[[noreturn]] void fail(const char* what, const fs::path& path) {
  throw std::system_error(errno, std::generic_category(), std::string(what) + " " + printable(path.native()));
}

FileDescriptor open_folder(int parent, const std::string& name) {
  return FileDescriptor(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// Makes and opens `name`; an invalid descriptor when something that is no folder has the name.
FileDescriptor make_and_open(int parent, const fs::path& parent_path, const std::string& name) {
  if (::mkdirat(parent, name.c_str(), 0755) != 0 && errno != EEXIST)
    fail("create directory", parent_path / name);
  FileDescriptor folder = open_folder(parent, name);
  if (!folder && errno != ENOTDIR && errno != ELOOP) fail("open", parent_path / name);
  return folder;
}

/// A name in an open folder, or a path with AT_FDCWD.
struct At {
  int folder;
  const char* name;
  bool there(struct stat& status) const { return ::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0; }
};

bool are_one_file(At one, At other) {
  struct stat of_one, of_other;
  return one.there(of_one) && other.there(of_other) && of_one.st_dev == of_other.st_dev &&
         of_one.st_ino == of_other.st_ino;
}

void remove_old_name(At name, const fs::path& path_for_errors) {
  if (::unlinkat(name.folder, name.name, 0) != 0) fail("remove the old name of", path_for_errors);
}

// For filesystems without RENAME_NOREPLACE, as in core/durable.cc.
bool move_by_link(At from, At to, const fs::path& path_for_errors) {
  if (::linkat(from.folder, from.name, to.folder, to.name, 0) == 0) {
    remove_old_name(from, path_for_errors);
    return true;
  }
  struct stat status;
  if (errno == EEXIST || to.there(status)) return false;
  if (::renameat(from.folder, from.name, to.folder, to.name) != 0) fail("rename to", path_for_errors);
  return true;
}

bool rename_new(At from, At to, const fs::path& path_for_errors) {
  if (::renameat2(from.folder, from.name, to.folder, to.name, RENAME_NOREPLACE) == 0) return true;
  if (errno == EINVAL) return move_by_link(from, to, path_for_errors);
  if (errno != EEXIST) fail("rename to", path_for_errors);
  return false;
}

}  // namespace

Folder::Folder(fs::path path) : path_(std::move(path)), fd_(durable::open(path_, O_RDONLY | O_DIRECTORY)) {}

Folder Folder::below(const std::vector<std::string>& folders) const {
  Folder here(path_, names_, FileDescriptor(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0)));
  if (!here.fd_) fail("duplicate descriptor of", path_);
  for (const std::string& wanted : folders) {
    std::string name = wanted;
    FileDescriptor next = make_and_open(here.fd_.get(), here.path_, name);
    if (!next) {
      name = fitted(wanted, kTakenMark.size()).append(kTakenMark);
      next = make_and_open(here.fd_.get(), here.path_, name);
      if (!next) fail("open", here.path_ / name);
    }
    // Always, not only after mkdir: a folder that another thread, or a call before a crash, has just made
    // is not durable yet.
    here.sync();
    std::vector<std::string> names = std::move(here.names_);
    names.push_back(name);
    here = Folder(here.path_ / name, std::move(names), std::move(next));
  }
  return here;
}

std::optional<Folder> Folder::existing(const std::vector<std::string>& folders) const {
  Folder here(path_, names_, FileDescriptor(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0)));
  if (!here.fd_) fail("duplicate descriptor of", path_);
  for (const std::string& name : folders) {
    FileDescriptor next = open_folder(here.fd_.get(), name);
    if (!next && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) return std::nullopt;
    if (!next) fail("open", here.path_ / name);
    std::vector<std::string> names = std::move(here.names_);
    names.push_back(name);
    here = Folder(here.path_ / name, std::move(names), std::move(next));
  }
  return here;
}

bool Folder::has(const std::string& name) const {
  struct stat status;
  if (::fstatat(fd_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return true;
  if (errno != ENOENT) fail("look up", path_ / name);
  return false;
}

bool Folder::move_in(const fs::path& from, const std::string& name) const {
  const At source{AT_FDCWD, from.c_str()}, target{fd_.get(), name.c_str()};
  if (rename_new(source, target, path_ / name)) return true;
  if (!are_one_file(source, target)) return false;
  remove_old_name(source, from);  // a crash came between link and unlink
  return true;
}

bool Folder::move_out(const std::string& name, const fs::path& to) const {
  return rename_new({fd_.get(), name.c_str()}, {AT_FDCWD, to.c_str()}, to);
}

void Folder::replace(const fs::path& from, const std::string& name) const {
  if (::renameat(AT_FDCWD, from.c_str(), fd_.get(), name.c_str()) != 0) fail("rename to", path_ / name);
}

void Folder::exchange(const fs::path& from, const std::string& name) const {
  if (::renameat2(AT_FDCWD, from.c_str(), fd_.get(), name.c_str(), RENAME_EXCHANGE) == 0) return;
  if (errno != EINVAL) fail("exchange with", path_ / name);
  fs::path aside = from;
  aside += ".old";
  if (::renameat(fd_.get(), name.c_str(), AT_FDCWD, aside.c_str()) != 0 && errno != ENOENT)
    fail("rename", path_ / name);
  replace(from, name);
  if (is_there(aside)) fs::rename(aside, from);
}

void Folder::remove(const std::string& name) const {
  if (::unlinkat(fd_.get(), name.c_str(), 0) != 0 && errno != ENOENT) fail("remove", path_ / name);
}

Removal Folder::remove_if_content(const std::string& name, const std::string& sha256) const {
  // Looked at first: a FIFO or a device must not be opened.
  struct stat status;
  const At here{fd_.get(), name.c_str()};
  if (!here.there(status)) {
    if (errno != ENOENT) fail("look up", path_ / name);
    return Removal::gone;
  }
  if (!S_ISREG(status.st_mode)) return Removal::another;
  const FileDescriptor file(
      ::openat(fd_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) fail("open", path_ / name);
  if (sha256_of(file.get(), path_ / name).sha256 != sha256) return Removal::another;
  // It may have been replaced, or written to, while it was read.
  struct stat read, now;
  if (::fstat(file.get(), &read) != 0) fail("look up", path_ / name);
  if (!here.there(now) || now.st_ino != read.st_ino || now.st_dev != read.st_dev ||
      now.st_mtim.tv_sec != status.st_mtim.tv_sec || now.st_mtim.tv_nsec != status.st_mtim.tv_nsec)
    return Removal::another;
  remove(name);
  return Removal::removed;
}

bool Folder::remove_if_empty(const std::string& name) const {
  if (::unlinkat(fd_.get(), name.c_str(), AT_REMOVEDIR) == 0) return true;
  if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOENT && errno != ENOTDIR && errno != EBUSY)
    fail("remove", path_ / name);
  return false;
}

void Folder::sync() const {
  // EINVAL: a network filesystem that has no fsync for directories.
  if (::fsync(fd_.get()) != 0 && errno != EINVAL) fail("fsync", path_);
}

bool is_there(const fs::path& path) {
  struct stat status;
  if (::lstat(path.c_str(), &status) == 0) return true;
  if (errno != ENOENT) fail("look up", path);
  return false;
}

bool are_one_file(const fs::path& one, const fs::path& other) {
  return are_one_file(At{AT_FDCWD, one.c_str()}, At{AT_FDCWD, other.c_str()});
}

std::optional<std::string> read_if_there(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file && !is_there(path)) return std::nullopt;
  if (!file) fail("open", path);
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

void sync_if_there(const fs::path& path) {
  if (is_there(path)) durable::sync_directory(path);
}

}  // namespace chunkrd::outbox
