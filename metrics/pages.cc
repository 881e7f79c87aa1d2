#include "metrics/pages.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>

namespace chunkrd::metrics {
namespace {

std::vector<prometheus::MetricFamily> collect(const Sources& sources) {
  std::vector<prometheus::MetricFamily> families;
  for (const prometheus::Collectable* source : sources.metrics) {
    auto some = source->Collect();
    families.insert(families.end(), std::make_move_iterator(some.begin()),
                    std::make_move_iterator(some.end()));
  }
  return families;
}

Page metrics_page(const Sources& sources) {
  return {200, "text/plain; version=0.0.4; charset=utf-8",
          prometheus::TextSerializer().Serialize(collect(sources))};
}

Page health_page(const Health& health) {
  const auto stuck = health.stuck_for();
  if (!stuck) return {.body = "ok\n"};
  return {.status = 503,
          .body = fmt::format("stuck: the event loop has not moved for {} s\n", stuck->count())};
}

std::string readiness(const Health& health) {
  if (const auto stuck = health.stuck_for()) return "not ready:\n- the event loop is stuck\n";
  const auto reasons = health.reasons();
  if (reasons.empty()) return "ready\n";
  return fmt::format("not ready:\n- {}\n", fmt::join(reasons, "\n- "));
}

Page ready_page(const Health& health) {
  std::string text = readiness(health);
  return {.status = text == "ready\n" ? 200U : 503U, .body = std::move(text)};
}

// The numbers a person looks for first; all of them are in /metrics.
Page status_page(const Sources& sources) {
  static constexpr std::string_view kShown[] = {"chunkrd_build_info", "chunkrd_documents_total",
                                                "chunkrd_queue_documents", "chunkrd_paused",
                                                "chunkrd_inbox_available"};
  std::string body = "chunkrd is " + readiness(*sources.health) + "\n";
  for (const auto& family : collect(sources)) {
    if (std::ranges::find(kShown, family.name) == std::end(kShown)) continue;
    body += family.help + "\n";
    for (const auto& metric : family.metric) {
      const double value =
          family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value;
      for (const auto& label : metric.label) body += fmt::format("  {}", label.value);
      body += fmt::format("  {}\n", value);
    }
  }
  return {.body = body + "\nMore: /metrics /healthz /readyz\n"};
}

}  // namespace

Page page_at(std::string_view path, const Sources& sources) {
  if (path == "/metrics") return metrics_page(sources);
  if (path == "/healthz") return health_page(*sources.health);
  if (path == "/readyz") return ready_page(*sources.health);
  if (path == "/") return status_page(sources);
  return {.status = 404, .body = "there is /metrics, /healthz, /readyz and /\n"};
}

}  // namespace chunkrd::metrics
