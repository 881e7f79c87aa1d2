#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

namespace chunkrd::metrics {

/// The process_* metrics that every Prometheus client offers, read from the kernel at each scrape. What
/// cannot be read (a hidden /proc) is left out. May be used by any thread.
class ProcessMetrics final : public prometheus::Collectable {
 public:
  ProcessMetrics();
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  double start_time_seconds_;  // since 1970; 0 if unknown
};

}  // namespace chunkrd::metrics
