#include "pipeline/poll_planner.h"

#include <algorithm>

namespace chunkrd::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr Duration kUnknown = 3s;  // nothing learnt yet
constexpr Duration kShortest = 250ms;
constexpr Duration kLongestToEnd = 10min;  // from one poll to the next, whatever was learnt
// An end goes unnoticed for a minute at most, or for a tenth of the time the task took.
constexpr Duration kLongestUnnoticed = 60s;
constexpr int kUnnoticedPart = 10;
// The newest task counts for a quarter: a queue that grows at the service is followed within a few tasks.
constexpr double kWeightOfNewest = 0.25;

}  // namespace

void PollPlanner::learn(const std::string& profile, Duration took) {
  const double ms = static_cast<double>(std::max(took, Duration::zero()).count());
  const auto [usual, first_time] = usual_ms_.try_emplace(profile, ms);
  if (!first_time) usual->second += kWeightOfNewest * (ms - usual->second);
}

// Failed ones too: where all that is left fails, nothing else tells that the service has become fast again.
void PollPlanner::see(const std::string& profile, const taskapi::Task& task, Duration waited) {
  using enum taskapi::Status;
  if (task.status != Succeeded && task.status != Failed) return;
  learn(profile, task.finished_at ? *task.finished_at - task.created_at : waited);
}

// A little beyond the mean: most tasks are then found ended by one poll.
Duration PollPlanner::expected(const std::string& profile) const {
  const auto usual = usual_ms_.find(profile);
  return usual == usual_ms_.end() ? kUnknown : Duration(static_cast<std::int64_t>(usual->second * 1.2));
}

Duration PollPlanner::first(const std::string& profile) const {
  return std::clamp(expected(profile), kShortest, kLongestToEnd);
}

Duration PollPlanner::next(const std::string& profile, Duration waited) const {
  const Duration end = expected(profile);
  if (waited < end) return std::clamp(end - waited, kShortest, kLongestToEnd);
  const Duration longest = std::clamp(waited / kUnnoticedPart, kLongestUnnoticed, kLongestToEnd);
  return std::clamp(waited / 3, kShortest, longest);
}

}  // namespace chunkrd::pipeline
