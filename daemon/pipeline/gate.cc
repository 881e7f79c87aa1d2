#include "pipeline/gate.h"

#include <algorithm>
#include <cmath>

namespace chunkrd::pipeline {
namespace {

using namespace std::chrono_literals;

// Failures in a row until the breaker opens: one bad connection is no outage.
constexpr int kFailuresToOpen = 5;

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
  }
  return "unknown";
}

Gate::Gate(double submits_per_second) : rate_(submits_per_second), tokens_(std::max(1.0, rate_)) {}

void Gate::set_rate(double submits_per_second) {
  rate_ = submits_per_second;
  tokens_ = std::min(tokens_, std::max(1.0, rate_));
}

double Gate::tokens_at(WallTime now) const {
  const double seconds = std::max(0.0, std::chrono::duration<double>(now - tokens_since_).count());
  return std::min(std::max(1.0, rate_), tokens_ + seconds * rate_);
}

bool Gate::open() const {
  return std::ranges::none_of(causes_, [](const Cause& cause) { return cause.on; });
}

Gate::Pass Gate::ask(WallTime now) {
  // A full disk is no matter of the service's: its pause ends by time, and the next failed write renews it.
  if (Cause& disk = cause(Pause::disk); disk.on && disk.until <= now) disk.on = false;
  if (now < not_before_ || tokens_at(now) < 1) return Pass::no;
  Pass pass = Pass::yes;
  for (const Cause& reason : causes_) {
    if (!reason.on) continue;
    if (probing_ || now < reason.until) return Pass::no;
    pass = Pass::probe;
  }
  tokens_ = tokens_at(now) - 1;
  tokens_since_ = now;
  if (pass == Pass::probe) probing_ = true;
  return pass;
}

void Gate::ended(Pass pass) {
  if (pass == Pass::probe) probing_ = false;
}

std::optional<WallTime> Gate::next(WallTime now) const {
  if (probing_) return std::nullopt;
  WallTime time = std::max(now, not_before_);
  for (const Cause& reason : causes_)
    if (reason.on) time = std::max(time, reason.until);
  if (const double tokens = tokens_at(now); tokens < 1)
    time = std::max(time, now + Duration(static_cast<std::int64_t>(std::ceil((1 - tokens) / rate_ * 1000))));
  return time;
}

void Gate::prolong(Pause pause, Duration base, Duration ceiling, WallTime now, double jitter) {
  Cause& reason = cause(pause);
  const Duration full = std::min(ceiling, base * (1 << std::min(reason.times, 20)));
  // Between half and all of it: many daemons shall not probe together.
  reason.until =
      now + full / 2 + Duration(static_cast<std::int64_t>(jitter * static_cast<double>(full.count() / 2)));
  reason.on = true;
  reason.times += 1;
}

void Gate::hear(const lifecycle::Signal& signal, WallTime now, double jitter) {
  using Kind = lifecycle::Signal::Kind;
  switch (signal.kind) {
    case Kind::none:
      return;
    case Kind::good:
      lift(Pause::quota);
      [[fallthrough]];
    case Kind::reachable:
      failures_ = 0;
      lift(Pause::breaker);
      lift(Pause::auth);
      return;
    case Kind::slow_down:
      not_before_ = std::max(not_before_, now + std::clamp<Duration>(signal.wait.value_or(1s), 100ms, 5min));
      return;
    case Kind::trouble:
      failures_ += 1;
      if (signal.wait) not_before_ = std::max(not_before_, now + std::min<Duration>(*signal.wait, 5min));
      // Failures that were under way when it opened say nothing new.
      if (failures_ >= kFailuresToOpen && !(paused(Pause::breaker) && now < cause(Pause::breaker).until))
        prolong(Pause::breaker, 1s, 60s, now, jitter);
      return;
    case Kind::refused_key:
      if (!(paused(Pause::auth) && now < cause(Pause::auth).until))
        prolong(Pause::auth, 15s, 5min, now, jitter);
      return;
    case Kind::over_quota:
      if (!(paused(Pause::quota) && now < cause(Pause::quota).until))
        prolong(Pause::quota, 1min, 1h, now, jitter);
      return;
    case Kind::disk_full:
      prolong(Pause::disk, 15s, 60s, now, jitter);
      return;
  }
}

}  // namespace chunkrd::pipeline
