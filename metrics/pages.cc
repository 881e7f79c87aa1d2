#include "metrics/pages.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <iterator>

#include "metrics/people_page.h"

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

// What is wrong beside what pauses tell.
std::vector<std::string> trouble_of(const Health& health, const Board& board) {
  if (const auto stuck = health.stuck_for())
    return {fmt::format(
        "Nothing has moved for {} seconds: the program or a disk hangs. What stands here is older.",
        stuck->count())};
  // The loop moves, but what it asks the queue for every two seconds is not answered.
  if (board.latest() && board.age() > std::chrono::seconds(30))
    return {fmt::format(
        "The queue has not answered for {} seconds: the disk of its state folder hangs. What stands "
        "here is older.",
        std::chrono::floor<std::chrono::seconds>(board.age()).count())};
  std::vector<std::string> reasons = health.reasons();
  std::erase_if(reasons, [](const std::string& reason) { return reason.starts_with("submits are paused"); });
  return reasons;
}

Page page_for_people(const Sources& sources) {
  static const Board empty;
  const Board& board = sources.board == nullptr ? empty : *sources.board;
  const auto overview = board.latest();
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  return {
      .content_type = "text/html; charset=utf-8",
      .body = overview ? people_page(*overview, trouble_of(*sources.health, board), now) : starting_page(),
      .policy = people_page_policy()};
}

}  // namespace

Page page_at(std::string_view path, const Sources& sources) {
  if (path == "/metrics") return metrics_page(sources);
  if (path == "/healthz") return health_page(*sources.health);
  if (path == "/readyz") return ready_page(*sources.health);
  if (path == "/") return page_for_people(sources);
  return {.status = 404, .body = "there is /metrics, /healthz, /readyz and /\n"};
}

}  // namespace chunkrd::metrics
