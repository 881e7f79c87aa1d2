#include "cli/state_lock.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "core/durable.h"
#include "core/errors.h"
#include "core/escape.h"

namespace chunkrd::cli {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

// Each word is a byte of the file. An earlier release locks all of it, and so says both.
enum class Word : off_t { daemon = 0, command = 1 };

// What is told of a trouble needs no disk either: which one is where the lock begins, since when is how long
// it is.
constexpr off_t kTroubles = off_t{1} << 40;
constexpr off_t kNextTrouble = off_t{1} << 40;
constexpr int kTroubleCount = 3;

constexpr auto kLookAgain = 10ms;

// A lock of the open file: it ends with the process like flock(2)'s, but others can ask for it without
// taking it.
struct flock lock_of(Word word, short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(word);
  lock.l_len = 1;
  return lock;
}

[[noreturn]] void fail(const std::filesystem::path& state) {
  throw std::system_error(errno, std::generic_category(), "lock " + printable(state.native()));
}

[[noreturn]] void refuse(const fs::path& state) {
  throw UserError(ExitCode::already_runs, "another chunkrd works with the state folder " +
                                              printable(state.native()) +
                                              "; stop it first, or give this one a state folder of its own");
}

FileDescriptor open_lock(const fs::path& state) {
  return durable::open(state / "lock", O_RDWR | O_CREAT, 0600);
}

bool take(const FileDescriptor& file, Word word, const fs::path& state) {
  struct flock lock = lock_of(word, F_WRLCK);
  if (::fcntl(file.get(), F_OFD_SETLK, &lock) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  fail(state);
}

bool is_taken(const FileDescriptor& file, Word word, const fs::path& state) {
  struct flock lock = lock_of(word, F_WRLCK);
  if (::fcntl(file.get(), F_OFD_GETLK, &lock) != 0) fail(state);
  return lock.l_type != F_UNLCK;
}

}  // namespace

StateLock::StateLock(const fs::path& state) : state_(state), file_(open_lock(state)) {
  if (!take(file_, Word::daemon, state)) refuse(state);
  // Who writes has looked for a daemon before, and ends soon; who comes now sees this one.
  while (is_taken(file_, Word::command, state)) std::this_thread::sleep_for(kLookAgain);
}

void StateLock::refuse_if_held(const fs::path& state) {
  if (is_held(state)) refuse(state);
}

bool StateLock::is_held(const fs::path& state) {
  const FileDescriptor file(::open((state / "lock").c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return false;
  if (!file) fail(state);
  return is_taken(file, Word::daemon, state);
}

void StateLock::tell(std::optional<Trouble> trouble) {
  const std::lock_guard guard(mutex_);
  struct flock lock = lock_of(Word::daemon, F_UNLCK);
  lock.l_start = kTroubles;
  lock.l_len = 0;  // to the end
  if (::fcntl(file_.get(), F_OFD_SETLK, &lock) != 0) fail(state_);
  if (!trouble) return;
  lock.l_type = F_WRLCK;
  lock.l_start = kTroubles + kNextTrouble * static_cast<off_t>(trouble->cause);
  lock.l_len = std::chrono::floor<std::chrono::seconds>(trouble->since).time_since_epoch().count();
  if (::fcntl(file_.get(), F_OFD_SETLK, &lock) != 0) fail(state_);
}

void StateLock::hold_on() {
  const std::lock_guard lock(mutex_);
  struct stat held{}, there{};
  if (::fstat(file_.get(), &held) != 0) fail(state_);
  if (::stat((state_ / "lock").c_str(), &there) == 0 && there.st_dev == held.st_dev &&
      there.st_ino == held.st_ino)
    return;
  FileDescriptor again = open_lock(state_);
  if (!take(again, Word::daemon, state_)) refuse(state_);
  file_ = std::move(again);
}

std::optional<StateLock::Trouble> StateLock::told(const fs::path& state) {
  const FileDescriptor file(::open((state / "lock").c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  struct flock lock = lock_of(Word::daemon, F_WRLCK);
  lock.l_start = kTroubles;
  lock.l_len = 0;
  if (!file || ::fcntl(file.get(), F_OFD_GETLK, &lock) != 0) fail(state);
  const off_t which = (lock.l_start - kTroubles) / kNextTrouble;
  if (lock.l_type == F_UNLCK || lock.l_start < kTroubles || which >= kTroubleCount) return std::nullopt;
  return Trouble{static_cast<queue::StoreUnavailable::Cause>(which),
                 WallTime(std::chrono::seconds(lock.l_len))};
}

std::optional<CommandLock> CommandLock::unless_daemon_runs(const fs::path& state) {
  FileDescriptor file = open_lock(state);
  while (!take(file, Word::command, state)) {
    if (is_taken(file, Word::daemon, state)) return std::nullopt;
    std::this_thread::sleep_for(kLookAgain);
  }
  // Only now: a daemon that began before waits until this is let go.
  if (is_taken(file, Word::daemon, state)) return std::nullopt;
  return CommandLock(std::move(file));
}

}  // namespace chunkrd::cli
