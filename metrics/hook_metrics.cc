#include "metrics/hook_metrics.h"

#include "core/escape.h"

namespace chunkrd::metrics {
namespace {

constexpr std::array<const char*, hooks::kOutcomeCount> kOutcomeLabels = {"taken", "refused", "given_up"};
static_assert(static_cast<std::size_t>(hooks::Outcome::given_up) + 1 == kOutcomeLabels.size());

// Labels are UTF-8; a folder's name may be any bytes.
prometheus::Labels labels_of(const std::string& hook) {
  return {{"hook", printable(hook)}};
}

}  // namespace

HookMetrics::HookMetrics(prometheus::Registry& registry)
    : outcomes_(prometheus::BuildCounter()
                    .Name("chunkrd_notifications_total")
                    .Help("Attempts to tell that a document has ended (taken, refused: tried again), and "
                          "notifications given up.")
                    .Register(registry)),
      waiting_(prometheus::BuildGauge()
                   .Name("chunkrd_notifications_waiting")
                   .Help("Notifications that are still to be taken.")
                   .Register(registry)),
      oldest_(
          prometheus::BuildGauge()
              .Name("chunkrd_notifications_oldest_waiting_timestamp_seconds")
              .Help("Since when the notification waits that waits longest; absent while none does, and where "
                    "the hook is not configured any more.")
              .Register(registry)) {}

HookMetrics::Series& HookMetrics::series(const std::string& hook) {
  const auto [known, is_new] = by_hook_.try_emplace(hook);
  if (is_new) {
    prometheus::Labels labels = labels_of(hook);
    known->second.waiting = &waiting_.Add(labels);
    for (std::size_t i = 0; i < kOutcomeLabels.size(); ++i) {
      labels["outcome"] = kOutcomeLabels[i];
      known->second.outcomes[i] = &outcomes_.Add(labels);
    }
  }
  return known->second;
}

void HookMetrics::on_notification(const std::string& hook, hooks::Outcome outcome, std::size_t count) {
  series(hook).outcomes[static_cast<std::size_t>(outcome)]->Increment(static_cast<double>(count));
}

void HookMetrics::set_waiting(const std::map<std::string, Waiting>& by_hook) {
  for (const auto& [hook, waiting] : by_hook) series(hook);
  for (auto& [hook, each] : by_hook_) {
    const auto waiting = by_hook.find(hook);
    const std::int64_t count = waiting == by_hook.end() ? 0 : waiting->second.count;
    each.waiting->Set(static_cast<double>(count));
    if (count > 0 && waiting->second.oldest) {
      if (each.oldest == nullptr) each.oldest = &oldest_.Add(labels_of(hook));
      each.oldest->Set(std::chrono::duration<double>(waiting->second.oldest->time_since_epoch()).count());
    } else if (each.oldest != nullptr) {
      oldest_.Remove(each.oldest);
      each.oldest = nullptr;
    }
  }
}

}  // namespace chunkrd::metrics
