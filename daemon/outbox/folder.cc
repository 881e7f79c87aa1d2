#include "outbox/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

#include "core/durable.h"
#include "core/escape.h"
#include "core/sha256.h"
#include "outbox/relative_name.h"

namespace chunkrd::outbox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTakenMark = "~folder";

// A note or a manifest is some kilobytes; one of a document with 100,000 pictures 20 MiB.
constexpr off_t kSmallBytesMax = off_t(256) << 20;

[[noreturn]] void fail(int error, const char* what, const fs::path& path) {
  throw std::system_error(error, std::generic_category(), std::string(what) + " " + printable(path.native()));
}

[[noreturn]] void fail(const char* what, const fs::path& path) {
  fail(errno, what, path);
}

FileDescriptor open_folder(int parent, const std::string& name) {
  return FileDescriptor(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// A name that the file system cannot have is not there.
bool is_not_there(int error) {
  return error == ENOENT || error == EINVAL || error == EILSEQ || error == ENAMETOOLONG;
}

// Makes and opens `name`; an invalid descriptor when something that is no folder has the name.
FileDescriptor make_and_open(int parent, const fs::path& parent_path, const std::string& name) {
  if (::mkdirat(parent, name.c_str(), 0755) != 0 && errno != EEXIST)
    fail("create directory", parent_path / name);
  FileDescriptor folder = open_folder(parent, name);
  if (!folder && errno != ENOTDIR && errno != ELOOP) fail("open", parent_path / name);
  return folder;
}

// The same; `name` becomes what it is called where the file system refuses it.
FileDescriptor make_and_open_some(int parent, const fs::path& parent_path, std::string& name) {
  try {
    return make_and_open(parent, parent_path, name);
  } catch (const std::system_error& error) {
    const std::string other = portable(name, kTakenMark.size());
    if (!may_be_the_name(error.code()) || other == name) throw;
    name = other;
    return make_and_open(parent, parent_path, name);
  }
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

FileDescriptor duplicate(const FileDescriptor& fd, const fs::path& path_for_errors) {
  FileDescriptor again(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
  if (!again) fail("duplicate descriptor of", path_for_errors);
  return again;
}

// Looked at first: a FIFO or a device must not be opened.
FileDescriptor open_regular_at(At file, const fs::path& path_for_errors) {
  struct stat status;
  if (!file.there(status)) fail("look up", path_for_errors);
  if (!S_ISREG(status.st_mode)) fail(EINVAL, "no regular file:", path_for_errors);
  FileDescriptor fd(::openat(file.folder, file.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) fail("open", path_for_errors);
  return fd;
}

std::optional<std::string> read_small(At file, const fs::path& path_for_errors) {
  struct stat status;
  if (!file.there(status)) {
    if (is_not_there(errno)) return std::nullopt;
    fail("look up", path_for_errors);
  }
  if (status.st_size > kSmallBytesMax) fail(EFBIG, "read", path_for_errors);
  const FileDescriptor fd = open_regular_at(file, path_for_errors);
  std::string text;
  std::array<char, 64 * 1024> buffer;
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", path_for_errors);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

Folder::Folder(fs::path path) : path_(std::move(path)), fd_(durable::open(path_, O_RDONLY | O_DIRECTORY)) {}

Folder Folder::self() const {
  return {path_, names_, duplicate(fd_, path_)};
}

Folder Folder::child(const std::string& name, FileDescriptor fd) const {
  std::vector<std::string> names = names_;
  names.push_back(name);
  return {path_ / name, std::move(names), std::move(fd)};
}

Folder Folder::below(const std::vector<std::string>& folders, const Taken& taken) const {
  Folder here = self();
  for (const std::string& wanted : folders) {
    std::string name = wanted;
    FileDescriptor next = make_and_open_some(here.fd_.get(), here.path_, name);
    const bool refused = next && taken && taken(here, here.child(name, duplicate(next, here.path_)), name);
    if (!next || refused) {
      name = fitted(name, kTakenMark.size()).append(kTakenMark);
      next = make_and_open(here.fd_.get(), here.path_, name);
      if (!next) fail("open", here.path_ / name);
    }
    // Always, not only after mkdir: a folder that another thread, or a call before a crash, has just made
    // is not durable yet.
    here.sync();
    here = here.child(name, std::move(next));
  }
  return here;
}

std::optional<Folder> Folder::existing(const std::vector<std::string>& folders) const {
  Folder here = self();
  for (const std::string& name : folders) {
    FileDescriptor next = open_folder(here.fd_.get(), name);
    if (!next && (is_not_there(errno) || errno == ENOTDIR || errno == ELOOP)) return std::nullopt;
    if (!next) fail("open", here.path_ / name);
    here = here.child(name, std::move(next));
  }
  return here;
}

Folder Folder::own(const std::string& name) const {
  FileDescriptor next = open_folder(fd_.get(), name);
  if (!next && errno == ENOENT) {
    next = make_and_open(fd_.get(), path_, name);
    sync();
  }
  if (!next && (errno == ENOTDIR || errno == ELOOP))
    throw std::system_error(
        ENOTDIR, std::generic_category(),
        printable((path_ / name).native()) + " has to be a folder of chunkrd's own; remove what lies there");
  if (!next) fail("open", path_ / name);
  return child(name, std::move(next));
}

bool Folder::has(const std::string& name) const {
  return status(name).has_value();
}

std::optional<struct stat> Folder::status(const std::string& name) const {
  struct stat status;
  if (At{fd_.get(), name.c_str()}.there(status)) return status;
  if (!is_not_there(errno)) fail("look up", path_ / name);
  return std::nullopt;
}

bool Folder::has_folder(const std::string& name) const {
  const auto there = status(name);
  return there && S_ISDIR(there->st_mode);
}

std::vector<std::string> Folder::entries() const {
  // A descriptor of its own: where it reads is part of it.
  const int again = ::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (again < 0) fail("open", path_);
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(again), ::closedir);
  if (!directory) fail("read", path_);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* const entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) fail("read", path_);
  std::ranges::sort(names);
  return names;
}

bool Folder::refuses(const std::string& name) const {
  const auto can_be_made = [&](const std::string& tried) {
    FileDescriptor file(::openat(fd_.get(), tried.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return errno == EEXIST;
    (void)file.close();  // first: FUSE keeps what is open, under another name
    remove(tried);
    return true;
  };
  return !can_be_made(name) && can_be_made(".any-name");
}

FileDescriptor Folder::open_file(const std::string& name) const {
  return open_regular_at({fd_.get(), name.c_str()}, path_ / name);
}

FileDescriptor Folder::create(const std::string& name) const {
  FileDescriptor file(::openat(fd_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file) fail("create", path_ / name);
  return file;
}

std::optional<std::string> Folder::read(const std::string& name) const {
  return read_small({fd_.get(), name.c_str()}, path_ / name);
}

// As durable::write_file() does it.
void Folder::write(const std::string& name, std::string_view bytes) const {
  const std::string temporary = "." + sha256_hex(name).substr(0, 32) + ".tmp";
  remove(temporary);
  const FileDescriptor file = create(temporary);
  try {
    durable::write_all(file.get(), bytes, path_ / temporary);
    durable::sync_file(file.get(), path_ / temporary);
    replace(temporary, *this, name);
  } catch (...) {
    ::unlinkat(fd_.get(), temporary.c_str(), 0);
    throw;
  }
  sync();
}

bool Folder::move(const std::string& name, const Folder& to, const std::string& as) const {
  // To itself: no two names of one file, of which one could go.
  if (name == as && are_one_file(At{fd_.get(), "."}, At{to.fd_.get(), "."})) return false;
  return durable::rename_new_at(fd_.get(), name, to.fd_.get(), as, to.path_ / as);
}

bool Folder::move_in(const fs::path& from, const std::string& name) const {
  return durable::rename_new_at(AT_FDCWD, from, fd_.get(), name, path_ / name);
}

bool Folder::take(const std::string& name, const Folder& to, const std::string& as) const {
  if (to.has(as)) return false;
  if (::renameat(fd_.get(), name.c_str(), to.fd_.get(), as.c_str()) == 0) return true;
  if (errno != ENOENT || has(name)) fail("rename to", to.path_ / as);
  return false;
}

void Folder::replace(const std::string& name, const Folder& to, const std::string& as) const {
  if (::renameat(fd_.get(), name.c_str(), to.fd_.get(), as.c_str()) != 0) fail("rename to", to.path_ / as);
}

void Folder::replace(const fs::path& from, const std::string& name) const {
  if (::renameat(AT_FDCWD, from.c_str(), fd_.get(), name.c_str()) != 0) fail("rename to", path_ / name);
}

bool Folder::exchange(const std::string& name, const Folder& with, const std::string& as) const {
  if (::renameat2(fd_.get(), name.c_str(), with.fd_.get(), as.c_str(), RENAME_EXCHANGE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) fail("exchange with", with.path_ / as);
  return false;
}

void Folder::remove(const std::string& name) const {
  if (::unlinkat(fd_.get(), name.c_str(), 0) != 0 && !is_not_there(errno)) fail("remove", path_ / name);
}

Removal Folder::remove_if_content(const std::string& name, const std::string& sha256) const {
  struct stat status;
  const At here{fd_.get(), name.c_str()};
  if (!here.there(status)) {
    if (errno != ENOENT) fail("look up", path_ / name);
    return Removal::gone;
  }
  if (!S_ISREG(status.st_mode)) return Removal::another;
  const FileDescriptor file = open_file(name);
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

void Folder::remove_tree(const std::string& name) const {
  if (const auto inside = existing({name})) {
    for (const std::string& each : inside->entries()) inside->remove_tree(each);
    if (!remove_if_empty(name) && has(name)) fail(ENOTEMPTY, "remove", path_ / name);
  } else {
    remove(name);
  }
}

void Folder::make_private() const {
  struct stat status;
  if (::fstat(fd_.get(), &status) != 0) fail("look up", path_);
  constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
  // Somebody else's stays as it is, and so do modes where there are none.
  if ((status.st_mode & kOthers) != 0) (void)::fchmod(fd_.get(), status.st_mode & 07777 & ~kOthers);
}

void Folder::sync() const {
  durable::sync_directory(fd_.get(), path_);
}

FileDescriptor Folder::open_if_file(const std::string& name) const {
  const auto there = status(name);
  return there && S_ISREG(there->st_mode) ? open_file(name) : FileDescriptor();
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
  return read_small({AT_FDCWD, path.c_str()}, path);
}

void sync_if_there(const fs::path& path) {
  if (is_there(path)) durable::sync_directory(path);
}

}  // namespace chunkrd::outbox
