#include "metrics/daemon_metrics.h"

#include <algorithm>

#include "metrics/labels.h"

namespace chunkrd::metrics {
namespace {

using prometheus::Histogram;
using prometheus::Labels;
using queue::State;

// Deliveries and failures are counted, not ways back to what had been reached before: from an update that
// came to nothing, or from having a task deleted.
bool is_outcome(State before, State after) {
  if (after == State::delivered) return before == State::delivering;
  return before != State::removing && before != State::updating && before != State::reparsing;
}

// From an answer on loopback to the end of the longest upload.
const Histogram::BucketBoundaries kRequestSeconds{0.01, 0.05, 0.1, 0.25, 0.5, 1,   2.5,
                                                  5,    10,   30,  60,   300, 1800};
// Up to 20 minutes closely (research: what a page takes), then the deadlines of a profile.
const Histogram::BucketBoundaries kDocumentSeconds{1,   2.5, 5,    10,   20,   30,    60,   120,
                                                   300, 600, 1200, 3600, 7200, 21600, 86400};

}  // namespace

DaemonMetrics::DaemonMetrics(const std::string& version) {
  auto& r = *registry_;
  gauge(r, "chunkrd_build_info", "Always 1; the version is in the label.").Add({{"version", version}}).Set(1);

  auto& documents = counter(r, "chunkrd_documents_total", "Documents that came to an end, by outcome.");
  for (const auto& [state, label, step] : kOutcomes)
    documents_[index(state)] = &documents.Add({{"outcome", label}});
  auto& dead_letters =
      counter(r, "chunkrd_dead_letters_total",
              "Documents that came into failed/, by the code that `chunkrd jobs` and their reports show.");
  for (const char* code : kDeadLetterLabels) dead_letters_[code] = &dead_letters.Add({{"code", code}});
  auto& paused =
      gauge(r, "chunkrd_paused",
            "1 while no document is submitted for this reason: auth (key refused), quota (the service's), "
            "disk (a folder is full, read-only or does not answer: only the inboxes that need it wait), "
            "operator (chunkrd pause, drain), breaker (failures in a row), budget (of the day), "
            "queue (its disk is full, or another program holds it locked).");
  auto& pauses = counter(r, "chunkrd_pauses_total", "Pauses that have begun, by reason.");
  for (std::size_t i = 0; i < kPauseLabels.size(); ++i) {
    paused_[i] = &paused.Add({{"reason", kPauseLabels[i]}});
    pauses_[i] = &pauses.Add({{"reason", kPauseLabels[i]}});
  }

  auto& requests =
      counter(r, "chunkrd_api_requests_total", "Requests to the Task API, by what came of them.");
  auto& took = histogram(r, "chunkrd_api_request_duration_seconds", "Whole exchanges with the Task API.");
  auto& in_flight = gauge(r, "chunkrd_api_requests_in_flight", "Requests that are under way.");
  static_assert(kOperationLabels.size() == kOperations);
  for (std::size_t i = 0; i < kOperationLabels.size(); ++i) {
    const char* operation = kOperationLabels[i];
    in_flight_[i] = &in_flight.Add({{"operation", operation}});
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
                          "When the latest document was delivered, since 1970; 0: none that the queue "
                          "knows of.")
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
  beat_ = &gauge(r, "chunkrd_event_loop_last_beat_timestamp_seconds",
                 "When the event loop was seen alive last, since 1970; every two seconds.")
               .Add(none);
  results_expire_ = &gauge(r, "chunkrd_results_expire_seconds",
                           "The shortest parse.expires_in of the profiles: so long after its end the service "
                           "deletes a task; 0: never.")
                         .Add(none);
}

void DaemonMetrics::beat(WallTime now) {
  beat_->Set(seconds(now));
}

void DaemonMetrics::delivered_before(WallTime then) {
  last_delivery_->Set(seconds(then));
}

void DaemonMetrics::results_expire_after(std::optional<std::chrono::seconds> shortest) {
  results_expire_->Set(shortest ? seconds(*shortest) : 0);
}

void DaemonMetrics::folders_missing(std::size_t count) {
  folders_missing_->Set(static_cast<double>(count));
}

void DaemonMetrics::on_transition(State before, const queue::Job& after) {
  if (before == after.state) return;
  if (before == State{}) inboxes_.found(after.inbox, after.size_bytes);
  if (after.state == State::delivering && (before == State::claiming || before == State::ready))
    reused_->Increment();
  if (!is_outcome(before, after.state)) return;
  if (auto* counter = documents_[index(after.state)]) counter->Increment();
  inboxes_.ended(after.inbox, after.state);
  if (after.state == State::failed || after.state == State::cancelled) count_dead_letter(after.error_code);
  if (after.state != State::delivered) return;
  // A clock set back must not make a negative duration.
  document_seconds_->Observe(std::max(0.0, seconds(after.state_since - after.found_at)));
  last_delivery_->Set(seconds(after.state_since + ahead_));
  pages_->Increment(after.pages.value_or(0));
}

long DaemonMetrics::documents(State outcome) const {
  const auto* const counter = documents_.at(index(outcome));
  return counter == nullptr ? 0 : static_cast<long>(counter->Value());
}

void DaemonMetrics::count_dead_letter(const std::string& code) {
  const auto known = dead_letters_.find(code);
  (known != dead_letters_.end() ? known->second : dead_letters_.at("other"))->Increment();
}

void DaemonMetrics::on_pause(pipeline::Pause pause, bool paused) {
  if (paused) pauses_[static_cast<std::size_t>(pause)]->Increment();
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
  queue_.set_counts(counts, oldest_unfinished ? std::optional(*oldest_unfinished + ahead_) : std::nullopt);
}

void DaemonMetrics::on_request(taskapi::Operation operation) {
  in_flight_[static_cast<std::size_t>(operation)]->Increment();
}

void DaemonMetrics::on_exchange(const taskapi::Exchange& exchange) {
  const auto operation = static_cast<std::size_t>(exchange.operation);
  in_flight_[operation]->Decrement();
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
