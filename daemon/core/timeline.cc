#include "core/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace chunkrd {
namespace {

using namespace std::chrono_literals;

// The two clocks are not read in the same instant, and are steered a little: less is no jump.
constexpr Duration kJump = 1s;
// A stop that is longer cannot be told from a clock that was set meanwhile.
constexpr Duration kStopThatCounts = 1min;

std::int64_t number(WallTime time) {
  return time.time_since_epoch().count();
}

}  // namespace

std::string to_text(const Mark& mark) {
  return fmt::format("{} {} {}", number(mark.lived), number(mark.date), number(mark.wall));
}

std::optional<Mark> mark_from(std::string_view text) {
  std::array<WallTime, 3> times;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (WallTime& time : times) {
    if (&time != times.data() && (at == end || *at++ != ' ')) return std::nullopt;
    std::int64_t milliseconds = 0;
    const auto read = std::from_chars(at, end, milliseconds);
    if (read.ec != std::errc()) return std::nullopt;
    at = read.ptr;
    time = WallTime(Duration(milliseconds));
  }
  if (at != end) return std::nullopt;
  return Mark(times[0], times[1], times[2]);
}

Timeline::Timeline(const std::optional<Mark>& last, Duration monotonic, WallTime wall)
    : begin_(monotonic), date_(wall), lived_(wall) {
  if (!last) return;
  const Duration stopped = std::max(wall - last->wall, Duration::zero());
  if (last->wall - wall >= kJump) set_back_ = last->wall - wall;
  ahead_ = last->wall - last->date;
  date_ = last->date + stopped;
  lived_ = last->lived + std::min(stopped, kStopThatCounts);
  not_lived_ = stopped - std::min(stopped, kStopThatCounts);
  look(monotonic, wall);
}

Duration Timeline::look(Duration monotonic, WallTime wall) {
  const Duration set = (wall - date(monotonic)) - ahead_;
  if (std::chrono::abs(set) < kJump) return Duration::zero();
  ahead_ += set;
  return set;
}

}  // namespace chunkrd
