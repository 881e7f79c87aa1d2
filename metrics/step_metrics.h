#pragma once

#include <array>
#include <chrono>
#include <optional>

#include "metrics/families.h"
#include "pipeline/observer.h"

namespace chunkrd::metrics {

/// chunkrd_step_*, chunkrd_state_duration_seconds, chunkrd_reconciles_total and what else can be seen at the
/// end of a step. Event-loop thread.
class StepMetrics {
 public:
  explicit StepMetrics(prometheus::Registry& registry);

  void ended(const pipeline::StepEnd& step);

  /// So many steps on rows in `state` run now, of so many, and the first of them since then.
  void set_load(queue::State state, std::size_t running, std::size_t capacity,
                std::optional<WallTime> oldest);

 private:
  enum Outcome : std::size_t { moved, again, error, kOutcomes };
  enum Reconcile : std::size_t { adopted, repeated, given_up, looking, kReconciles };
  struct Series {
    std::array<prometheus::Counter*, kOutcomes> ended{};
    prometheus::Histogram* took = nullptr;
    prometheus::Histogram* in_state = nullptr;
    prometheus::Gauge* running = nullptr;
    prometheus::Gauge* capacity = nullptr;
    std::optional<SometimesGauge> oldest;
  };

  void count_retries(const pipeline::StepEnd& step);
  void count_reconcile(const queue::Job& before, const queue::Job& after);

  std::array<Series, queue::kStateCount + 1> by_state_;
  std::array<prometheus::Counter*, kReconciles> reconciles_{};
  prometheus::Counter* attempts_failed_ = nullptr;
  std::array<prometheus::Counter*, queue::kStateCount + 1> retries_{};
};

}  // namespace chunkrd::metrics
