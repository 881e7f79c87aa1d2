#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <utility>

#include "core/clock.h"
#include "core/fd.h"
#include "queue/store.h"

namespace chunkrd::cli {

/// Says that this process works the queue of a state folder: a daemon runs. Two of them on one queue would
/// submit everything twice. Ends with the process, however that ends.
class StateLock {
 public:
  /// Waits until commands that write at this moment (CommandLock) have done so; none begins from then on.
  /// Throws UserError (already_runs) when another daemon runs; std::system_error.
  explicit StateLock(const std::filesystem::path& state);

  /// Throws as the constructor does, and takes nothing.
  static void refuse_if_held(const std::filesystem::path& state);

  /// Does any process hold it? Only asks: a daemon that starts at the same moment is not kept from it, and
  /// nothing is made. False where the folder or the lock's file is not there. Throws std::system_error.
  static bool is_held(const std::filesystem::path& state);

  /// That the queue cannot be used, and since when: the daemon cannot write it there.
  struct Trouble {
    queue::StoreUnavailable::Cause cause;
    WallTime since;  ///< by the wall clock, whole seconds
    bool operator==(const Trouble&) const = default;
  };
  /// Says so, until it says something else. Throws std::system_error.
  void tell(std::optional<Trouble> trouble);
  /// Takes it again where its file was removed or replaced: nobody else could see it. Blocking. Throws
  /// UserError (already_runs) when another daemon was quicker; std::system_error.
  void hold_on();
  /// What the daemon that holds it says. As is_held().
  static std::optional<Trouble> told(const std::filesystem::path& state);

 private:
  std::filesystem::path state_;
  std::mutex mutex_;
  FileDescriptor file_;  ///< guarded by mutex_
};

/// Says that a command writes the queue, which no daemon works meanwhile. To be held for one change, and
/// never while a person is asked: a daemon that starts waits for it.
class CommandLock {
 public:
  /// Waits for other commands. Nothing when a daemon runs: it is to be asked. Throws std::system_error.
  static std::optional<CommandLock> unless_daemon_runs(const std::filesystem::path& state);

 private:
  explicit CommandLock(FileDescriptor file) : file_(std::move(file)) {}

  FileDescriptor file_;
};

}  // namespace chunkrd::cli
