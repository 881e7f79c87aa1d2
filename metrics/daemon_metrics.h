#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metrics/families.h"
#include "metrics/folder_metrics.h"
#include "metrics/hook_metrics.h"
#include "metrics/inbox_metrics.h"
#include "metrics/log_counter.h"
#include "metrics/queue_metrics.h"
#include "metrics/spending_metrics.h"
#include "metrics/step_metrics.h"
#include "pipeline/observer.h"
#include "taskapi/observer.h"

namespace chunkrd::metrics {

/// Counts what the daemon does. Every series with a fixed label set exists from the start, at 0, so that
/// rate() sees the first event; the dashboard and the alert rules rely on the names. docs/metrics.md is made
/// from what is registered here.
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
  void on_step(const pipeline::StepEnd& step) override { steps_.ended(step); }
  void on_spent(queue::Spent spent) override { spending_.spent(spent); }
  void on_queue(const queue::StateCounts& counts, std::optional<WallTime> oldest_unfinished) override;

  void on_request(taskapi::Operation operation) override;
  void on_exchange(const taskapi::Exchange& exchange) override;

  /// To be added to the times in rows for the wall clock's: Clock::ahead().
  void set_ahead(Duration ahead) { ahead_ = ahead; }

  /// The event loop is alive at `now`, by the wall clock.
  void beat(WallTime now);

  /// The latest document of an earlier run was delivered then, by the wall clock.
  void delivered_before(WallTime then);

  /// The configuration in use was read at `now`, by the wall clock.
  void config_loaded(WallTime now);
  /// A reload failed; the old configuration stays.
  void config_refused();
  /// The shortest time after which a profile lets the service delete a result; nothing: none does.
  void results_expire_after(std::optional<std::chrono::seconds> shortest);

  /// So many folders that documents wait for are not there now.
  void folders_missing(std::size_t count);

  /// How many have come to this outcome since the start.
  long documents(queue::State outcome) const;

  InboxMetrics& inboxes() noexcept { return inboxes_; }
  FolderMetrics& folders() noexcept { return folders_; }
  QueueMetrics& queue() noexcept { return queue_; }
  SpendingMetrics& spending() noexcept { return spending_; }
  StepMetrics& steps() noexcept { return steps_; }
  HookMetrics& hooks() noexcept { return hooks_; }

  /// To be added to the default logger's sinks.
  const std::shared_ptr<LogCounter>& log_counter() const noexcept { return log_counter_; }

  const prometheus::Registry& registry() const noexcept { return *registry_; }

 private:
  static constexpr std::size_t kOperations = static_cast<std::size_t>(taskapi::Operation::download) + 1;
  static constexpr std::size_t kAnswers = 6;

  void count_dead_letter(const std::string& code);

  std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();
  // Series, each looked up once, indexed by the enums.
  std::array<prometheus::Counter*, queue::kStateCount + 1> documents_{};  // only outcomes are set
  std::array<prometheus::Gauge*, pipeline::kPauseCount> paused_{};
  std::array<prometheus::Counter*, pipeline::kPauseCount> pauses_{};
  std::array<std::array<prometheus::Counter*, kAnswers>, kOperations> requests_{};
  std::array<prometheus::Histogram*, kOperations> request_seconds_{};
  std::array<prometheus::Gauge*, kOperations> in_flight_{};
  std::map<std::string, prometheus::Counter*, std::less<>> dead_letters_;  // by code
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
  prometheus::Gauge* beat_ = nullptr;
  prometheus::Gauge* results_expire_ = nullptr;
  Duration ahead_{0};
  InboxMetrics inboxes_{*registry_};
  FolderMetrics folders_{*registry_};
  QueueMetrics queue_{*registry_};
  SpendingMetrics spending_{*registry_};
  StepMetrics steps_{*registry_};
  HookMetrics hooks_{*registry_};
  std::shared_ptr<LogCounter> log_counter_ = std::make_shared<LogCounter>(registry_);
};

}  // namespace chunkrd::metrics
