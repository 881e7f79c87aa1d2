#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>

#include "pipeline/commands.h"
#include "pipeline/context.h"
#include "pipeline/gate.h"
#include "pipeline/retention.h"
#include "pipeline/scheduler.h"
#include "queue/queue.h"
#include "queue/sqlite/sqlite_store.h"
#include "tests/simulation/scanned_inbox.h"
#include "tests/simulation/simulated_clock.h"

namespace chunkrd::simulation {

/// What the daemon tells whoever looks on.
class Watching final : public pipeline::Observer {
 public:
  void on_transition(queue::State before, const queue::Job& after) override {
    if (queue::is_end(after.state) && !queue::is_end(before)) on_end(after);
  }
  void on_pause(pipeline::Pause, bool) override {}
  void on_possible_duplicate() override {}
  void on_adopted() override {}
  void on_pruned(pipeline::Pruned what, std::size_t) override { on_gone(what); }
  void on_queue(const queue::StateCounts&, std::optional<WallTime>) override {}

  std::function<void(const queue::Job&)> on_end;
  std::function<void(pipeline::Pruned)> on_gone;
};

/// The daemon between two crashes: everything it has in memory, wired together as cli::Worker and cli::Daemon
/// do it. The loop goes last, and takes with it the coroutines that were suspended.
struct Daemon {
  Daemon(const config::Settings& settings, SimulatedClock& time, MachineClock& clock, Random& random,
         taskapi::Client& service);

  /// As cli::Daemon::drain().
  void drain();
  /// Everything that the service has is delivered.
  bool has_drained();
  /// Takes the settings as a reload does.
  void reload(const config::Settings& settings);

  asio::io_context loop{1};
  FilePools files{loop.get_executor()};
  queue::SqliteStore store;
  queue::Queue queue;
  pipeline::PollPlanner planner;
  pipeline::Gate gate;
  Watching observer;
  MachineClock& clock;
  pipeline::Context context;
  pipeline::Scheduler scheduler;
  pipeline::Commands commands;
  pipeline::Retention retention;
  ScannedInbox inbox;
  bool draining = false;
  std::vector<std::string> left_as_it_is;  ///< of a queue that was older: what could not be used
};

}  // namespace chunkrd::simulation
