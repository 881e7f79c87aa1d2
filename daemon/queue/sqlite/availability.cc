#include "queue/sqlite/availability.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

#include "core/counted.h"
#include "core/escape.h"

namespace chunkrd::queue {
namespace {

namespace fs = std::filesystem;
using Cause = StoreUnavailable::Cause;

bool is_one_of(int number, std::initializer_list<int> numbers) {
  return std::ranges::find(numbers, number) != numbers.end();
}

std::uint64_t bytes_free(const struct statvfs& about) {
  return std::uint64_t{about.f_frsize} * (::geteuid() == 0 ? about.f_bfree : about.f_bavail);
}

// Some filesystems do not count files: they have 0 of 0.
bool has_room_for_a_file(const struct statvfs& about) {
  return about.f_files == 0 || about.f_favail > 0;
}

bool is_on_full_disk(const fs::path& file) {
  struct statvfs about{};
  return ::statvfs(file.parent_path().c_str(), &about) == 0 &&
         (bytes_free(about) == 0 || !has_room_for_a_file(about));
}

std::string full_text(const fs::path& file, int system_error) {
  const std::string folder = printable(file.parent_path().native());
  if (is_one_of(system_error, {EMFILE, ENFILE, ENOMEM}))
    return fmt::format("the queue cannot be used: {} ({})", std::generic_category().message(system_error),
                       folder);
  if (system_error == EDQUOT)
    return fmt::format("the queue's disk is full for this user (quota): {}; free some space", folder);
  struct statvfs about{};
  if (::statvfs(file.parent_path().c_str(), &about) != 0) return "the queue's disk is full: " + folder;
  return fmt::format("the queue's disk is full: {}{} free on {}; free some space",
                     counted(static_cast<std::int64_t>(bytes_free(about)), "byte"),
                     has_room_for_a_file(about) ? "" : " and no files", folder);
}

// By a person, or by the kernel after an error.
bool is_on_read_only_mount(const fs::path& file) {
  struct statvfs about{};
  return ::statvfs(file.parent_path().c_str(), &about) == 0 && (about.f_flag & ST_RDONLY) != 0;
}

// Whoever writes a database in WAL mode holds this byte of its "-shm" (walLockOffset(WAL_WRITE_LOCK) in
// SQLite's wal.c; a part of the file format). Read where the kernel tells it: to open the file and close it
// again would let go of our own locks.
std::string writer_of(const fs::path& file) {
  constexpr int kWriteLock = 120;
  struct stat status{};
  if (::stat((file.native() + "-shm").c_str(), &status) != 0) return {};
  const std::string inode =
      fmt::format("{:02x}:{:02x}:{}", major(status.st_dev), minor(status.st_dev), status.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, advice, mode, where;
    int pid = 0, from = -1;
    std::string to;
    words >> number >> kind >> advice >> mode >> pid >> where >> from >> to;
    if (!words || mode != "WRITE" || where != inode || from > kWriteLock || pid == ::getpid()) continue;
    if (to != "EOF" && std::atoi(to.c_str()) < kWriteLock) continue;
    std::string name;
    std::ifstream process(fmt::format("/proc/{}/comm", pid));
    std::getline(process, name);
    if (!name.empty()) return fmt::format(" ({}, pid {})", printable(name), pid);
  }
  return {};
}

}  // namespace

std::optional<Cause> passing_cause(const SQLite::Exception& error, const fs::path& file, int system_error) {
  const int code = error.getErrorCode() & 0xFF;
  const int extended = error.getExtendedErrorCode();
  if (is_one_of(code, {SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL})) return Cause::locked;
  if (is_one_of(code, {SQLITE_FULL, SQLITE_NOMEM}) || extended == SQLITE_IOERR_SHMSIZE ||
      extended == SQLITE_IOERR_NOMEM)
    return Cause::full;
  if (extended == SQLITE_READONLY && is_on_read_only_mount(file)) return Cause::refused;
  if (code != SQLITE_IOERR && code != SQLITE_CANTOPEN) return std::nullopt;
  // Of a failed read or write only the system knows whether it passes.
  if (is_one_of(system_error, {ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM})) return Cause::full;
  if (system_error == EROFS) return Cause::refused;
  // It does not always know why it could not make its files.
  if (code == SQLITE_CANTOPEN && is_on_full_disk(file)) return Cause::full;
  // What cannot be written is whole as it was. What cannot be read is damage.
  if (is_one_of(extended,
                {SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC, SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_TRUNCATE}))
    return Cause::refused;
  return std::nullopt;
}

std::string why_unavailable(Cause cause, const fs::path& file, int system_error) {
  switch (cause) {
    case Cause::full:
      return full_text(file, system_error);
    case Cause::locked:
      return fmt::format("the queue is locked by another program{}: {}; it goes on when that one lets it go",
                         writer_of(file), printable(file.native()));
    case Cause::refused:
      break;
  }
  return fmt::format(
      "the queue's disk takes no writes{}: {}; it goes on when it does (the kernel's log says more: "
      "journalctl -k)",
      system_error == 0 ? std::string() : " (" + std::generic_category().message(system_error) + ")",
      printable(file.parent_path().native()));
}

}  // namespace chunkrd::queue
