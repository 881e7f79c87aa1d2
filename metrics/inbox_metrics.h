#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <map>
#include <string>

namespace chunkrd::metrics {

/// An inbox as it counts itself. The first three only grow while the inbox lives.
struct InboxNumbers {
  std::uint64_t scans = 0;
  std::uint64_t overflows = 0;
  std::uint64_t refused = 0;
  std::uint64_t settling = 0;
  std::uint64_t unclaimed = 0;
  bool available = true;
};

/// chunkrd_inbox_*{inbox}: one series for each configured inbox. Event-loop thread.
class InboxMetrics {
 public:
  explicit InboxMetrics(prometheus::Registry& registry);

  /// The inbox with this folder is at `now`. Numbers that fell belong to a new inbox that began at 0.
  void set(const std::string& folder, const InboxNumbers& now);

  /// The inbox is no longer configured: its series end.
  void forget(const std::string& folder);

 private:
  struct Series {
    prometheus::Counter& scans;
    prometheus::Counter& overflows;
    prometheus::Counter& refused;
    prometheus::Gauge& settling;
    prometheus::Gauge& unclaimed;
    prometheus::Gauge& available;
    InboxNumbers last;
  };
  Series& series(const std::string& folder);

  prometheus::Family<prometheus::Counter>& scans_;
  prometheus::Family<prometheus::Counter>& overflows_;
  prometheus::Family<prometheus::Counter>& refused_;
  prometheus::Family<prometheus::Gauge>& settling_;
  prometheus::Family<prometheus::Gauge>& unclaimed_;
  prometheus::Family<prometheus::Gauge>& available_;
  std::map<std::string, Series> by_folder_;
};

}  // namespace chunkrd::metrics
