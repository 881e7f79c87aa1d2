#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "cli/daemon_status.h"
#include "cli/state_lock.h"
#include "config/settings.h"
#include "core/clock.h"
#include "core/ids.h"
#include "http/engine.h"
#include "inbox/inbox.h"
#include "metrics/daemon_metrics.h"
#include "metrics/endpoint.h"
#include "metrics/health.h"
#include "metrics/process_metrics.h"
#include "pipeline/commands.h"
#include "pipeline/context.h"
#include "pipeline/gate.h"
#include "pipeline/retention.h"
#include "pipeline/scheduler.h"
#include "queue/queue.h"
#include "queue/sqlite/sqlite_store.h"
#include "taskapi/http_client.h"

namespace chunkrd::cli {

/// `chunkrd run`: everything wired together, from start to clean stop.
///
/// Threads: the caller's runs the event loop; one more writes the queue, a few do blocking file work.
class Daemon {
 public:
  /// Opens the queue, makes the folders, binds the metrics address. Throws UserError, queue::StoreError.
  Daemon(config::Settings settings, std::filesystem::path config_file);
  ~Daemon();

  /// Works until SIGTERM or SIGINT. Throws queue::StoreError when the queue becomes unusable.
  void run();

 private:
  awaitable<void> work();
  awaitable<void> watch(std::shared_ptr<inbox::Inbox> inbox);
  awaitable<void> wait_for_signals();
  awaitable<void> look_after_metrics();
  void look_after_health();
  awaitable<void> tell_status();
  awaitable<void> feed_watchdog();
  awaitable<void> stop_after_deadline();
  void sweep_outboxes();
  void start_inboxes();
  void stop(const char* why);
  void reload();
  void apply(config::Settings settings);
  void drain();
  void end_when_drained(const queue::StateCounts& counts);
  void take_changed_key();
  awaitable<void> listen_to_commands();

  config::Settings settings_;
  std::filesystem::path config_file_;
  std::pair<std::filesystem::file_time_type, std::uintmax_t> key_file_seen_;
  std::string key_;  ///< in use
  StateLock lock_;
  asio::io_context loop_{1};
  asio::thread_pool writer_{1};
  asio::thread_pool files_{4};
  SystemClock clock_{loop_.get_executor()};
  SystemRandom random_;
  metrics::DaemonMetrics metrics_;
  metrics::ProcessMetrics process_metrics_;
  metrics::Health health_;
  queue::SqliteStore store_;
  queue::Queue queue_;
  http::Engine engine_;
  taskapi::HttpClient client_;
  pipeline::PollPlanner planner_;
  pipeline::Gate gate_;
  pipeline::Context context_;
  pipeline::Scheduler scheduler_;
  pipeline::Commands commands_;
  pipeline::Retention retention_;
  std::unique_ptr<metrics::Endpoint> endpoint_;
  std::map<std::string, std::shared_ptr<inbox::Inbox>> inboxes_;  ///< by path
  asio::signal_set signals_{loop_, SIGTERM, SIGINT, SIGHUP};
  std::size_t watching_ = 0;  ///< inboxes whose coroutine has not ended
  std::unique_ptr<Alarm> watching_ended_;
  bool stopping_ = false;
  bool draining_ = false;
  WallTime started_at_ = clock_.now();
  DaemonStatus told_status_;
  std::exception_ptr failure_;
};

}  // namespace chunkrd::cli
