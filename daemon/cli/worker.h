#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <string>

#include "cli/state_lock.h"
#include "config/settings.h"
#include "core/clock.h"
#include "core/file_pools.h"
#include "core/ids.h"
#include "http/engine.h"
#include "pipeline/commands.h"
#include "pipeline/context.h"
#include "pipeline/gate.h"
#include "pipeline/scheduler.h"
#include "queue/queue.h"
#include "queue/sqlite/sqlite_store.h"
#include "taskapi/http_client.h"

namespace chunkrd::cli {

/// Whoever works a queue: holds its state folder, and has everything wired together from the database to the
/// scheduler. The daemon has one, and so has `chunkrd process` for the time being.
///
/// Threads: the caller's runs `loop`; one more writes the queue, a few for each file system do blocking file
/// work. Members are for the loop's thread, but `store` before the loop runs.
struct Worker {
  /// Takes the state folder, opens the queue, makes the folders, sweeps what a crash has left in the
  /// outboxes. A queue that cannot be used now is waited for; that, and what else takes long, is told to
  /// `starting` about once a second. The observers must outlive it; `exchanges` may be null. Throws
  /// UserError, queue::StoreError, std::system_error.
  using TellStart = std::function<void(const std::string& why)>;
  Worker(const config::Settings& settings, std::string key, pipeline::Observer& observer,
         taskapi::Observer* exchanges, const TellStart& starting);
  ~Worker();

  /// Starts no further step, and gives up what is still under way shortly before the end of `patience`.
  void stop(Duration patience);
  /// Requests and long work on files that are under way end now: their rows say what to do about them at the
  /// next start.
  void give_up();

  StateLock lock;
  asio::io_context loop{1};
  asio::thread_pool writer{1};
  FilePools files;
  SystemClock clock{loop.get_executor()};
  SystemRandom random;
  queue::SqliteStore store;
  queue::Queue queue;
  http::Engine engine;
  taskapi::HttpClient client;
  pipeline::PollPlanner planner;
  pipeline::Gate gate;
  pipeline::Context context;
  pipeline::Scheduler scheduler;
  pipeline::Commands commands;

 private:
  void take_up(const std::filesystem::path& state, const TellStart& starting);
  void bring_up_to_date(const std::filesystem::path& state, const TellStart& starting);
  void look_at_queue();
  void go_on();
  void sweep_outboxes();
  awaitable<void> give_up_after(Duration patience);
};

/// The day's bounds as the gate has them.
pipeline::Gate::Budget budget_of(const config::Limits& limits);

}  // namespace chunkrd::cli
