#pragma once

#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <string>
#include <vector>

#include "cli/last_resort.h"
#include "cli/process/display.h"
#include "cli/process/tally.h"
#include "cli/worker.h"
#include "config/settings.h"
#include "pipeline/observer.h"

namespace chunkrd::cli::process {

/// One run over a command's documents: the daemon's queue and steps, without an inbox to watch and with an
/// end.
///
/// Threads: those of Worker; the caller's runs the event loop.
class Run final : public pipeline::Observer {
 public:
  /// Opens the queue in settings.state and takes up what earlier runs have left of these documents: what
  /// failed is tried again, what was delivered with other settings is updated. `service` names what it is to
  /// go to: a queue with documents of another one is refused, or, where it is said that this is meant, those
  /// that have not ended. Throws UserError, queue::StoreError.
  enum class AnotherService { refuse, go_on };
  Run(const config::Settings& settings, std::string key, const std::string& service, AnotherService another,
      Tally& tally, Display& display);

  /// Where that is known beforehand: the first polls follow it.
  void expect_tasks_to_take(Duration usual);

  /// Until each document has come to its end, or a signal. Throws queue::StoreError when the queue becomes
  /// unusable, UserError when it makes no sense to go on.
  void go();

  bool interrupted() const noexcept { return interrupted_; }

  void on_transition(queue::State before, const queue::Job& after) override;
  void on_pause(pipeline::Pause pause, bool paused) override;
  void on_possible_duplicate() override {}
  void on_adopted() override {}
  void on_pruned(pipeline::Pruned, std::size_t) override {}
  void on_queue(const queue::StateCounts&, std::optional<WallTime>) override {}

 private:
  /// Documents that were found from `since` on went to `service`.
  struct Served {
    WallTime since;
    std::string service;
  };
  void refuse_missing_folders() const;
  void look_at_service(const std::string& service, AnotherService another);
  void refuse_unless(AnotherService another, const std::string& service);
  std::string earlier_service_of(const queue::Job& job) const;
  void take_up(Tally::Entry& entry);
  void ask(Tally::Entry& entry, const queue::Job& job, const pipeline::lifecycle::Wish& wish);
  void give_up(Tally::Entry& entry, queue::Job job, const std::string& why);
  awaitable<void> work();
  awaitable<void> take_in_the_new();
  awaitable<void> take_in(Tally::Entry& entry);
  void give_up_older(Tally::Entry& entry);
  awaitable<void> listen_to_commands();
  awaitable<void> wait_for_signals();
  awaitable<void> keep_drawing();
  Progress progress();
  void end_if_over();
  void stop();
  void fail();

  const config::Settings& settings_;
  Tally& tally_;
  Display& display_;
  LastResort last_resort_;  ///< outlives what may hang
  Worker worker_;
  asio::signal_set signals_{worker_.loop, SIGINT, SIGTERM, SIGHUP};
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::size_t ended_before_ = 0;
  std::uint64_t work_ended_before_ = 0;
  Estimate estimate_;
  std::vector<Served> services_;  ///< who parsed documents of this queue, the last one last
  bool all_taken_in_ = false;
  bool stopping_ = false;
  bool interrupted_ = false;
  std::exception_ptr failure_;
};

}  // namespace chunkrd::cli::process
