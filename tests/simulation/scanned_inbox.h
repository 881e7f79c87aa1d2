#pragma once

#include <functional>
#include <set>
#include <string>

#include "core/async.h"
#include "inbox/gate.h"
#include "inbox/inbox.h"
#include "tests/simulation/simulated_clock.h"

namespace chunkrd::simulation {

/// An inbox as the daemon looks at it, between two crashes: its own lists, its memory and its rules of what
/// has settled (inbox::Gate), but scanned when the simulation says so.
class ScannedInbox {
 public:
  ScannedInbox(inbox::Rules rules, boost::asio::io_context& loop, SimulatedClock& time,
               inbox::OnArrival on_arrival);

  /// Looks at the whole folder; what has settled is handed over. Nothing where there is no folder.
  void scan();

  /// As inbox::Inbox::let_go(), at the next scan.
  void let_go(const std::string& name) { let_go_.insert(name); }

  /// When a scan can find something settled, if nobody touches anything; never without candidates.
  WallTime next() const;

 private:
  inbox::Gate::Time now() const { return inbox::Gate::Time(time_.now().time_since_epoch()); }
  awaitable<void> hand_over(inbox::Arrival arrival);

  inbox::Rules rules_;
  boost::asio::io_context& loop_;
  SimulatedClock& time_;
  inbox::OnArrival on_arrival_;
  inbox::Gate gate_;
  std::set<std::string> handed_over_;  ///< names that the queue has not answered yet
  std::set<std::string> let_go_;       ///< since the last scan
};

}  // namespace chunkrd::simulation
