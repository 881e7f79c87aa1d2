#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/settings.h"
#include "queue/job.h"

namespace chunkrd::pipeline {

/// Whose document is submitted next: profiles take turns by their weights, so that a large batch of one does
/// not hold up the few documents of another. Stride scheduling: every document moves its profile's mark on by
/// 1/weight, and the profile with the lowest mark is next. Pure; event-loop thread.
class Turns {
 public:
  using Profiles = std::map<std::string, config::Profile>;

  /// All of `ready` (each profile's in its own order) in the order in which they should be begun.
  std::vector<queue::Job> in_turn(std::map<std::string, std::vector<queue::Job>> ready,
                                  const Profiles& profiles) const;

  /// A document of `profile` was begun.
  void took(const std::string& profile, const Profiles& profiles);

 private:
  double mark_of(const std::string& profile) const;

  std::map<std::string, double> marks_;
};

}  // namespace chunkrd::pipeline
