#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "pipeline/observer.h"

namespace chunkrd::metrics {

/// How the daemon is doing, for people. All times are the wall clock's, all texts printable.
struct Overview {
  struct Pause {
    std::string cause;
    WallTime since;
    std::optional<WallTime> until;  ///< when it is tried again
    std::string detail;             ///< why, and what ends it
  };
  struct Running {
    std::string step;
    std::string name;
    WallTime since;
  };
  struct Inbox {
    std::string path;
    std::size_t settling = 0;
    std::size_t unclaimed = 0;
    bool available = true;
  };
  /// A document that has come to an end.
  struct Ended {
    std::string name;
    std::string id;  ///< as commands take it
    WallTime at;
    std::string code, message;  ///< why it failed
    std::optional<int> pages;
  };
  /// Since the start, an hour at most.
  struct LastHour {
    Duration length{0};
    long delivered = 0;
    long failed = 0;
  };

  WallTime now;  ///< when all of this was so
  std::string version;
  WallTime started_at;
  bool draining = false;
  queue::StateCounts counts{};
  std::optional<WallTime> oldest;  ///< when the oldest document that has not ended was found
  std::vector<Pause> pauses;
  std::vector<Running> running;  ///< those that have been running longest
  std::size_t running_count = 0;
  std::vector<Inbox> inboxes;
  std::vector<Ended> failures, deliveries;  ///< latest first
  LastHour last_hour;
  queue::Spent today, budget;  ///< a budget of 0 is none
};

/// The latest overview, from the event loop to the endpoint's thread.
class Board {
 public:
  using Clock = std::chrono::steady_clock;

  void put(Overview overview) {
    auto latest = std::make_shared<const Overview>(std::move(overview));
    const std::lock_guard lock(mutex_);
    latest_ = std::move(latest);
    put_at_ = Clock::now();
  }
  /// For how long there has been no newer one.
  Clock::duration age() const {
    const std::lock_guard lock(mutex_);
    return Clock::now() - put_at_;
  }
  /// Null before the first.
  std::shared_ptr<const Overview> latest() const {
    const std::lock_guard lock(mutex_);
    return latest_;
  }

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::shared_ptr<const Overview> latest_;
  Clock::time_point put_at_ = Clock::now();
};

/// How much something that only grows has grown in the last hour. Looks at it once a minute.
class Hourly {
 public:
  using Clock = std::chrono::steady_clock;

  void look(Clock::time_point now, long total) {
    total_ = total;
    if (!marks_.empty() && now - marks_.back().first < std::chrono::minutes(1)) return;
    marks_.emplace_back(now, total);
    while (now - marks_.front().first > std::chrono::hours(1)) marks_.pop_front();
  }
  long grown() const { return marks_.empty() ? 0 : total_ - marks_.front().second; }

 private:
  std::deque<std::pair<Clock::time_point, long>> marks_;
  long total_ = 0;
};

}  // namespace chunkrd::metrics
