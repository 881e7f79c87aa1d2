#include "tests/simulation/budget.h"

#include <fmt/format.h>

namespace chunkrd::simulation {

using namespace std::chrono_literals;
using pipeline::Pause;
using std::chrono::days, std::chrono::sys_days;

namespace {

constexpr Duration kLookEvery = 10min;
// So long documents must have waited at the end of a day.
constexpr Duration kCalm = 3h;
constexpr int kDays = 9;

}  // namespace

bool BudgetWatch::is_watched() const {
  const Borders& borders = stage_.plan.borders;
  return borders.documents_per_day > 0 && borders.clock_steps == 0 && !borders.stops && borders.rebuilds == 0;
}

void BudgetWatch::plan() {
  if (!is_watched()) return;
  const WallTime begin = stage_.time.now();
  // The last look at each day comes a second before its end.
  for (Duration after = kLookEvery; after <= days(kDays); after += kLookEvery)
    stage_.watch(begin + after - 1s, [this] { look(); });
}

void BudgetWatch::look() {
  const WallTime now = stage_.time.now();
  if (!stage_.daemon) {
    calm_since_ = now;
    return;
  }
  const auto& daemon = *stage_.daemon;
  bool held = daemon.draining;
  for (int i = 0; i < pipeline::kPauseCount; ++i)
    held = held || (static_cast<Pause>(i) != Pause::budget && daemon.gate.paused(static_cast<Pause>(i)));
  const bool waits = !stage_.daemon->store.due(queue::State::ready, stage_.clock.now(), 1).empty();
  if (held || !waits) calm_since_ = now;
  const WallTime midnight = std::chrono::ceil<days>(now);
  if (midnight - now > 2s || now - calm_since_ < kCalm) return;
  const auto spent = stage_.daemon->store.spent_on(now).documents;
  const auto in_doubt = static_cast<int>(daemon.context.in_doubt.size());
  if (spent + in_doubt < stage_.plan.borders.documents_per_day)
    stage_.problem(
        fmt::format("documents waited all evening, and only {} of the day's budget were used, {} in doubt",
                    spent, in_doubt));
  stage_.verdict.full_days += 1;
}

void BudgetWatch::look_at_days(const std::set<sys_days>& lifted) {
  if (!is_watched()) return;
  const Borders& borders = stage_.plan.borders;
  std::map<sys_days, int> made, hidden;
  for (const auto& charge : stage_.service.charges()) {
    const auto day = std::chrono::floor<days>(charge.at);
    made[day] += 1;
    hidden[day] += charge.hidden;
  }
  for (const auto& [day, number] : made)
    if (!lifted.contains(day) && number - hidden[day] > borders.documents_per_day)
      stage_.problem(fmt::format(
          "{} were paid for on day {}, {} more that the service hides, with a budget of {}",
          number - hidden[day], day.time_since_epoch().count(), hidden[day], borders.documents_per_day));
}

}  // namespace chunkrd::simulation
