#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/clock.h"
#include "hooks/observer.h"

namespace chunkrd::metrics {

/// chunkrd_notifications_*{hook}: one set of series for each hook that is, or was, configured since the
/// start, from 0 on. Event-loop thread.
class HookMetrics final : public hooks::Observer {
 public:
  explicit HookMetrics(prometheus::Registry& registry);

  void on_notification(const std::string& hook, hooks::Outcome outcome, std::size_t count) override;

  /// So many notifications wait for each hook, the oldest since then (by the wall clock; nothing where the
  /// hook is not configured any more: nobody fails to take them); none for those that are not named.
  struct Waiting {
    std::int64_t count = 0;
    std::optional<WallTime> oldest;
  };
  void set_waiting(const std::map<std::string, Waiting>& by_hook);

 private:
  struct Series {
    std::array<prometheus::Counter*, hooks::kOutcomeCount> outcomes{};
    prometheus::Gauge* waiting = nullptr;
    prometheus::Gauge* oldest = nullptr;  ///< null while nothing waits: an alert must not see the year 1970
  };
  Series& series(const std::string& hook);

  prometheus::Family<prometheus::Counter>& outcomes_;
  prometheus::Family<prometheus::Gauge>& waiting_;
  prometheus::Family<prometheus::Gauge>& oldest_;
  std::map<std::string, Series> by_hook_;
};

}  // namespace chunkrd::metrics
