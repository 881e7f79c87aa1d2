#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace chunkrd::metrics {

/// What /healthz and /readyz answer. Written by the event loop, read by the endpoint's thread.
class Health {
 public:
  using Clock = std::chrono::steady_clock;

  /// Not ready until set_ready() says so. The loop counts as stuck when it has not beaten for `patience`.
  explicit Health(Clock::duration patience = std::chrono::seconds(30)) : patience_(patience) {}

  /// The loop is alive; to be called every few seconds.
  void beat();

  /// Documents are being worked on.
  void set_ready();
  /// They are not, for these reasons ("paused: auth: the key was refused"). At least one.
  void set_not_ready(std::vector<std::string> reasons);

  /// How long the loop has been silent, if longer than it may.
  std::optional<std::chrono::seconds> stuck_for() const;
  /// Why the daemon is not ready; empty when it is.
  std::vector<std::string> reasons() const;

 private:
  const Clock::duration patience_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Clock::time_point last_beat_ = Clock::now();
  std::vector<std::string> reasons_{"starting"};
};

}  // namespace chunkrd::metrics
