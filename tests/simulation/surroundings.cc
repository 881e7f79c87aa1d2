#include "tests/simulation/surroundings.h"

#include <fmt/format.h>

#include <utility>

namespace chunkrd::simulation {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

void Surroundings::plan() {
  const Borders& borders = stage_.plan.borders;
  for (int i = 0; i < borders.clock_steps; ++i) stage_.at_some_time(6h, [this] { set_clock(); });
  if (borders.clock_steps > 0 || borders.stops)
    stage_.at(stage_.time.now() + 7h, [this] { stage_.clock.set_right(); });
  for (int i = 0; i < borders.inbox_gone; ++i)
    stage_.at_some_time(
        3h, [this] { take_away(stage_.inbox_away, stage_.inbox().path, stage_.random.chance(0.5)); });
  for (int i = 0; i < borders.spool_gone; ++i)
    stage_.at_some_time(3h, [this] { take_away(stage_.spool_away, stage_.settings.state / "spool", false); });
  for (int i = 0; i < borders.moved_places; ++i) stage_.at_some_time(3h, [this] { move_places(); });
}

void Surroundings::set_clock() {
  using std::chrono::sys_days, std::chrono::year;
  MachineClock& clock = stage_.clock;
  const Duration apart[] = {2min, -2min, 24h, -24h, 37h, stage_.some(1h), -stage_.some(1h)};
  switch (const auto which = stage_.random.below(10)) {
    case 0:
      return clock.set_to(WallTime(Duration(stage_.some(1h))));  // no battery
    case 1:
      return clock.set_to(WallTime(sys_days(year(2106) / 2 / 7)));
    case 2:
      return clock.set_right();  // by the net
    default:
      return clock.set_to(clock.wall() + apart[which - 3]);
  }
}

// A mount goes, and comes back after a while.
void Surroundings::take_away(std::optional<fs::path>& away, const fs::path& folder, bool leave_empty_folder) {
  if (away || !fs::exists(folder)) return;
  away = folder.native() + ".away";
  fs::rename(folder, *away);
  if (leave_empty_folder) fs::create_directory(folder);
  stage_.at(stage_.time.now() + 1s + stage_.some(20min), [this, &away, folder] {
    // Whatever was made below the mount is hidden by it.
    if (fs::exists(folder)) fs::rename(folder, fmt::format("{}.below-{}", folder.native(), ++hidden_));
    fs::rename(*std::exchange(away, std::nullopt), folder);
    stage_.notice_the_inbox();
  });
  stage_.notice_the_inbox();
}

// What is written into the configuration, and read anew.
void Surroundings::move_places() {
  const fs::path root = stage_.root();
  stage_.inbox().outbox = root / fmt::format("outbox-{}", stage_.random.below(3));
  stage_.inbox().archive = root / fmt::format("archive-{}", stage_.random.below(3));
  stage_.inbox().failed = root / fmt::format("failed-{}", stage_.random.below(3));
  if (stage_.daemon) stage_.daemon->reload(stage_.settings);
}

}  // namespace chunkrd::simulation
