#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>

#include "core/clock.h"

namespace chunkrd::metrics {

// A family of series in `registry`, with its name and what docs/metrics.md says of it.
inline prometheus::Family<prometheus::Counter>& counter(prometheus::Registry& registry, const char* name,
                                                        const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
inline prometheus::Family<prometheus::Gauge>& gauge(prometheus::Registry& registry, const char* name,
                                                    const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
inline prometheus::Family<prometheus::Histogram>& histogram(prometheus::Registry& registry, const char* name,
                                                            const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

/// A gauge that is not exported while there is nothing to say: an alert on `time() - x` must not see the
/// year 1970.
class SometimesGauge {
 public:
  SometimesGauge(prometheus::Family<prometheus::Gauge>& family, prometheus::Labels labels)
      : family_(family), labels_(std::move(labels)) {}

  void set(double value) {
    // The value goes in with the series: a scrape in between must not see 0.
    if (gauge_ == nullptr) gauge_ = &family_.Add(labels_, value);
    gauge_->Set(value);
  }
  void clear() {
    if (gauge_ != nullptr) family_.Remove(gauge_);
    gauge_ = nullptr;
  }

 private:
  prometheus::Family<prometheus::Gauge>& family_;
  prometheus::Labels labels_;
  prometheus::Gauge* gauge_ = nullptr;
};

inline double seconds(std::chrono::duration<double> duration) {
  return duration.count();
}
inline double seconds(WallTime time) {
  return seconds(time.time_since_epoch());
}

}  // namespace chunkrd::metrics
