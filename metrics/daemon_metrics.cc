#include "metrics/daemon_metrics.h"

#include <algorithm>

namespace chunkrd::metrics {
namespace {

using prometheus::Histogram;
using prometheus::Labels;
using queue::State;

// Label values are a promise to dashboards and alerts: they are written down here, whatever the logs say.
struct StateLabel {
  State state;
  const char* label;
};
constexpr StateLabel kOutcomes[] = {{State::delivered, "delivered"},
                                    {State::failed, "failed"},
                                    {State::cancelled, "cancelled"},
                                    {State::vanished, "vanished"}};
constexpr StateLabel kOnTheWay[] = {
    {State::claiming, "claiming"},   {State::ready, "ready"},           {State::submitting, "submitting"},
    {State::submitted, "submitted"}, {State::collecting, "collecting"}, {State::delivering, "delivering"},
    {State::delivered, "delivered"}, {State::burying, "burying"},       {State::removing, "removing"},
    {State::updating, "updating"},   {State::reparsing, "reparsing"},   {State::retrying, "retrying"}};

// Deliveries and failures are counted, not ways back to what had been reached before: from an update that
// came to nothing, or from having a task deleted.
bool is_outcome(State before, State after) {
  if (after == State::delivered) return before == State::delivering;
  return before != State::removing && before != State::updating && before != State::reparsing;
}
constexpr std::array<const char*, 9> kOperationLabels = {"create", "get",  "get_result", "update",  "cancel",
                                                         "remove", "list", "health",     "download"};
static_assert(static_cast<std::size_t>(taskapi::Operation::download) + 1 == kOperationLabels.size());
constexpr std::array<const char*, 6> kAnswerLabels = {"2xx", "4xx", "429", "5xx", "network", "unreadable"};
static_assert(static_cast<std::size_t>(taskapi::AnswerClass::unreadable) + 1 == kAnswerLabels.size());
constexpr std::array<const char*, pipeline::kPauseCount> kPauseLabels = {"auth",     "quota",   "disk",
                                                                         "operator", "breaker", "budget"};
static_assert(static_cast<std::size_t>(pipeline::Pause::budget) + 1 == kPauseLabels.size());

constexpr std::array<const char*, pipeline::kPrunedCount> kPrunedLabels = {"documents", "originals",
                                                                           "commands", "days"};
static_assert(static_cast<std::size_t>(pipeline::Pruned::days) + 1 == kPrunedLabels.size());

// From an answer on loopback to the end of the longest upload.
const Histogram::BucketBoundaries kRequestSeconds{0.01, 0.05, 0.1, 0.25, 0.5, 1,   2.5,
                                                  5,    10,   30,  60,   300, 1800};
// Up to 20 minutes closely (research: what a page takes), then the deadlines of a profile.
const Histogram::BucketBoundaries kDocumentSeconds{1,   2.5, 5,    10,   20,   30,    60,   120,
                                                   300, 600, 1200, 3600, 7200, 21600, 86400};

auto& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

auto& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

auto& histogram(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}
double seconds(WallTime time) {
  return seconds(time.time_since_epoch());
}

std::size_t index(State state) {
  return static_cast<std::size_t>(state);
}

}  // namespace

DaemonMetrics::DaemonMetrics(const std::string& version) {
  auto& r = *registry_;
  gauge(r, "chunkrd_build_info", "Always 1; the version is in the label.").Add({{"version", version}}).Set(1);

  auto& documents = counter(r, "chunkrd_documents_total", "Documents that came to an end, by outcome.");
  for (const auto& [state, label] : kOutcomes)
    documents_[index(state)] = &documents.Add({{"outcome", label}});
  auto& queued = gauge(r, "chunkrd_queue_documents", "Documents on their way, by state.");
  for (const auto& [state, label] : kOnTheWay) queued_[index(state)] = &queued.Add({{"state", label}});
  auto& paused =
      gauge(r, "chunkrd_paused",
            "1 while no document is submitted for this reason: auth (key refused), quota (the service's), "
            "disk (full "
            "here), operator (chunkrd pause, drain), breaker (failures in a row), budget (of the day).");
  for (std::size_t i = 0; i < kPauseLabels.size(); ++i)
    paused_[i] = &paused.Add({{"reason", kPauseLabels[i]}});

  auto& requests =
      counter(r, "chunkrd_api_requests_total", "Requests to the Task API, by what came of them.");
  auto& took = histogram(r, "chunkrd_api_request_duration_seconds", "Whole exchanges with the Task API.");
  static_assert(kOperationLabels.size() == kOperations);
  for (std::size_t i = 0; i < kOperationLabels.size(); ++i) {
    const char* operation = kOperationLabels[i];
    request_seconds_[i] = &took.Add({{"operation", operation}}, kRequestSeconds);
    for (std::size_t j = 0; j < kAnswerLabels.size(); ++j) {
      requests_[i][j] = &requests.Add({{"operation", operation}, {"class", kAnswerLabels[j]}});
    }
  }
  auto& bytes =
      counter(r, "chunkrd_api_bytes_total", "Bytes sent to (up) and received from (down) the Task API.");
  bytes_up_ = &bytes.Add({{"direction", "up"}});
  bytes_down_ = &bytes.Add({{"direction", "down"}});

  const Labels none;
  possible_duplicates_ = &counter(r, "chunkrd_possible_duplicates_total",
                                  "Submits repeated although the one before may have arrived.")
                              .Add(none);
  adopted_ =
      &counter(r, "chunkrd_adopted_tasks_total", "Tasks with a lost answer that were found again.").Add(none);
  reused_ = &counter(r, "chunkrd_reused_documents_total",
                     "Documents for which an earlier result was delivered again instead of a new task.")
                 .Add(none);
  auto& pruned =
      counter(r, "chunkrd_pruned_total",
              "Deleted by `retention`: rows of documents that have ended, originals in the archive, "
              "answered commands, days of spending.");
  for (std::size_t i = 0; i < kPrunedLabels.size(); ++i)
    pruned_[i] = &pruned.Add({{"what", kPrunedLabels[i]}});
  pages_ = &counter(r, "chunkrd_pages_total", "Pages of delivered documents.").Add(none);
  document_seconds_ =
      &histogram(r, "chunkrd_document_duration_seconds", "From found in the inbox to delivered.")
           .Add(none, kDocumentSeconds);
  last_delivery_ = &gauge(r, "chunkrd_last_delivery_timestamp_seconds",
                          "When the latest document was delivered, since 1970; 0: none since the start.")
                        .Add(none);
  config_successful_ =
      &gauge(r, "chunkrd_config_last_reload_successful", "1 if the last reload was.").Add(none);
  config_time_ = &gauge(r, "chunkrd_config_last_reload_success_timestamp_seconds",
                        "When the configuration in use was read, since 1970.")
                      .Add(none);
  folders_missing_ = &gauge(r, "chunkrd_folders_missing",
                            "Folders (spool, outbox, archive, failed) that are not there and that documents "
                            "wait for; `chunkrd status` names them.")
                          .Add(none);
  oldest_family_ =
      &gauge(r, "chunkrd_oldest_waiting_document_timestamp_seconds",
             "When the oldest document that has not ended was found; absent while there is none.");
}

void DaemonMetrics::folders_missing(std::size_t count) {
  folders_missing_->Set(static_cast<double>(count));
}

void DaemonMetrics::on_transition(State before, const queue::Job& after) {
  if (before == after.state) return;
  if (after.state == State::delivering && (before == State::claiming || before == State::ready))
    reused_->Increment();
  if (!is_outcome(before, after.state)) return;
  if (auto* counter = documents_[index(after.state)]) counter->Increment();
  if (after.state != State::delivered) return;
  // A clock set back must not make a negative duration.
  document_seconds_->Observe(std::max(0.0, seconds(after.state_since - after.found_at)));
  last_delivery_->Set(seconds(after.state_since + ahead_));
  pages_->Increment(after.pages.value_or(0));
}

void DaemonMetrics::on_pause(pipeline::Pause pause, bool paused) {
  paused_[static_cast<std::size_t>(pause)]->Set(paused ? 1 : 0);
}

void DaemonMetrics::on_possible_duplicate() {
  possible_duplicates_->Increment();
}

void DaemonMetrics::on_adopted() {
  adopted_->Increment();
}

void DaemonMetrics::on_pruned(pipeline::Pruned what, std::size_t count) {
  pruned_[static_cast<std::size_t>(what)]->Increment(static_cast<double>(count));
}

void DaemonMetrics::on_queue(const queue::StateCounts& counts, std::optional<WallTime> oldest_unfinished) {
  for (std::size_t i = 0; i < queued_.size(); ++i) {
    if (queued_[i] != nullptr) queued_[i]->Set(static_cast<double>(counts[i]));
  }
  set_oldest(oldest_unfinished ? std::optional(*oldest_unfinished + ahead_) : std::nullopt);
}

void DaemonMetrics::set_oldest(std::optional<WallTime> found_at) {
  if (found_at) {
    // The value goes in with the series: a scrape in between must not see 0.
    if (oldest_ == nullptr) oldest_ = &oldest_family_->Add({}, seconds(*found_at));
    oldest_->Set(seconds(*found_at));
  } else if (oldest_ != nullptr) {
    oldest_family_->Remove(oldest_);
    oldest_ = nullptr;
  }
}

void DaemonMetrics::on_exchange(const taskapi::Exchange& exchange) {
  const auto operation = static_cast<std::size_t>(exchange.operation);
  requests_[operation][static_cast<std::size_t>(exchange.answer)]->Increment();
  request_seconds_[operation]->Observe(seconds(exchange.took));
  bytes_up_->Increment(static_cast<double>(exchange.bytes_up));
  bytes_down_->Increment(static_cast<double>(exchange.bytes_down));
}

void DaemonMetrics::config_loaded(WallTime now) {
  config_successful_->Set(1);
  config_time_->Set(seconds(now));
}

void DaemonMetrics::config_refused() {
  config_successful_->Set(0);
}

}  // namespace chunkrd::metrics
