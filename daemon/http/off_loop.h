#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "core/async.h"
#include "core/file_pools.h"

namespace chunkrd::http {

/// Why a file of ours could not be read or written.
struct FileTrouble {
  std::string message;
  std::error_code code = {};  ///< where the system gave one
};

/// Blocking work on a file of a transfer, and all that it works with: a thread's while it runs, the event
/// loop's otherwise.
class FileWork {
 public:
  virtual ~FileWork() = default;

  /// On a thread.
  virtual void run() noexcept = 0;

  /// Is there something to close, which may block, too?
  virtual bool is_open() const noexcept = 0;

 private:
  friend class OffLoop;
  std::atomic<bool> given_up_ = false;
};

/// Runs the work of one file on the threads of its file system, time after time, for a transfer on the event
/// loop.
///
/// Who hangs in a dead mount keeps the work, with its buffers and descriptors, until it returns; nobody waits
/// for that. Files are closed by the threads, too. Event-loop thread only.
class OffLoop {
 public:
  using Clock = std::chrono::steady_clock;

  /// `threads` must be there until this has gone, or was told to let_go(), and as long as the loop runs. Each
  /// run is waited for as they say.
  OffLoop(std::unique_ptr<FileWork> work, FilePools::Lent threads);
  ~OffLoop() { let_go(); }
  OffLoop(const OffLoop&) = delete;
  OffLoop& operator=(const OffLoop&) = delete;

  /// What is called on `loop` after each run. Before the first one.
  void listen(Executor loop, std::function<void()> ended);

  /// Runs the work once. Not while it runs.
  void begin();

  /// Since when it runs, if it does: only its thread may look at the work then.
  std::optional<Clock::time_point> since() const noexcept { return since_; }

  /// Gives the work up, also one that runs.
  void let_go() noexcept;

 private:
  void ended();

  std::shared_ptr<FileWork> work_;
  const FilePools::Lent threads_;
  Executor loop_;
  std::function<void()> ended_;
  std::optional<Clock::time_point> since_;
  std::unique_ptr<FilePools::Waiting> waiting_;

  /// Empty once this is destroyed: handlers still in the loop's queue look here first.
  std::shared_ptr<OffLoop*> self_ = std::make_shared<OffLoop*>(this);
};

}  // namespace chunkrd::http
