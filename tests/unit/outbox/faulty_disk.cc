#include "faulty_disk.h"

#include <fcntl.h>
#include <linux/limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <mutex>
#include <utility>

namespace chunkrd::test {
namespace {

struct Disk {
  std::mutex mutex;
  bool armed = false;
  Fault fault = Fault::none;
  int at_call = 0;
  int error = 0;
  Calls calls;
  Rename rename = Rename::may_refuse;
  Names names = Names::any;
  std::function<void()> act;
};

Disk& disk() {
  static Disk it;
  return it;
}

std::string path_of(int fd) {
  if (fd == AT_FDCWD) return {};
  std::array<char, PATH_MAX> target;
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  return length < 0 ? std::string{} : std::string(target.data(), static_cast<std::size_t>(length));
}

std::string path_of(int folder, const char* name) {
  return name[0] == '/' ? name : path_of(folder) + '/' + name;
}

// Makes the call, or what stands in for it. `what` is only asked for when somebody listens.
template <class What, class... Arguments>
long call(What what, long number, Arguments... arguments) {
  Disk& it = disk();
  std::function<void()> act;
  {
    const std::scoped_lock lock(it.mutex);
    if (it.armed) {
      it.calls.log.push_back(what());
      const bool now = it.calls.count++ == it.at_call;
      if (now && it.fault == Fault::die) ::kill(::getpid(), SIGKILL);
      if (now && it.fault == Fault::fail) {
        errno = it.error;
        return -1;
      }
      if (now) act = std::exchange(it.act, nullptr);
    }
  }
  if (act) act();
  return ::syscall(number, arguments...);
}

}  // namespace

void set_rename(Rename rename) {
  const std::scoped_lock lock(disk().mutex);
  disk().rename = rename;
}

void set_names(Names names) {
  const std::scoped_lock lock(disk().mutex);
  disk().names = names;
}

// Sets errno if so.
bool is_refused(const char* path) {
  const std::scoped_lock lock(disk().mutex);
  const std::string_view text = path, name = text.substr(text.rfind('/') + 1);
  if (disk().names == Names::any || name.find_first_of("\"*:<>?\\|") == name.npos) return false;
  errno = disk().names == Names::of_windows ? EINVAL : ENOENT;
  return true;
}

bool has_modes() {
  const std::scoped_lock lock(disk().mutex);
  return disk().names == Names::any;
}

bool knows_rename_flags() {
  const std::scoped_lock lock(disk().mutex);
  return disk().rename == Rename::may_refuse;
}

void break_disk(Fault fault, int at_call, int error) {
  Disk& it = disk();
  const std::scoped_lock lock(it.mutex);
  it.armed = true;
  it.fault = fault;
  it.at_call = at_call;
  it.error = error;
  it.calls = {};
}

void meanwhile(int at_call, std::function<void()> act) {
  break_disk(Fault::none, at_call);
  const std::scoped_lock lock(disk().mutex);
  disk().act = std::move(act);
}

Calls mend_disk() {
  Disk& it = disk();
  const std::scoped_lock lock(it.mutex);
  it.armed = false;
  it.act = nullptr;
  return std::exchange(it.calls, {});
}

}  // namespace chunkrd::test

using chunkrd::test::call;
using chunkrd::test::is_refused;
using chunkrd::test::path_of;

// The program's own definitions come before those of the C library.
extern "C" {

ssize_t write(int fd, const void* bytes, size_t count) {
  return call([&] { return "write " + path_of(fd); }, SYS_write, fd, bytes, count);
}

// Says yes without waiting for the disk: a process that dies does not take the page cache with it, and
// these tests call it some ten thousand times.
int fsync(int fd) {
  return static_cast<int>(call([&] { return "fsync " + path_of(fd); }, SYS_fcntl, fd, F_GETFL)) < 0 ? -1 : 0;
}

int mkdir(const char* path, mode_t mode) {
  return static_cast<int>(
      call([&] { return "mkdir " + path_of(AT_FDCWD, path); }, SYS_mkdirat, AT_FDCWD, path, mode));
}

int mkdirat(int folder, const char* name, mode_t mode) {
  if (is_refused(name)) return -1;
  return static_cast<int>(
      call([&] { return "mkdir " + path_of(folder, name); }, SYS_mkdirat, folder, name, mode));
}

int openat(int folder, const char* name, int flags, ...) {
  if (is_refused(name)) return -1;
  va_list more;
  va_start(more, flags);
  const unsigned mode = (flags & O_CREAT) != 0 ? va_arg(more, unsigned) : 0;
  va_end(more);
  return static_cast<int>(::syscall(SYS_openat, folder, name, flags, mode));
}

int fchmod(int fd, mode_t mode) noexcept {
  if (chunkrd::test::has_modes()) return static_cast<int>(::syscall(SYS_fchmod, fd, mode));
  errno = ENOSYS;
  return -1;
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  if (is_refused(to)) return -1;
  if (flags != 0 && !chunkrd::test::knows_rename_flags()) {
    errno = EINVAL;
    return -1;
  }
  return static_cast<int>(
      call([&] { return "rename " + path_of(from_folder, from) + " " + path_of(to_folder, to); },
           SYS_renameat2, from_folder, from, to_folder, to, flags));
}

int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  return renameat2(from_folder, from, to_folder, to, 0);
}

int rename(const char* from, const char* to) noexcept {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept {
  if (is_refused(to)) return -1;
  return static_cast<int>(
      call([&] { return "link " + path_of(from_folder, from) + " " + path_of(to_folder, to); }, SYS_linkat,
           from_folder, from, to_folder, to, flags));
}

int unlinkat(int folder, const char* name, int flags) {
  return static_cast<int>(
      call([&] { return "unlink " + path_of(folder, name); }, SYS_unlinkat, folder, name, flags));
}

int unlink(const char* path) {
  return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char* path) {
  return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int remove(const char* path) noexcept {
  const int result = unlinkat(AT_FDCWD, path, 0);
  return result != 0 && errno == EISDIR ? unlinkat(AT_FDCWD, path, AT_REMOVEDIR) : result;
}
}
