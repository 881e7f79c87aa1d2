#include "pipeline/poll_planner.h"

#include <algorithm>

namespace chunkrd::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr Duration kUnknown = 3s;  // nothing learnt yet
constexpr Duration kShortest = 250ms;
constexpr Duration kLongest = 60s;  // the longest that an end goes unnoticed
// The newest task counts for a quarter: a queue that grows at the service is followed within a few tasks.
constexpr double kWeightOfNewest = 0.25;

}  // namespace

void PollPlanner::learn(const std::string& profile, Duration took) {
  const double ms = static_cast<double>(std::max(took, Duration::zero()).count());
  const auto [usual, first_time] = usual_ms_.try_emplace(profile, ms);
  if (!first_time) usual->second += kWeightOfNewest * (ms - usual->second);
}

Duration PollPlanner::first(const std::string& profile) const {
  const auto usual = usual_ms_.find(profile);
  if (usual == usual_ms_.end()) return kUnknown;
  // A little beyond the mean: most tasks are then found ended by one poll.
  return std::clamp(Duration(static_cast<std::int64_t>(usual->second * 1.2)), kShortest, Duration(10min));
}

Duration PollPlanner::next(const std::string& profile, Duration waited) const {
  const auto usual = usual_ms_.find(profile);
  const Duration expected =
      usual == usual_ms_.end() ? kUnknown : Duration(static_cast<std::int64_t>(usual->second));
  if (waited < expected / 2) return std::clamp(expected - waited, kShortest, Duration(10min));
  return std::clamp(std::max(waited, expected) / 3, kShortest, kLongest);
}

}  // namespace chunkrd::pipeline
