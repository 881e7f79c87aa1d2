#include "metrics/health.h"

#include <utility>

namespace chunkrd::metrics {

void Health::beat() {
  const std::lock_guard lock(mutex_);
  last_beat_ = Clock::now();
}

void Health::set_ready() {
  const std::lock_guard lock(mutex_);
  reasons_.clear();
}

void Health::set_not_ready(std::vector<std::string> reasons) {
  const std::lock_guard lock(mutex_);
  reasons_ = std::move(reasons);
  if (reasons_.empty()) reasons_.emplace_back("no reason given");
}

std::optional<std::chrono::seconds> Health::stuck_for() const {
  const std::lock_guard lock(mutex_);
  const auto silence = Clock::now() - last_beat_;
  if (silence <= patience_) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(silence);
}

std::vector<std::string> Health::reasons() const {
  const std::lock_guard lock(mutex_);
  return reasons_;
}

}  // namespace chunkrd::metrics
