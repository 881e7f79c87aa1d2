#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "metrics/inbox_metrics.h"
#include "metrics/log_counter.h"
#include "pipeline/observer.h"
#include "taskapi/observer.h"

namespace chunkrd::metrics {

/// Counts what the daemon does. Every series with a fixed label set exists from the start, at 0, so that
/// rate() sees the first event; docs/configuration.md and the alert rules rely on the names.
///
/// Event-loop thread, the registry aside, which any thread may collect from.
class DaemonMetrics final : public pipeline::Observer, public taskapi::Observer {
 public:
  explicit DaemonMetrics(const std::string& version);

  void on_transition(queue::State before, const queue::Job& after) override;
  void on_pause(pipeline::Pause pause, bool paused) override;
  void on_possible_duplicate() override;
  void on_adopted() override;
  void on_pruned(pipeline::Pruned what, std::size_t count) override;
  /// While nothing waits, chunkrd_oldest_waiting_document_timestamp_seconds is not exported at all: an
  /// alert on `time() - x` must not see the year 1970.
  void on_queue(const queue::StateCounts& counts, std::optional<WallTime> oldest_unfinished) override;

  void on_exchange(const taskapi::Exchange& exchange) override;

  /// To be added to the times in rows for the wall clock's: Clock::ahead().
  void set_ahead(Duration ahead) { ahead_ = ahead; }

  /// The configuration in use was read at `now`, by the wall clock.
  void config_loaded(WallTime now);
  /// A reload failed; the old configuration stays.
  void config_refused();

  /// So many folders that documents wait for are not there now.
  void folders_missing(std::size_t count);

  InboxMetrics& inboxes() noexcept { return inboxes_; }

  /// To be added to the default logger's sinks.
  const std::shared_ptr<LogCounter>& log_counter() const noexcept { return log_counter_; }

  const prometheus::Registry& registry() const noexcept { return *registry_; }

 private:
  static constexpr std::size_t kOperations = static_cast<std::size_t>(taskapi::Operation::download) + 1;
  static constexpr std::size_t kAnswers = 6;

  void set_oldest(std::optional<WallTime> found_at);

  std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();
  // Series, each looked up once, indexed by the enums.
  std::array<prometheus::Counter*, queue::kStateCount + 1> documents_{};  // only outcomes are set
  std::array<prometheus::Gauge*, queue::kStateCount + 1> queued_{};       // only states on the way are set
  std::array<prometheus::Gauge*, pipeline::kPauseCount> paused_{};
  std::array<std::array<prometheus::Counter*, kAnswers>, kOperations> requests_{};
  std::array<prometheus::Histogram*, kOperations> request_seconds_{};
  prometheus::Counter* bytes_up_ = nullptr;
  prometheus::Counter* bytes_down_ = nullptr;
  prometheus::Counter* possible_duplicates_ = nullptr;
  prometheus::Counter* adopted_ = nullptr;
  prometheus::Counter* reused_ = nullptr;
  std::array<prometheus::Counter*, pipeline::kPrunedCount> pruned_{};
  prometheus::Counter* pages_ = nullptr;
  prometheus::Histogram* document_seconds_ = nullptr;
  prometheus::Gauge* last_delivery_ = nullptr;
  prometheus::Gauge* config_successful_ = nullptr;
  prometheus::Gauge* config_time_ = nullptr;
  prometheus::Gauge* folders_missing_ = nullptr;
  prometheus::Family<prometheus::Gauge>* oldest_family_ = nullptr;
  prometheus::Gauge* oldest_ = nullptr;  // null while nothing waits
  Duration ahead_{0};
  InboxMetrics inboxes_{*registry_};
  std::shared_ptr<LogCounter> log_counter_ = std::make_shared<LogCounter>(registry_);
};

}  // namespace chunkrd::metrics
