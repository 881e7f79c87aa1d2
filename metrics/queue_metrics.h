#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

#include "metrics/families.h"
#include "pipeline/observer.h"

namespace chunkrd::metrics {

/// chunkrd_queue_*: how many documents are where, since when, and what the queue's transactions cost.
/// Event-loop thread.
class QueueMetrics {
 public:
  explicit QueueMetrics(prometheus::Registry& registry);

  /// As it was at `now`. While nothing waits, chunkrd_oldest_waiting_document_timestamp_seconds is absent.
  void set_counts(const queue::StateCounts& counts, std::optional<WallTime> oldest_unfinished);
  /// Times of the wall clock.
  void set_oldest(const queue::OldestByState& since);
  void set_waiting(std::size_t changes);
  /// The queue answered at `now`.
  void answered(WallTime now);

  /// A transaction with so many changes was written; so many of them were refused.
  struct Commit {
    std::size_t changes = 0;
    std::size_t refused = 0;
    std::chrono::nanoseconds took{};
  };
  void committed(const Commit& commit);

 private:
  std::array<prometheus::Gauge*, queue::kStateCount + 1> documents_{};
  std::array<std::optional<SometimesGauge>, queue::kStateCount + 1> since_;
  std::optional<SometimesGauge> oldest_;
  prometheus::Counter* applied_ = nullptr;
  prometheus::Counter* refused_ = nullptr;
  prometheus::Histogram* commit_seconds_ = nullptr;
  prometheus::Gauge* waiting_ = nullptr;
  prometheus::Gauge* answered_ = nullptr;
};

}  // namespace chunkrd::metrics
