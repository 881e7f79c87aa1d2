#pragma once

#include <array>
#include <optional>

#include "core/clock.h"
#include "pipeline/lifecycle.h"
#include "pipeline/observer.h"

namespace chunkrd::pipeline {

/// Whether submits may leave: the rate, the pauses and the breaker in one place. Pure: time comes in.
///
/// Two kinds of waiting that burn no document's attempts. A pause (auth, quota, disk) has a cause that
/// somebody ends; the breaker opens after several failures in a row. From both, one submit at a time is let
/// through as a probe when its time has come; what becomes of it closes or prolongs the pause.
class Gate {
 public:
  /// `submits_per_second` is the hosted limit unless configured; bursts are up to one second's worth.
  explicit Gate(double submits_per_second);

  enum class Pass { no, yes, probe };

  /// Takes what it allows: a `yes` or `probe` is to be followed by ended().
  Pass ask(WallTime now);
  void ended(Pass pass);

  /// When asking again can make sense; nothing while a probe is under way.
  std::optional<WallTime> next(WallTime now) const;

  /// What a step has learnt. `jitter` in [0, 1).
  void hear(const lifecycle::Signal& signal, WallTime now, double jitter);

  bool paused(Pause pause) const { return cause(pause).on; }
  bool open() const;
  void set_rate(double submits_per_second);
  /// Its cause may be over (the key was changed, an operator says so): the next submit may try.
  void lift(Pause pause) { cause(pause) = {}; }

 private:
  struct Cause {
    bool on = false;
    WallTime until;
    int times = 0;  ///< in a row, for the length of the next
  };
  Cause& cause(Pause pause) { return causes_[static_cast<std::size_t>(pause)]; }
  const Cause& cause(Pause pause) const { return causes_[static_cast<std::size_t>(pause)]; }
  void prolong(Pause pause, Duration base, Duration ceiling, WallTime now, double jitter);
  double tokens_at(WallTime now) const;

  double rate_;
  double tokens_;
  WallTime tokens_since_{};
  WallTime not_before_{};  ///< the service asked for it
  int failures_ = 0;       ///< in a row, any operation
  bool probing_ = false;
  std::array<Cause, kPauseCount> causes_{};
};

}  // namespace chunkrd::pipeline
