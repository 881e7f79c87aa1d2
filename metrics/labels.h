#pragma once

#include <array>

#include "pipeline/observer.h"
#include "taskapi/observer.h"

// Label values are a promise to dashboards and alerts: they are written down here, whatever the logs say.
namespace chunkrd::metrics {

/// A state on the way, and the step that is run on a row in it.
struct StateLabel {
  queue::State state;
  const char* label;
  const char* step = "";
};
inline constexpr StateLabel kOnTheWay[] = {{queue::State::claiming, "claiming", "claim"},
                                           {queue::State::ready, "ready", "submit"},
                                           {queue::State::submitting, "submitting", "reconcile"},
                                           {queue::State::submitted, "submitted", "poll"},
                                           {queue::State::collecting, "collecting", "collect"},
                                           {queue::State::delivering, "delivering", "deliver"},
                                           {queue::State::delivered, "delivered", "archive"},
                                           {queue::State::burying, "burying", "bury"},
                                           {queue::State::removing, "removing", "remove"},
                                           {queue::State::updating, "updating", "update"},
                                           {queue::State::reparsing, "reparsing", "follow"},
                                           {queue::State::retrying, "retrying", "retrieve"}};
inline constexpr StateLabel kEnds[] = {{queue::State::done, "done"},
                                       {queue::State::failed, "failed"},
                                       {queue::State::cancelled, "cancelled"},
                                       {queue::State::vanished, "vanished"}};
inline constexpr StateLabel kOutcomes[] = {{queue::State::delivered, "delivered"},
                                           {queue::State::failed, "failed"},
                                           {queue::State::cancelled, "cancelled"},
                                           {queue::State::vanished, "vanished"}};

inline constexpr std::array<const char*, 9> kOperationLabels = {
    "create", "get", "get_result", "update", "cancel", "remove", "list", "health", "download"};
static_assert(static_cast<std::size_t>(taskapi::Operation::download) + 1 == kOperationLabels.size());

inline constexpr std::array<const char*, 6> kAnswerLabels = {"2xx", "4xx",     "429",
                                                             "5xx", "network", "unreadable"};
static_assert(static_cast<std::size_t>(taskapi::AnswerClass::unreadable) + 1 == kAnswerLabels.size());

inline constexpr std::array<const char*, pipeline::kPauseCount> kPauseLabels = {
    "auth", "quota", "disk", "operator", "breaker", "budget", "queue"};
static_assert(static_cast<std::size_t>(pipeline::Pause::queue) + 1 == kPauseLabels.size());

inline constexpr std::array<const char*, pipeline::kPrunedCount> kPrunedLabels = {"documents", "originals",
                                                                                  "commands", "days"};
static_assert(static_cast<std::size_t>(pipeline::Pruned::days) + 1 == kPrunedLabels.size());

/// Why documents are dead letters; the last is for what none of the others says.
inline constexpr const char* kDeadLetterLabels[] = {
    "empty_file",  "too_large",        "unsupported_type",   "bad_sidecar",        "bad_link",
    "bad_request", "link_not_fetched", "unreadable",         "submit_unconfirmed", "task_failed",
    "task_lost",   "starting_timeout", "processing_timeout", "empty_output",       "unreadable_output",
    "wrong_task",  "not_ready",        "file_unavailable",   "original_missing",   "cancelled",
    "other"};

constexpr std::size_t index(queue::State state) {
  return static_cast<std::size_t>(state);
}

}  // namespace chunkrd::metrics
