#pragma once

#include "metrics/families.h"
#include "pipeline/observer.h"

namespace chunkrd::metrics {

/// What is paid for, what may be, and how fast: the day's budget and the rate of submits. Event-loop thread.
class SpendingMetrics {
 public:
  explicit SpendingMetrics(prometheus::Registry& registry);

  void spent(queue::Spent more);

  /// A bound of 0 is none.
  struct Day {
    queue::Spent spent;
    queue::Spent budget;
  };
  void set_day(const Day& day);
  void set_rate(double allowed, double configured);

 private:
  prometheus::Counter& documents_;
  prometheus::Counter& pages_;
  prometheus::Gauge& day_documents_;
  prometheus::Gauge& day_pages_;
  prometheus::Gauge& budget_documents_;
  prometheus::Gauge& budget_pages_;
  prometheus::Gauge& rate_allowed_;
  prometheus::Gauge& rate_configured_;
};

}  // namespace chunkrd::metrics
