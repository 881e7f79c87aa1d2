#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "core/async.h"
#include "core/clock.h"
#include "core/errors.h"

namespace chunkrd::cli {

/// Ends the process when stopping it takes longer than it may: a thread can hang in a dead mount, or the
/// event loop itself. Nothing is lost by it: what is not durable yet is done again at the next start, as
/// after kill -9.
///
/// Has a thread and an event loop of its own, which touch no file. From SIGTERM, SIGINT or begin() on the
/// process has `patience` until this object must be gone.
class LastResort {
 public:
  LastResort(Duration patience, ExitCode code);
  ~LastResort();
  LastResort(const LastResort&) = delete;
  LastResort& operator=(const LastResort&) = delete;

  /// Any thread. For what has not begun yet.
  void set_patience(Duration patience) noexcept { patience_ = patience.count(); }

  /// Stopping has begun, whatever for. Any thread.
  void begin();

 private:
  void hear();
  void give_time();

  std::atomic<Duration::rep> patience_;
  const ExitCode code_;
  bool begun_ = false;  ///< on the thread
  asio::io_context loop_{1};
  asio::signal_set signals_{loop_, SIGTERM, SIGINT};
  asio::steady_timer timer_{loop_};
  std::thread thread_;
};

}  // namespace chunkrd::cli
