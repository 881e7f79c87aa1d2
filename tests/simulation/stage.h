#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "config/settings.h"
#include "tests/simulation/daemon.h"
#include "tests/simulation/simulated_clock.h"
#include "tests/simulation/simulated_service.h"
#include "tests/simulation/world.h"

namespace chunkrd::simulation {

/// Whatever people and machines have to do with in a run: the time, what is to happen when, the daemon if it
/// runs, the folders.
struct Stage {
  using Event = std::function<void()>;

  Stage(const Plan& plan, const std::filesystem::path& folder);

  config::Inbox& inbox() { return settings.inboxes[0]; }
  /// Where the folder is, also while its mount is gone.
  std::filesystem::path inbox_folder() const { return inbox_away.value_or(inbox_path); }
  std::filesystem::path root() const { return settings.state.parent_path(); }
  std::filesystem::path queue_file() const { return settings.state / "queue.sqlite"; }

  void problem(std::string text) { verdict.problems.push_back(std::move(text)); }

  Duration some(Duration bound) { return Duration(random.below(static_cast<std::uint64_t>(bound.count()))); }
  void at(WallTime moment, Event event) { agenda.emplace(moment, std::move(event)); }
  void at_some_time(Duration before, Event event) { at(time.now() + some(before), std::move(event)); }
  /// Of no consequence: a run ends without it.
  void watch(WallTime moment, Event event) { watches.emplace(moment, std::move(event)); }
  WallTime next_event() const;
  /// All that is to have happened by now.
  void let_happen();

  /// The kernel tells of what has come into the inbox.
  void notice_the_inbox() { scan_at = std::min(scan_at, time.now()); }

  /// The daemon is killed within so many of its next handlers, even if the plan's crashes are used up.
  void kill_soon(std::int64_t handlers);

  const Plan plan;
  SimulatedClock time;
  MachineClock clock{time};
  SeededRandom random;
  SimulatedService service;
  config::Settings settings;
  Verdict verdict;
  std::filesystem::path inbox_path;
  std::optional<std::filesystem::path> inbox_away, spool_away;  ///< where they are while they are gone
  std::multimap<WallTime, Event> agenda, watches;
  WallTime scan_at = WallTime::max();
  int crashes_left = 0;
  std::int64_t handlers_until_crash = 0;
  /// Ends the daemon, lets what is given happen to its files, starts the next one.
  std::function<void(const Event&)> between_two_lives;
  std::unique_ptr<Daemon> daemon;  ///< null while none runs
};

}  // namespace chunkrd::simulation
