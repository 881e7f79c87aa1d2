#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "metrics/families.h"
#include "pipeline/observer.h"

namespace chunkrd::metrics {

/// An inbox as it counts itself. Those before `settling` only grow while the inbox lives.
struct InboxNumbers {
  std::uint64_t events = 0;
  std::uint64_t entries = 0;
  std::chrono::duration<double> scanning{};
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

  /// The inbox with this folder is as `numbers` say, at `now`. Numbers that fell belong to a new inbox that
  /// began at 0.
  void set(const std::string& folder, const InboxNumbers& numbers, WallTime now);

  /// Counted only where set() has been called: what comes to its end of an inbox that is not configured any
  /// more is in chunkrd_documents_total alone.
  void found(const std::string& folder, std::uint64_t bytes);
  void ended(const std::string& folder, queue::State outcome);

  /// The inbox is no longer configured: its series end.
  void forget(const std::string& folder);

 private:
  struct Series {
    prometheus::Counter& found;
    prometheus::Counter& found_bytes;
    std::array<prometheus::Counter*, queue::kStateCount + 1> ended;
    prometheus::Counter& events;
    prometheus::Counter& entries;
    prometheus::Counter& scan_seconds;
    SometimesGauge last_scan;
    prometheus::Counter& scans;
    prometheus::Counter& overflows;
    prometheus::Counter& refused;
    prometheus::Gauge& settling;
    prometheus::Gauge& unclaimed;
    prometheus::Gauge& available;
    InboxNumbers last;
  };
  Series& series(const std::string& folder);
  std::array<prometheus::Counter*, queue::kStateCount + 1> outcomes(prometheus::Labels labels);

  prometheus::Family<prometheus::Counter>& found_;
  prometheus::Family<prometheus::Counter>& found_bytes_;
  prometheus::Family<prometheus::Counter>& ended_;
  prometheus::Family<prometheus::Counter>& events_;
  prometheus::Family<prometheus::Counter>& entries_;
  prometheus::Family<prometheus::Counter>& scan_seconds_;
  prometheus::Family<prometheus::Gauge>& last_scan_;
  prometheus::Family<prometheus::Counter>& scans_;
  prometheus::Family<prometheus::Counter>& overflows_;
  prometheus::Family<prometheus::Counter>& refused_;
  prometheus::Family<prometheus::Gauge>& settling_;
  prometheus::Family<prometheus::Gauge>& unclaimed_;
  prometheus::Family<prometheus::Gauge>& available_;
  std::map<std::string, Series> by_folder_;
};

}  // namespace chunkrd::metrics
