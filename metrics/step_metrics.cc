#include "metrics/step_metrics.h"

#include <algorithm>

#include "metrics/labels.h"

namespace chunkrd::metrics {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;
using queue::Job;
using queue::State;

// From a look at a row to the end of the longest upload.
const Buckets kStepSeconds{0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 1800};
// From a claim to the night in which a disk was full.
const Buckets kStateSeconds{0.05, 0.25, 1, 5, 15, 60, 300, 1200, 3600, 21600, 86400};

}  // namespace

StepMetrics::StepMetrics(prometheus::Registry& r) {
  auto& steps = counter(r, "chunkrd_steps_total",
                        "Steps that have ended, by what came of them: moved (the document is in another "
                        "state), again (it waits, or the step is repeated later), error (nobody planned for; "
                        "repeated later).");
  auto& took = histogram(r, "chunkrd_step_duration_seconds", "How long a step took, its commit included.");
  auto& in_state =
      histogram(r, "chunkrd_state_duration_seconds", "How long documents were in a state when they left it.");
  auto& running = gauge(r, "chunkrd_steps_running", "Steps that run now.");
  auto& capacity = gauge(r, "chunkrd_steps_limit", "Steps of this kind that may run at once.");
  auto& oldest = gauge(r, "chunkrd_oldest_running_step_timestamp_seconds",
                       "When the first of the steps that run now began, since 1970; absent while none runs.");
  auto& retries = counter(r, "chunkrd_retries_total",
                          "Steps that came to nothing for a passing reason (no answer, 5xx, 429, a full "
                          "disk) and are tried again.");
  for (const auto& [state, label, step] : kOnTheWay) {
    Series& series = by_state_[index(state)];
    series.ended[moved] = &steps.Add({{"step", step}, {"outcome", "moved"}});
    series.ended[again] = &steps.Add({{"step", step}, {"outcome", "again"}});
    series.ended[error] = &steps.Add({{"step", step}, {"outcome", "error"}});
    series.took = &took.Add({{"step", step}}, kStepSeconds);
    series.in_state = &in_state.Add({{"state", label}}, kStateSeconds);
    series.running = &running.Add({{"step", step}});
    series.capacity = &capacity.Add({{"step", step}});
    series.oldest.emplace(oldest, prometheus::Labels{{"step", step}});
    retries_[index(state)] = &retries.Add({{"step", step}});
  }
  auto& reconciles =
      counter(r, "chunkrd_reconciles_total",
              "Looks for the task of a submit whose answer was lost: adopted (found), repeated (not there: "
              "submitted again), given_up (dead letter), looking (not known yet, looked for again).");
  reconciles_[adopted] = &reconciles.Add({{"outcome", "adopted"}});
  reconciles_[repeated] = &reconciles.Add({{"outcome", "repeated"}});
  reconciles_[given_up] = &reconciles.Add({{"outcome", "given_up"}});
  reconciles_[looking] = &reconciles.Add({{"outcome", "looking"}});
  attempts_failed_ = &counter(r, "chunkrd_failed_attempts_total",
                              "Tasks that came to nothing (failed, lost, out of time): the document is "
                              "submitted anew, and paid for again, within its profile's attempts.")
                          .Add({});
}

void StepMetrics::ended(const pipeline::StepEnd& step) {
  Series& series = by_state_[index(step.before.state)];
  if (series.took == nullptr) return;
  const bool has_moved = step.after != nullptr && step.after->state != step.before.state;
  series.ended[step.unplanned_error ? error : has_moved ? moved : again]->Increment();
  series.took->Observe(seconds(step.took));
  if (step.after == nullptr) return;
  // A clock set back must not make a negative duration.
  if (has_moved)
    series.in_state->Observe(std::max(0.0, seconds(step.after->state_since - step.before.state_since)));
  count_retries(step);
  if (step.before.state == State::submitting) count_reconcile(step.before, *step.after);
}

void StepMetrics::count_retries(const pipeline::StepEnd& step) {
  if (step.after->transient_failures > step.before.transient_failures)
    retries_[index(step.before.state)]->Increment();
  if (step.after->attempts > step.before.attempts) attempts_failed_->Increment();
}

void StepMetrics::count_reconcile(const Job& before, const Job& after) {
  const Reconcile outcome = after.state == before.state       ? looking
                            : after.state == State::submitted ? adopted
                            : after.state == State::burying   ? given_up
                                                              : repeated;
  reconciles_[outcome]->Increment();
}

void StepMetrics::set_load(State state, std::size_t running, std::size_t capacity,
                           std::optional<WallTime> oldest) {
  Series& series = by_state_[index(state)];
  if (series.running == nullptr) return;
  series.running->Set(static_cast<double>(running));
  series.capacity->Set(static_cast<double>(capacity));
  if (oldest)
    series.oldest->set(seconds(*oldest));
  else
    series.oldest->clear();
}

}  // namespace chunkrd::metrics
