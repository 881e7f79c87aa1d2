#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/lifecycle.h"
#include "queue/job.h"

namespace chunkrd::pipeline {

/// Documents with the same bytes and the same settings, of which one is being paid for: the others need not
/// be. They wait for it (lifecycle::is_to_wait_for) and are let go, all at once, as soon as it is over: then
/// they take over its result, or the next of them is submitted.
///
/// In memory alone, and as much as there is under way: a row that waits comes up again by itself, also after
/// a restart. Event-loop thread.
class Twins {
 public:
  /// A row as it is now. Whoever is paid for, or was until now, becomes known by it.
  void note(const queue::Job& job);

  /// The submit of a row in `ready` begins, and has come to its end. What became of it was noted before.
  void begin(const queue::Job& job, WallTime now);
  void end(const queue::Job& job);

  /// The one that `job`, which may take over results, is to wait for.
  std::optional<std::string> first_for(const queue::Job& job, WallTime now) const;

  /// `job` waits from now on. False when it did before, so that it is told once.
  bool wait(const queue::Job& job);

  /// Rows whose waiting is over since this was asked last.
  std::vector<std::string> take_freed() { return std::exchange(freed_, {}); }
  bool has_freed() const { return !freed_.empty(); }

 private:
  struct Group {
    std::map<std::string, lifecycle::First> paid;  ///< by id
    std::set<std::string> waiting;                 ///< ids
  };
  using Key = std::pair<std::string, std::string>;  ///< digests of bytes and settings

  static Key key_of(const queue::Job& job) { return {job.sha256, job.settings_hash}; }
  void leave(const queue::Job& job);

  std::map<Key, Group> groups_;
  std::set<std::string> told_;
  std::vector<std::string> freed_;
};

}  // namespace chunkrd::pipeline
