#include "http/pace.h"

#include <algorithm>
#include <utility>

namespace chunkrd::http {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLongestTransfer = std::chrono::hours(24);

// libcurl ends a connection that does not come about by itself; this is for when it does not.
constexpr Duration kConnectMargin = 5s;

// The other side may first take in all of a request, then hand it on, decode it, store it: at half a MiB a
// second.
constexpr std::uint64_t kDigestedInASecond = 512 << 10;

std::string in_ms(Pace::Clock::duration duration) {
  return std::to_string(std::chrono::ceil<Duration>(duration).count()) + " ms";
}

Duration interval_of(const Timeouts& timeouts) {
  return std::clamp<Duration>(std::min(timeouts.stall, timeouts.answer.value_or(timeouts.stall)) / 4, 10ms,
                              1s);
}

}  // namespace

Pace::Pace(const Timeouts& timeouts, std::uint64_t request_bytes, Answer answer, Clock::time_point begin)
    : timeouts_(timeouts),
      answer_(answer),
      request_bytes_(request_bytes),
      interval_(interval_of(timeouts)),
      begin_(begin),
      since_(begin),
      answer_since_(begin),
      moved_at_(begin),
      span_began_(begin) {}

Pace::Phase Pace::phase_of(const Seen& seen) const {
  if (!seen.connected) return Phase::connecting;
  // An answer may come before all of the request is sent: the rest of it is then of no interest.
  if (seen.head_complete) return Phase::receiving;
  return seen.request_left ? Phase::waiting : Phase::sending;
}

void Pace::enter(Phase phase, std::uint64_t moved, Clock::time_point now) {
  if (phase == Phase::waiting || (phase == Phase::receiving && phase_ != Phase::waiting)) answer_since_ = now;
  phase_ = phase;
  since_ = now;
  count_anew(moved, now);
}

void Pace::count_anew(std::uint64_t moved, Clock::time_point now) {
  moved_at_ = span_began_ = now;
  moved_ = moved_before_span_ = moved;
}

std::optional<std::string> Pace::look(const Seen& seen, Clock::time_point now) {
  const Phase phase = phase_of(seen);
  const std::uint64_t moved = phase == Phase::receiving ? seen.received : seen.left;
  if (phase != phase_ || moved < moved_) enter(phase, moved, now);
  if (std::exchange(holds_, seen.holds) != seen.holds || seen.held) count_anew(moved, now);
  if (now - begin_ >= kLongestTransfer) return "not complete after " + in_ms(now - begin_);

  const bool file_comes = phase == Phase::receiving && answer_ == Answer::file;
  if (phase == Phase::connecting) {
    if (now - since_ < timeouts_.connect + kConnectMargin) return std::nullopt;
    return "no connection after " + in_ms(now - since_);
  }
  if (phase == Phase::sending) return too_slow(moved, request_bytes_, now);
  if (file_comes) return too_slow(moved, seen.expected, now);

  const auto digesting = std::chrono::seconds(request_bytes_ / kDigestedInASecond);
  const Duration patience = timeouts_.answer.value_or(timeouts_.stall) + digesting;
  if (now - answer_since_ < patience) return std::nullopt;
  return std::string(phase == Phase::waiting ? "no answer " : "not all of the answer ") + in_ms(patience) +
         " after the request";
}

std::optional<std::string> Pace::too_slow(std::uint64_t moved, std::optional<std::uint64_t> all,
                                          Clock::time_point now) {
  if (moved > moved_) moved_at_ = now;
  moved_ = moved;
  if (now - moved_at_ >= timeouts_.stall) return "nothing moved for " + in_ms(timeouts_.stall);
  if (now - span_began_ < timeouts_.stall) return std::nullopt;
  const std::uint64_t in_span = moved - moved_before_span_;
  const auto span_ms = std::chrono::floor<Duration>(now - span_began_).count();
  std::uint64_t least = timeouts_.least_rate * static_cast<std::uint64_t>(span_ms) / 1000;
  if (all && *all >= moved_before_span_) least = std::min(least, *all - moved_before_span_);
  span_began_ = now;
  moved_before_span_ = moved;
  if (in_span >= least) return std::nullopt;
  return "too slow: " + std::to_string(in_span) + " bytes in " + std::to_string(span_ms) + " ms, less than " +
         std::to_string(timeouts_.least_rate) + " a second";
}

}  // namespace chunkrd::http
