#include "pipeline/policy.h"

#include <algorithm>

namespace chunkrd::pipeline {

Policy policy_of(const config::Profile& profile, const config::Api& api) {
  Policy policy;
  policy.attempts = profile.attempts;
  policy.starting_deadline = profile.starting_deadline;
  policy.processing_deadline = profile.processing_deadline;
  policy.remove_tasks = profile.after_delivery == config::AfterDelivery::remove;
  policy.reconcile_grace = api.reconcile_grace;
  return policy;
}

Duration backoff(const Policy& policy, int failures, double jitter) {
  const int doublings = std::clamp(failures, 0, 30);
  const auto widest =
      std::min<std::int64_t>(policy.backoff_base.count() << doublings, policy.backoff_ceiling.count());
  return Duration(static_cast<std::int64_t>(jitter * static_cast<double>(widest)) + 1);
}

}  // namespace chunkrd::pipeline
