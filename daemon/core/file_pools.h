#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/async.h"
#include "core/cut.h"
#include "core/threads.h"

namespace chunkrd {

/// What some work on files touches, by device number.
using FileSystems = std::set<dev_t>;

/// Those that `folders` lie on; of one that is not there, its nearest parent's. Blocking.
FileSystems file_systems_of(const std::vector<std::filesystem::path>& folders);

/// The threads for blocking work on files: a few for each set of file systems that some work touches, so that
/// one that does not answer (a dead network mount) holds up only what touches it. A few more are for what is
/// read and written while it is sent and fetched: such a piece is small, and does not wait behind a gigabyte
/// that is hashed.
///
/// Event-loop thread only. Coroutines that wait in it when it goes are not resumed any more; they may be
/// destroyed after it, with their loop.
class FilePools {
  using Times = std::multimap<std::string, std::chrono::steady_clock::time_point>;

 public:
  /// Work for somebody is under way as long as this is there.
  class Waiting {
   public:
    Waiting(std::shared_ptr<Times> times, std::string whom)
        : times_(std::move(times)), at_(times_->emplace(std::move(whom), std::chrono::steady_clock::now())) {}
    ~Waiting() { times_->erase(at_); }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   private:
    const std::shared_ptr<Times> times_;
    const Times::iterator at_;
  };

  /// Threads for the files of one transfer. May outlive the pools, but for the threads.
  class Lent {
   public:
    /// For nobody in particular.
    Lent(Executor threads) : threads_(std::move(threads)) {}
    Lent(Executor threads, std::shared_ptr<Times> times, std::string whom)
        : threads_(std::move(threads)), times_(std::move(times)), whom_(std::move(whom)) {}

    const Executor& threads() const noexcept { return threads_; }
    std::unique_ptr<Waiting> wait() const {
      return times_ ? std::make_unique<Waiting>(times_, whom_) : nullptr;
    }

   private:
    Executor threads_;
    std::shared_ptr<Times> times_;
    std::string whom_;
  };

  /// Two would do for one disk; four keep a fast one busy. Throws std::system_error when not even one can be
  /// had.
  explicit FilePools(std::size_t threads_each = 4);
  /// Everything runs on `one`: the simulation's loop.
  explicit FilePools(Executor one) : one_(std::move(one)) {}
  ~FilePools();
  FilePools(const FilePools&) = delete;
  FilePools& operator=(const FilePools&) = delete;

  /// While the machine has no more threads to give: fewer of them, or those of other file systems.
  Executor on(const FileSystems& systems) { return of(Use::steps, systems); }

  /// For what is read while it is sent.
  Executor for_sending(const FileSystems& systems) { return of(Use::transfers, systems); }
  /// For what is written, for `whom`, while it is fetched.
  Lent for_fetching(const FileSystems& systems, std::string whom) {
    return {of(Use::transfers, systems), waiting_, std::move(whom)};
  }

  /// Runs the blocking `work` for `whom` (a job's id) on the threads of `systems`; else as run_on().
  template <class Work>
  awaitable<std::invoke_result_t<Work&>> run(FileSystems systems, std::string whom, Work work) {
    const Waiting waiting(waiting_, std::move(whom));
    co_return co_await run_on(on(systems), [this, job = std::move(work)]() mutable {
      const Cuttable cuttable(cut_);
      look_whether_cut();
      return job();
    });
  }

  /// Since when work for `whom` is under way.
  std::optional<std::chrono::steady_clock::time_point> waiting_since(const std::string& whom) const;

  /// Waits for what is under way.
  void join();

  /// Work that is under way ends as soon as it looks, all later work at once: with CutShort.
  void cut() noexcept { cut_ = true; }

 private:
  enum class Use { steps, transfers };

  Executor of(Use use, const FileSystems& systems);

  std::size_t threads_each_ = 0;
  Executor one_;
  const std::shared_ptr<Times> waiting_ = std::make_shared<Times>();
  std::atomic<bool> cut_ = false;
  std::map<std::pair<Use, FileSystems>, std::unique_ptr<Threads>>
      pools_;  ///< the steps' of no file system are always there
};

}  // namespace chunkrd
