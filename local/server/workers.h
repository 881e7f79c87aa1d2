#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "core/fd.h"
#include "local/server/folders.h"
#include "local/server/options.h"
#include "local/server/rules.h"
#include "local/server/store.h"

namespace chunkrd::local::server {

/// Threads that take tasks from the queue and have each parsed by a process of its own, which may hang or
/// crash without harm to anything else. Also ends tasks that are stuck and purges expired ones.
class Workers {
 public:
  /// Starts at once. All references must outlive this object.
  Workers(const Options& options, Store& store, const Folders& folders, Rules& rules);
  /// Stops what runs; those tasks are Processing in the store and begin again with the next start.
  ~Workers();

  /// A task was queued.
  void wake();

 private:
  void work();
  void keep_house();
  bool take_one();
  void run(const Task& task, const ParseEffect& effect);
  /// Runs the parser, or what a rule wants instead of it; nothing if this program stops.
  struct Outcome;
  Outcome parse(const Task& task, const ParseEffect& effect, const std::string& run_name);
  Outcome parse_in_process(const Task& task, const std::filesystem::path& folder);
  void remove_other_runs(const Task& task, const std::string& kept) const;
  static Outcome outcome_of(const std::exception& error);
  void write_down(const Task& task, const Outcome& outcome);
  void finish(const Task& task, const Outcome& outcome);
  void tell(const Task& task, const std::string& message);
  /// False when the program stops meanwhile.
  bool pause(std::chrono::milliseconds time);

  const Options& options_;
  Store& store_;
  const Folders& folders_;
  Rules& rules_;

  FileDescriptor stop_event_;  ///< readable for ever once the program stops
  std::mutex take_mutex_;      ///< one worker at a time looks at the head of the queue
  std::mutex mutex_;
  std::condition_variable queued_;   ///< idle workers wait here
  std::condition_variable stopped_;  ///< and everybody who pauses, here
  std::uint64_t wakes_ = 0;          ///< guarded by mutex_
  bool stopping_ = false;            ///< guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace chunkrd::local::server
