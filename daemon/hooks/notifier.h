#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/async.h"
#include "core/clock.h"
#include "core/ids.h"
#include "hooks/observer.h"
#include "hooks/routes.h"
#include "queue/queue.h"

namespace chunkrd::hooks {

/// Tells hooks what has ended, at least once each.
///
/// Every end is in the queue from the transaction on that made it one (queue::Ending). From there on, in two
/// steps that are durable each: who is to be told (queue::Announcing), and that he was (queue::Told), or when
/// to try again (queue::PutOff). Nobody waits for a hook, neither documents nor other hooks: each has a lane,
/// with some attempts at once; one that fails again and again gets one at a time, with growing pauses.
///
/// Event-loop thread. What it is given must outlive it and its coroutines.
class Notifier {
 public:
  /// Makes what is told of an end: JSON. May wait for files.
  using Facts = std::function<awaitable<std::string>(queue::Ending)>;

  Notifier(queue::Queue& queue, Clock& clock, Random& random, Observer& observer, Facts facts, Executor loop);

  /// Before run(), and again when the configuration has changed. Ends count from the first time on at which
  /// there is any route.
  void set_routes(std::vector<Route> routes);

  /// Works until stop(), and a moment longer for attempts that are under way; those that are not done by then
  /// are made again at the next start. Throws StoreError.
  awaitable<void> run();
  void stop();

 private:
  struct Lane {
    Route route;
    std::set<std::int64_t> busy;  ///< notifications under way
    WallTime look_at{};           ///< when there may be something to do
    WallTime next_try{};          ///< not before, while it fails
    int failures = 0;             ///< in a row
  };
  using Lanes = std::map<std::string, std::shared_ptr<Lane>>;

  awaitable<void> begin_announcing();
  awaitable<void> announce();
  awaitable<void> sweep();
  awaitable<void> fill(std::shared_ptr<Lane> lane);
  awaitable<void> attempt(std::shared_ptr<Lane> lane, queue::Notification notification);
  awaitable<Answer> tell(const Lane& lane, queue::Notification& notification);
  awaitable<void> taken(Lane& lane, const queue::Notification& notification, const Answer& answer);
  awaitable<void> refused(Lane& lane, const queue::Notification& notification, const Answer& answer);
  void count_given_up(const std::string& hook, std::size_t count);
  void fail();
  bool is_busy() const { return under_way_ > 0; }

  queue::Queue& queue_;
  Clock& clock_;
  Random& random_;
  Observer& observer_;
  Facts facts_;
  Executor loop_;
  std::unique_ptr<Alarm> alarm_;
  Lanes lanes_;
  std::vector<std::weak_ptr<Hook>> replaced_;  ///< by a reload; something may be under way
  std::string queue_id_;
  std::optional<std::int64_t> announced_;  ///< durable; nothing: not known yet, or there are no routes
  std::int64_t seen_ = 0;                  ///< up to which nobody else is to be told
  std::size_t under_way_ = 0;
  WallTime next_sweep_{};
  bool routes_changed_ = true;
  bool stopping_ = false;
  std::exception_ptr failure_;
};

/// How long to wait after so many failures in a row; `fraction` in [0, 1) spreads it. Pure.
Duration pause_after(int failures, double fraction);

}  // namespace chunkrd::hooks
