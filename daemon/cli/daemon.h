#pragma once

#include <boost/asio/signal_set.hpp>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "cli/daemon_status.h"
#include "cli/folder_looks.h"
#include "cli/last_resort.h"
#include "cli/missing_folders.h"
#include "cli/worker.h"
#include "config/settings.h"
#include "hooks/notifier.h"
#include "inbox/inbox.h"
#include "metrics/daemon_metrics.h"
#include "metrics/endpoint.h"
#include "metrics/health.h"
#include "metrics/overview.h"
#include "metrics/process_metrics.h"
#include "pipeline/late_writes.h"
#include "pipeline/retention.h"

namespace chunkrd::cli {

/// `chunkrd run`: everything wired together, from start to clean stop.
///
/// Threads: the caller's runs the event loop; see Worker for the others.
class Daemon {
 public:
  /// Looks at everything that can be wrong first, then makes the folders and opens the queue: who is refused
  /// leaves nothing behind. Throws UserError, queue::StoreError.
  Daemon(config::Settings settings, std::filesystem::path config_file);
  ~Daemon();

  /// Works until SIGTERM or SIGINT. Throws queue::StoreError when the queue becomes unusable.
  void run();

 private:
  awaitable<void> work();
  awaitable<void> watch(std::shared_ptr<inbox::Inbox> inbox);
  awaitable<void> wait_for_signals();
  awaitable<void> look_after_metrics();
  void tell_numbers();
  void tell_steps();
  void tell_inboxes();
  awaitable<void> beat();
  awaitable<void> look_at_folders();
  awaitable<void> look_for_late_writes();
  awaitable<void> look_after_hooks();
  void look_after_health();
  std::string more_about(pipeline::Pause pause) const;
  void starting(const std::string& why);
  void failed(std::exception_ptr failure);
  std::vector<DaemonStatus::Pause> pauses_now();
  void tell_without_queue();
  awaitable<void> tell_status();
  void tell_now(metrics::Overview& overview, const std::vector<DaemonStatus::Pause>& pauses);
  awaitable<void> tell_people(const queue::StateCounts& counts, std::optional<WallTime> oldest);
  /// A time of the pipeline's as people have it.
  WallTime wall(WallTime date) const { return date + worker_.clock.ahead(); }
  awaitable<void> feed_watchdog();
  void start_inboxes();
  void watch_anew(const std::string& path);
  void look_for_missing_folders();
  void stop(const char* why);
  std::unique_ptr<metrics::Endpoint> listen();
  void work_to_the_end();
  awaitable<queue::CommandAnswer> reload();
  void reload_soon();
  awaitable<queue::CommandAnswer> reload_as_asked();
  struct Prepared;
  static Prepared prepare(const std::filesystem::path& config_file, const config::Settings& now);
  void apply(Prepared wanted);
  void drain();
  void end_when_drained(const queue::StateCounts& counts);
  void take_changed_key();
  awaitable<void> listen_to_commands();

  config::Settings settings_;
  std::filesystem::path config_file_;
  std::pair<std::filesystem::file_time_type, std::uintmax_t> key_file_seen_;
  std::string key_;  ///< in use
  metrics::DaemonMetrics metrics_;
  metrics::ProcessMetrics process_metrics_;
  metrics::Health health_;
  metrics::Board board_;
  metrics::Hourly delivered_, failed_;
  LastResort last_resort_;  ///< outlives what may hang
  std::unique_ptr<metrics::Endpoint> endpoint_;
  Worker worker_;
  pipeline::Retention retention_{worker_.context};
  pipeline::LateWrites late_writes_{worker_.context, worker_.scheduler, worker_.loop.get_executor()};
  FolderLooks folder_looks_{worker_.loop.get_executor(), worker_.files, metrics_.folders()};
  std::map<std::string, std::shared_ptr<inbox::Inbox>> inboxes_;  ///< by path
  hooks::Notifier notifier_;
  bool notifying_ = false;  ///< its coroutine has not ended
  MissingFolders missing_;
  asio::signal_set signals_{worker_.loop, SIGTERM, SIGINT, SIGHUP};
  std::size_t watching_ = 0;               ///< inboxes whose coroutine has not ended
  std::unique_ptr<Alarm> watching_ended_;  ///< rung when one of these, or the notifier's, has
  bool stopping_ = false;
  bool draining_ = false;
  bool reloading_ = false, reload_again_ = false;
  WallTime started_at_ = worker_.clock.now();
  DaemonStatus told_status_;
  std::string operator_pause_;  ///< its reason, when that was last read
  std::map<std::string, WallTime> profile_missing_since_;
  std::exception_ptr failure_;
};

}  // namespace chunkrd::cli
