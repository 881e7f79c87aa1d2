#include "hooks/notifier.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/detached.hpp>
#include <utility>

#include "core/counted.h"
#include "core/cut.h"
#include "core/escape.h"
#include "core/log_about.h"

namespace chunkrd::hooks {
namespace {

using namespace std::chrono_literals;
using queue::Notification;

// An end is told of so soon.
constexpr Duration kLookEvery = 250ms;
constexpr std::size_t kEndsAtOnce = 256;

constexpr Duration kShortestPause = 1s, kLongestPause = 10min;
// From so many failures in a row on one attempt at a time shows whether a hook is there again.
constexpr int kFailsFrom = 3;

constexpr Duration kSweepEvery = 1min;
constexpr std::size_t kGivenUpAtOnce = 512;
// What is left of a hook that is not configured any more waits for it so long.
constexpr Duration kStrangersWait = 7 * 24h;

// What is under way when the daemon stops may end.
constexpr Duration kLastMoment = 3s;

// Without the state: a line with one is about a transition.
About about(const queue::Job& job) {
  return {.job = job.id, .name = job.name, .task_id = job.task_id, .inbox = job.inbox};
}

}  // namespace

Duration pause_after(int failures, double fraction) {
  const int doublings = std::clamp(failures - 1, 0, 20);
  const Duration pause = std::min<Duration>(kLongestPause, kShortestPause * (std::int64_t{1} << doublings));
  return std::chrono::duration_cast<Duration>(pause * (0.75 + 0.25 * fraction));
}

Notifier::Notifier(queue::Queue& queue, Clock& clock, Random& random, Observer& observer, Facts facts,
                   Executor loop)
    : queue_(queue),
      clock_(clock),
      random_(random),
      observer_(observer),
      facts_(std::move(facts)),
      loop_(std::move(loop)),
      alarm_(clock.make_alarm()) {}

// A hook that stays keeps what is under way, and gets another chance at once.
void Notifier::set_routes(std::vector<Route> routes) {
  Lanes lanes;
  for (Route& route : routes) {
    auto& lane = lanes[route.name];
    const auto known = lanes_.find(route.name);
    lane = known != lanes_.end() ? known->second : std::make_shared<Lane>();
    lane->look_at = lane->next_try = {};
    if (lane->route.hook) replaced_.push_back(lane->route.hook);
    lane->route = std::move(route);
    observer_.on_notification(lane->route.name, Outcome::taken, 0);
  }
  for (const auto& [name, lane] : lanes_)
    if (!lanes.contains(name)) replaced_.push_back(lane->route.hook);
  std::erase_if(replaced_, [](const auto& hook) { return hook.expired(); });
  lanes_ = std::move(lanes);
  routes_changed_ = true;
  alarm_->ring();
}

void Notifier::stop() {
  stopping_ = true;
  alarm_->ring();
}

awaitable<void> Notifier::run() {
  while (!stopping_) {
    if (std::exchange(routes_changed_, false)) co_await begin_announcing();
    if (announced_) co_await announce();
    co_await sweep();
    for (const auto& [name, lane] : Lanes(lanes_))
      if (!stopping_) co_await fill(lane);
    const WallTime now = clock_.now();
    if (!stopping_) co_await alarm_->wait_until(announced_ ? now + kLookEvery : now + kSweepEvery);
  }
  const WallTime end = clock_.now() + kLastMoment;
  while (is_busy() && clock_.now() < end) co_await alarm_->wait_until(end);
  for (const auto& [name, lane] : lanes_) lane->route.hook->give_up();
  for (const auto& hook : replaced_)
    if (const auto still = hook.lock()) still->give_up();
  const WallTime last = clock_.now() + kLastMoment;
  while (is_busy() && clock_.now() < last) co_await alarm_->wait_until(last);
  if (failure_) std::rethrow_exception(failure_);
}

// Who had no hooks until now does not want to hear of all that has ended before.
awaitable<void> Notifier::begin_announcing() {
  if (queue_id_.empty()) queue_id_ = co_await queue_.queue_id();
  const bool before = announced_.has_value();
  if (!before) announced_ = co_await queue_.announced();
  if (lanes_.empty()) {
    if (announced_) co_await queue_.set_note(queue::kAnnouncedNote, "");
    announced_.reset();
    co_return;
  }
  if (!announced_) {
    const std::int64_t newest = co_await queue_.newest_ending();
    co_await queue_.apply(queue::Announcing{newest, newest, {}});
    announced_ = newest;
  }
  if (!before) seen_ = *announced_;
}

awaitable<void> Notifier::announce() {
  while (!stopping_) {
    const auto ends = co_await queue_.endings(seen_, kEndsAtOnce);
    if (ends.empty()) co_return;
    std::vector<Route> routes;
    for (const auto& [name, lane] : lanes_) routes.push_back(lane->route);
    queue::Announcing announcing{.from = *announced_, .upto = ends.back().seq, .notices = {}};
    for (const queue::Ending& ending : ends)
      for (std::string& name : told_of(ending, routes)) {
        if (const auto lane = lanes_.find(name); lane != lanes_.end()) lane->second->look_at = {};
        announcing.notices.push_back({ending.seq, std::move(name)});
      }
    seen_ = announcing.upto;
    // That nobody wants to know need not be remembered.
    if (announcing.notices.empty()) continue;
    co_await queue_.apply(std::move(announcing));
    announced_ = seen_;
  }
}

void Notifier::count_given_up(const std::string& hook, std::size_t count) {
  if (count == 0) return;
  observer_.on_notification(hook, Outcome::given_up, count);
  spdlog::warn("{}: {} given up, which waited for too long; chunkrd events tells what ended", printable(hook),
               counted(static_cast<std::int64_t>(count), "notification"));
}

// What nobody has taken for too long, and what is left of hooks that are not configured any more.
awaitable<void> Notifier::sweep() {
  const WallTime now = clock_.now();
  if (now < next_sweep_) co_return;
  next_sweep_ = now + kSweepEvery;
  for (const queue::HookStanding& each : co_await queue_.hooks()) {
    const auto lane = lanes_.find(each.hook);
    const bool stranger = lane == lanes_.end();
    const auto patience = stranger ? std::optional(kStrangersWait) : lane->second->route.give_up_after;
    if (!patience || each.oldest + *patience > now) continue;
    count_given_up(each.hook,
                   co_await queue_.give_up_notifications(each.hook, now - *patience, kGivenUpAtOnce));
    next_sweep_ = now + kShortestPause;  // there may be more of them
  }
}

awaitable<void> Notifier::fill(std::shared_ptr<Lane> lane) {
  const WallTime now = clock_.now();
  if (now < lane->look_at) co_return;
  const bool fails = lane->failures >= kFailsFrom;
  if (fails && now < lane->next_try) co_return;
  const std::size_t most = fails ? 1 : kAtOnce, busy = lane->busy.size();
  if (busy >= most) co_return;
  lane->look_at = WallTime::max();
  std::size_t started = 0;
  for (Notification& each : co_await queue_.notifications(lane->route.name, now, most + busy)) {
    if (lane->busy.size() >= most || lane->busy.contains(each.seq)) continue;
    lane->busy.insert(each.seq);
    under_way_ += 1;
    started += 1;
    asio::co_spawn(loop_, attempt(lane, std::move(each)), asio::detached);
  }
  const auto next = co_await queue_.next_notification(lane->route.name, now);
  if (next) lane->look_at = std::min(lane->look_at, *next);
  if (started > 0) lane->look_at = std::min(lane->look_at, now);
}

awaitable<void> Notifier::attempt(std::shared_ptr<Lane> lane, Notification notification) {
  try {
    const Answer answer = co_await tell(*lane, notification);
    if (answer.kind == Answer::Kind::taken) co_await taken(*lane, notification, answer);
    if (answer.kind == Answer::Kind::refused) co_await refused(*lane, notification, answer);
  } catch (const queue::StoreError&) {
    fail();
  }
  lane->busy.erase(notification.seq);
  lane->look_at = {};
  under_way_ -= 1;
  alarm_->ring();
}

// The hook may be replaced meanwhile: this attempt keeps the one it began with.
awaitable<Answer> Notifier::tell(const Lane& lane, Notification& notification) {
  const std::shared_ptr<Hook> hook = lane.route.hook;
  try {
    if (notification.body.empty()) notification.body = co_await facts_(notification.ending);
    co_return co_await hook->tell({.delivery = fmt::format("{}.{}", queue_id_, notification.ending.seq),
                                   .attempt = notification.attempts + 1,
                                   .at = clock_.now() + clock_.ahead(),
                                   .ending = notification.ending,
                                   .body = notification.body});
  } catch (const queue::StoreError&) {
    throw;
  } catch (const CutShort&) {
    co_return Answer{.kind = Answer::Kind::abandoned};
  } catch (const std::exception& error) {
    co_return Answer{.kind = Answer::Kind::refused, .said = error.what()};
  }
}

awaitable<void> Notifier::taken(Lane& lane, const Notification& notification, const Answer& answer) {
  observer_.on_notification(lane.route.name, Outcome::taken, 1);
  if (const int failures = std::exchange(lane.failures, 0); failures > 0)
    spdlog::info("{} takes notifications again, after {}", printable(lane.route.name),
                 counted(failures, "failure"));
  log_about(answer.said.empty() ? spdlog::level::debug : spdlog::level::info, "told",
            about(notification.ending.job),
            fmt::format("{}{}{}", printable(lane.route.name), answer.said.empty() ? "" : ": ", answer.said));
  co_await queue_.apply(queue::Told{notification.seq});
}

awaitable<void> Notifier::refused(Lane& lane, const Notification& notification, const Answer& answer) {
  observer_.on_notification(lane.route.name, Outcome::refused, 1);
  lane.failures += 1;
  const WallTime now = clock_.now();
  const Duration asked = answer.retry_after.value_or(Duration::zero());
  lane.next_try = now + std::max(asked, pause_after(lane.failures, random_.fraction()));
  if (lane.failures == 1)
    spdlog::warn(
        "{} does not take notifications: {}; it is told again until it does, and nothing waits for it",
        printable(lane.route.name), answer.said);
  log_about(spdlog::level::debug, "not told", about(notification.ending.job),
            fmt::format("{}: {}", printable(lane.route.name), answer.said));
  co_await queue_.apply(
      queue::PutOff{.seq = notification.seq,
                    .due = now + std::max(asked, pause_after(notification.attempts + 1, random_.fraction())),
                    .body = notification.body,
                    .why = answer.said});
}

// Without the queue nothing may go on.
void Notifier::fail() {
  if (!failure_) failure_ = std::current_exception();
  stopping_ = true;
}

}  // namespace chunkrd::hooks
