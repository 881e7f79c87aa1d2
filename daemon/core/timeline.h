#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace chunkrd {

/// A point of time. Everything that is stored or shown uses this; milliseconds are enough.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

/// One moment on the three lines of time. They are one as long as nobody sets the clock of this machine and
/// the daemon runs.
struct Mark {
  /// A clock that was never set, in a daemon that never stopped.
  Mark(WallTime all) : lived(all), date(all), wall(all) {}
  Mark(WallTime its_lived, WallTime its_date, WallTime its_wall)
      : lived(its_lived), date(its_date), wall(its_wall) {}

  WallTime lived;  ///< counts only while the daemon runs: ages after which something is deleted
  WallTime date;   ///< counts stops, too; never jumps, never goes back: all that stands in the queue
  WallTime wall;   ///< what the machine's clock shows, right or wrong

  bool operator==(const Mark&) const = default;
};

/// As it stands in the queue.
std::string to_text(const Mark& mark);
/// Nothing if it is none.
std::optional<Mark> mark_from(std::string_view text);

/// Keeps the three lines, whatever is done to the wall clock: a machine without a battery boots in 1970, the
/// time is fetched from the net a minute later, somebody types a wrong year.
///
/// While the program runs, time is what the monotonic clock counts. Nothing counts the time between two runs
/// but the wall clock: `date` believes it as far as it went forward, `lived` for a minute at most.
/// Pure: told what the clocks show. `monotonic` is the time since any moment before.
class Timeline {
 public:
  /// Goes on from `last`, the last mark of the run before; without one, from the wall clock.
  Timeline(const std::optional<Mark>& last, Duration monotonic, WallTime wall);

  WallTime date(Duration monotonic) const { return date_ + (monotonic - begin_); }
  WallTime lived(Duration monotonic) const { return lived_ + (monotonic - begin_); }

  /// How far the wall clock is ahead of `date`, as last looked at: what is to be added to a time of the queue
  /// where it is told to people, or compared with another machine's.
  Duration ahead() const noexcept { return ahead_; }

  /// Looks at the wall clock. By how much it was set since the last look; 0: not at all.
  Duration look(Duration monotonic, WallTime wall);

  /// How long nothing ran before this run, by the wall clock, as far as that does not count as lived.
  Duration not_lived() const noexcept { return not_lived_; }
  /// By how much the wall clock was found to be before the last mark, at the start.
  Duration set_back_before() const noexcept { return set_back_; }

 private:
  Duration begin_;
  WallTime date_, lived_;  ///< at `begin_`
  Duration ahead_{0};
  Duration not_lived_{0}, set_back_{0};
};

}  // namespace chunkrd
