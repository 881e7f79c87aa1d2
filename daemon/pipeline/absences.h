#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "queue/job.h"
#include "queue/store.h"

namespace chunkrd::pipeline {

/// Folders that documents wait for, as the steps that need them have found them gone. Pure: time comes in.
class Absences {
 public:
  struct Absence {
    std::string folder;
    std::string why;  ///< for people: what happened, and what to do
    WallTime since;
    WallTime seen;  ///< last
    bool operator==(const Absence&) const = default;
  };

  /// A step of such a job found that `folder` is gone. True when that is new.
  bool note(const queue::Job& job, std::string folder, std::string why, WallTime now);
  /// A step of such a job did not miss any. True when one had.
  bool clear(const queue::Job& job);

  /// What the steps of such a job miss; nothing when they miss nothing, or nobody has looked for long.
  const Absence* of(const queue::Job& job, WallTime now) const;

  /// Adds the inboxes whose steps of this state would miss one: somebody has looked a moment ago. For what is
  /// paid for that is also any that a later step misses.
  void hold(queue::Inboxes& held, queue::State state, WallTime now) const;
  /// When the next of them is to be looked for again.
  std::optional<WallTime> next_look(queue::State state, WallTime now) const;

  /// Each folder that is missed, once.
  std::vector<Absence> all(WallTime now) const;

 private:
  std::map<std::pair<std::string, queue::State>, Absence> missed_;  ///< by inbox and state
};

}  // namespace chunkrd::pipeline
