#pragma once

#include <map>
#include <string>

#include "core/clock.h"
#include "taskapi/task.h"

namespace chunkrd::pipeline {

/// When to ask how a task is doing: the first time near its expected end, learnt from the tasks before it in
/// the same profile, later times further apart. Few polls a task, little delay in noticing its end.
class PollPlanner {
 public:
  /// A task of `profile` took `took` from its making to its end (the service's own times).
  void learn(const std::string& profile, Duration took);

  /// A task was read, `waited` after its submit: learns from it if it has ended.
  void see(const std::string& profile, const taskapi::Task& task, Duration waited);

  Duration first(const std::string& profile) const;

  /// After an unsuccessful poll, `waited` after the submit.
  Duration next(const std::string& profile, Duration waited) const;

 private:
  Duration expected(const std::string& profile) const;

  std::map<std::string, double> usual_ms_;  ///< exponentially weighted mean
};

}  // namespace chunkrd::pipeline
