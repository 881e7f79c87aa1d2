#include "pipeline/gate.h"

#include <algorithm>
#include <cmath>

namespace chunkrd::pipeline {
namespace {

using namespace std::chrono_literals;

using lifecycle::Signal;

// Failures in a row until the breaker opens: one bad connection is no outage.
constexpr int kFailuresToOpen = 5;

// A wait that the service asks for is kept up to here; a longer one is taken for a mistake.
constexpr Duration kLongestHold = 5min;
constexpr Duration kLongestQuotaWait = 24h;

// "Too fast" halves the rate down to this share of it; each submit that is taken gives a tenth back, so some
// thirty of them lead from the floor to the whole.
constexpr double kSmallestShare = 1.0 / 16;
constexpr double kRecovery = 1.1;

constexpr double kSlowestRate = 0.001;

}  // namespace

std::string_view to_string(Pause pause) noexcept {
  switch (pause) {
    case Pause::auth:
      return "auth";
    case Pause::quota:
      return "quota";
    case Pause::disk:
      return "disk";
    case Pause::operator_asked:
      return "operator";
    case Pause::breaker:
      return "breaker";
    case Pause::budget:
      return "budget";
    case Pause::queue:
      return "queue";
  }
  return "unknown";
}

Gate::Gate(double submits_per_second) : rate_(std::max(kSlowestRate, submits_per_second)), tokens_(burst()) {}

void Gate::set_rate(double submits_per_second) {
  rate_ = std::max(kSlowestRate, submits_per_second);
  tokens_ = std::min(tokens_, burst());
}

double Gate::burst() const {
  return std::max(1.0, rate());
}

double Gate::tokens_at(WallTime now) const {
  const double seconds = std::max(0.0, std::chrono::duration<double>(now - tokens_since_).count());
  return std::min(burst(), tokens_ + seconds * rate());
}

bool Gate::open() const {
  return std::ranges::none_of(causes_, [](const Cause& cause) { return cause.on; });
}

void Gate::turn_on(Cause& reason, WallTime now) {
  if (!reason.on) reason.since = now;
  reason.on = true;
}

void Gate::lift(Pause pause) {
  if (pause == Pause::budget) budget_lifted_ = true;
  cause(pause) = {};
}

void Gate::pause_for_operator(WallTime since) {
  turn_on(cause(Pause::operator_asked), since);
  cause(Pause::operator_asked).until = WallTime::max();
}

void Gate::pause_for_queue(WallTime since) {
  turn_on(cause(Pause::queue), since);
  cause(Pause::queue).until = WallTime::max();
}

void Gate::set_ahead(Duration ahead, WallTime now) {
  look_at_budget(now);
  ahead_ = ahead;
  day_ = day_at(now);
  look_at_budget(now);
}

void Gate::set_in_doubt(std::size_t documents, WallTime now) {
  in_doubt_ = static_cast<std::int64_t>(documents);
  look_at_budget(now);
}

void Gate::spend(queue::Spent spent, WallTime now) {
  look_at_budget(now);
  spent_.documents += spent.documents;
  spent_.pages += spent.pages;
  look_at_budget(now);
}

// Submits under way, and those whose answers were lost, count as if they had been taken: together they must
// not pass the bound either.
void Gate::look_at_budget(WallTime now) {
  const auto today = day_at(now);
  if (today != day_) {
    day_ = today;
    spent_ = {};
    budget_lifted_ = false;
  }
  const bool documents =
      budget_.documents > 0 && spent_.documents + under_way_ + in_doubt_ >= budget_.documents;
  const bool pages = budget_.pages > 0 && spent_.pages >= budget_.pages;
  Cause& reason = cause(Pause::budget);
  if ((documents || pages) && !budget_lifted_) {
    turn_on(reason, now);
    reason.until = today + std::chrono::days(1) - ahead_;
  } else {
    reason = {};
  }
}

void Gate::look(WallTime now) {
  look_at_budget(now);
}

Gate::Pass Gate::ask(WallTime now) {
  look(now);
  if (now < not_before_ || tokens_at(now) < 1) return Pass::no;
  if (paused(Pause::budget) || paused(Pause::operator_asked)) return Pass::no;
  Pass pass = Pass::yes;
  for (const Cause& reason : causes_) {
    if (!reason.on) continue;
    if (probing_ || asking_health_ || now < reason.until) return Pass::no;
    pass = Pass::probe;
  }
  if (const Cause& breaker = cause(Pause::breaker); breaker.on && !breaker.healthy) {
    asking_health_ = true;
    return Pass::health;
  }
  tokens_ = tokens_at(now) - 1;
  tokens_since_ = now;
  if (pass == Pass::probe) probing_ = true;
  under_way_ += 1;
  return pass;
}

void Gate::ended(Pass pass) {
  if (pass == Pass::health) asking_health_ = false;
  if (pass == Pass::yes || pass == Pass::probe) under_way_ -= 1;
  if (pass != Pass::probe) return;
  probing_ = false;
  cause(Pause::breaker).healthy = false;
}

std::optional<WallTime> Gate::next(WallTime now) const {
  if ((probing_ || asking_health_) && !open()) return std::nullopt;
  WallTime time = std::max(now, not_before_);
  for (const Cause& reason : causes_)
    if (reason.on) time = std::max(time, reason.until);
  if (const double tokens = tokens_at(now); tokens < 1)
    time = std::max(time, std::max(now, tokens_since_) +
                              Duration(static_cast<std::int64_t>(std::ceil((1 - tokens) / rate() * 1000))));
  return time;
}

void Gate::hold_until(WallTime time) {
  not_before_ = std::max(not_before_, time);
}

// Each pause that follows another without a sign of its end is twice as long, up to the ceiling.
void Gate::prolong(Pause pause, Span span, const Signal& signal, WallTime now, double jitter) {
  Cause& reason = cause(pause);
  reason.others_said = reason.others_said || signal.source == Source::other;
  // What was under way when it began says nothing new.
  if (reason.on && now < reason.until) return;
  if (!reason.on && now - reason.until > span.ceiling) reason.times = 0;
  const Duration full = std::min(span.ceiling, span.base * (1 << std::min(reason.times, 20)));
  // Between half and all of it: many daemons shall not probe together.
  reason.until =
      now + full / 2 + Duration(static_cast<std::int64_t>(jitter * static_cast<double>(full.count() / 2)));
  turn_on(reason, now);
  reason.healthy = false;
  reason.times += 1;
}

void Gate::trouble(const Signal& signal, WallTime now, double jitter) {
  int& in_a_row = failures(signal.source);
  in_a_row = std::min(in_a_row + 1, kFailuresToOpen);
  if (signal.wait) hold_until(now + std::min(*signal.wait, kLongestHold));
  if (paused(Pause::breaker) || in_a_row >= kFailuresToOpen)
    prolong(Pause::breaker, {1s, 60s}, signal, now, jitter);
}

void Gate::slow_down(const Signal& signal, WallTime now) {
  // The answers to a burst are one sign, not many.
  if (now >= not_before_ && !signal.wait) {
    tokens_ = tokens_at(now);
    tokens_since_ = now;
    share_ = std::max(kSmallestShare, share_ / 2);
  }
  hold_until(now + std::clamp<Duration>(signal.wait.value_or(1s), 100ms, kLongestHold));
}

void Gate::over_quota(const Signal& signal, WallTime now, double jitter) {
  prolong(Pause::quota, kQuotaPause, signal, now, jitter);
  Cause& quota = cause(Pause::quota);
  if (signal.wait) quota.until = std::max(quota.until, now + std::min(*signal.wait, kLongestQuotaWait));
}

// The service is there and takes our key, as far as `source` can tell.
void Gate::reached(Source source) {
  failures(source) = 0;
  for (const Pause pause : {Pause::breaker, Pause::auth})
    if (source == Source::submit || cause(pause).others_said) lift(pause);
}

void Gate::submit_taken(const Signal& signal, WallTime now, double jitter) {
  share_ = std::min(1.0, share_ * kRecovery);
  Cause& quota = cause(Pause::quota);
  if (!quota.on) return;
  if (!quota.others_said) {
    lift(Pause::quota);
    return;
  }
  // Where tasks have failed for the quota, only what becomes of this one tells whether there is some again:
  // the pause goes on until it does.
  prolong(Pause::quota, kQuotaPause, signal, now, jitter);
}

void Gate::hear(const Signal& signal, WallTime now, double jitter) {
  using Kind = Signal::Kind;
  switch (signal.kind) {
    case Kind::none:
    case Kind::disk_full:
      return;
    case Kind::good:
      reached(Source::submit);
      submit_taken(signal, now, jitter);
      return;
    case Kind::processed:
      reached(signal.source);
      if (cause(Pause::quota).others_said) lift(Pause::quota);
      return;
    case Kind::reachable:
      reached(signal.source);
      return;
    case Kind::slow_down:
      slow_down(signal, now);
      return;
    case Kind::healthy:
      cause(Pause::breaker).healthy = true;
      return;
    case Kind::trouble:
      trouble(signal, now, jitter);
      return;
    case Kind::refused_key:
      prolong(Pause::auth, {15s, 5min}, signal, now, jitter);
      return;
    case Kind::over_quota:
      over_quota(signal, now, jitter);
      return;
  }
}

}  // namespace chunkrd::pipeline
