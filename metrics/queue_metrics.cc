#include "metrics/queue_metrics.h"

#include "metrics/labels.h"

namespace chunkrd::metrics {
namespace {

// A fast disk syncs in less than a millisecond, a busy one in hundreds.
const prometheus::Histogram::BucketBoundaries kCommitSeconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                             0.1,   0.25,   1,     5,    30};

}  // namespace

QueueMetrics::QueueMetrics(prometheus::Registry& r) {
  auto& documents = gauge(r, "chunkrd_queue_documents", "Documents on their way, by state.");
  auto& since = gauge(r, "chunkrd_queue_oldest_state_timestamp_seconds",
                      "Since when the document that has been longest in this state is in it, since 1970; "
                      "absent while there is none. Of very many in a state, those due first are looked at.");
  for (const auto& [state, label, step] : kOnTheWay) {
    documents_[index(state)] = &documents.Add({{"state", label}});
    since_[index(state)].emplace(since, prometheus::Labels{{"state", label}});
  }
  auto& ended = gauge(r, "chunkrd_ended_documents",
                      "Documents that have ended and are still known to the queue, by their end: `failed` "
                      "are the dead letters.");
  for (const auto& [state, label, step] : kEnds) documents_[index(state)] = &ended.Add({{"state", label}});
  oldest_.emplace(gauge(r, "chunkrd_oldest_waiting_document_timestamp_seconds",
                        "When the oldest document that has not ended was found; absent while there is none."),
                  prometheus::Labels{});
  auto& changes = counter(r, "chunkrd_queue_changes_total",
                          "Changes of the queue, by what came of them: applied, or refused because the row "
                          "was moved by somebody else meanwhile (its lease was another).");
  applied_ = &changes.Add({{"outcome", "applied"}});
  refused_ = &changes.Add({{"outcome", "refused"}});
  commit_seconds_ = &histogram(r, "chunkrd_queue_commit_duration_seconds",
                               "Transactions of the queue, until they are on the disk; several changes go "
                               "into one.")
                         .Add({}, kCommitSeconds);
  waiting_ =
      &gauge(r, "chunkrd_queue_waiting_changes", "Changes that wait for the next transaction.").Add({});
  answered_ = &gauge(r, "chunkrd_queue_last_answer_timestamp_seconds",
                     "When the queue answered last, since 1970; it is asked every two seconds.")
                   .Add({});
}

void QueueMetrics::set_counts(const queue::StateCounts& counts, std::optional<WallTime> oldest_unfinished) {
  for (std::size_t i = 0; i < documents_.size(); ++i)
    if (documents_[i] != nullptr) documents_[i]->Set(static_cast<double>(counts[i]));
  if (oldest_unfinished)
    oldest_->set(seconds(*oldest_unfinished));
  else
    oldest_->clear();
}

void QueueMetrics::set_oldest(const queue::OldestByState& since) {
  for (std::size_t i = 0; i < since_.size(); ++i) {
    if (!since_[i]) continue;
    if (since[i])
      since_[i]->set(seconds(*since[i]));
    else
      since_[i]->clear();
  }
}

void QueueMetrics::set_waiting(std::size_t changes) {
  waiting_->Set(static_cast<double>(changes));
}

void QueueMetrics::answered(WallTime now) {
  answered_->Set(seconds(now));
}

void QueueMetrics::committed(const Commit& commit) {
  applied_->Increment(static_cast<double>(commit.changes - commit.refused));
  refused_->Increment(static_cast<double>(commit.refused));
  commit_seconds_->Observe(seconds(commit.took));
}

}  // namespace chunkrd::metrics
