#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "http/request.h"

namespace chunkrd::http {

/// Is a transfer still getting on? Every part of it has a least rate or an end, so that no other side, and
/// nothing on the way to it, can hold one for ever:
///
/// * connecting: Timeouts::connect;
/// * the request going out: Timeouts::stall, least_rate;
/// * waiting for the answer: Timeouts::answer, from when the last byte of the request has left this machine,
///   and two seconds more for each MiB of the request, which the other side has to digest first;
/// * the answer coming in: a small one is to be complete within Timeouts::answer, too, as is the head of one
///   that goes into a file; its body has stall and least_rate;
/// * all of it: a day.
///
/// What stands still because a file of ours is waited for is not the other side's fault: its least rate
/// counts anew from then on.
///
/// Pure: what was seen of the transfer comes in, and the time.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Answer { small, file };

  Pace(const Timeouts& timeouts, std::uint64_t request_bytes, Answer answer, Clock::time_point begin);

  /// A transfer as it is at a moment. Never goes back, but that a request may be sent again.
  struct Seen {
    bool connected = false;
    std::uint64_t left = 0;  ///< bytes of the request's body that have left this machine
    bool request_left = false;
    std::uint64_t received = 0;  ///< bytes of the answer's body
    bool head_complete = false;
    std::optional<std::uint64_t> expected = std::nullopt;  ///< how long the answer says that its body is
    bool held = false;                                     ///< a file of ours is waited for
    std::uint64_t holds = 0;                               ///< how often one was, up to now
  };

  /// Why the transfer is to be ended, if it is.
  std::optional<std::string> look(const Seen& seen, Clock::time_point now);

  /// How long until it makes sense to look again.
  Duration interval() const { return interval_; }

 private:
  enum class Phase { connecting, sending, waiting, receiving };

  Phase phase_of(const Seen& seen) const;
  void enter(Phase phase, std::uint64_t moved, Clock::time_point now);
  void count_anew(std::uint64_t moved, Clock::time_point now);
  std::optional<std::string> too_slow(std::uint64_t moved, std::optional<std::uint64_t> all,
                                      Clock::time_point now);

  const Timeouts timeouts_;
  const Answer answer_;
  const std::uint64_t request_bytes_;
  const Duration interval_;
  const Clock::time_point begin_;
  Phase phase_ = Phase::connecting;
  Clock::time_point since_;                  ///< the phase began
  Clock::time_point answer_since_;           ///< from when the answer is waited for
  Clock::time_point moved_at_, span_began_;  ///< when anything moved last; when the span began
  std::uint64_t moved_ = 0, moved_before_span_ = 0;
  std::uint64_t holds_ = 0;
};

}  // namespace chunkrd::http
