#pragma once

#include <chrono>
#include <filesystem>
#include <map>

#include "core/async.h"
#include "core/clock.h"
#include "pipeline/context.h"

namespace chunkrd::pipeline {

/// Looks whether the folders that are suspected, or known to be in trouble, can be written to, each on
/// threads of its own file system's, and tells Context::unwritable. Says in the log what begins and ends.
/// Event-loop thread only; looks that are under way end with the loop.
class WriteLooks {
 public:
  /// Both must outlive it, `ended` as long as the loop runs. A look that takes longer than `patience` has met
  /// a file system that does not answer.
  WriteLooks(Context& context, Alarm& ended, std::chrono::milliseconds patience)
      : context_(context), ended_(ended), patience_(patience) {}

  /// Begins what is to be looked at by now; `ended` rings when such a look is over. True when something
  /// was learnt since the last call.
  bool look(WallTime now, const Executor& loop);
  /// When to call look().
  WallTime next(WallTime now) const;

 private:
  struct Look {
    Folder folder;
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
    bool is_told = false;  ///< that it does not answer
  };

  awaitable<void> look_at(Folder folder);
  void tell();

  Context& context_;
  Alarm& ended_;
  const std::chrono::milliseconds patience_;
  std::map<std::filesystem::path, Look> under_way_;
  std::map<std::filesystem::path, std::string> told_;  ///< why, by folder
  bool learnt_ = false;
};

}  // namespace chunkrd::pipeline
