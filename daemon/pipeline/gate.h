#pragma once

#include <array>
#include <optional>

#include "core/clock.h"
#include "pipeline/lifecycle.h"
#include "pipeline/observer.h"

namespace chunkrd::pipeline {

/// Whether submits may leave: the rate, the pauses and the breaker in one place. Pure: time comes in.
///
/// Two kinds of waiting that burn no document's attempts. A pause (auth, quota) has a cause that
/// somebody ends; the breaker opens after several failures in a row. From both, one submit at a time is let
/// through as a probe when its time has come; what becomes of it closes or prolongs the pause. A submit is a
/// costly question, so GET /health is asked first where the breaker is open. Three pauses
/// know no probe: the operator's ends when he says so, the budget's when the day (UTC) turns, the queue's
/// when it can be written again. A full disk is no matter of the gate's, since it holds up only who needs it:
/// see Unwritable.
///
/// What ends a pause must be of the kind that began it: the service may refuse submits while it answers
/// polls, and it takes submits whose tasks then fail because the quota is spent.
class Gate {
 public:
  /// `submits_per_second` is the hosted limit unless configured; bursts are up to one second's worth. After
  /// "too fast" the gate goes on at half the rate, and comes back to all of it with the submits that succeed.
  explicit Gate(double submits_per_second);

  enum class Pass {
    no,
    yes,
    probe,
    health,  ///< no submit may leave, but GET /health is to be asked and its answer heard
  };

  /// Takes what it allows: any but `no` is to be followed by ended(), after what was learnt has been heard.
  Pass ask(WallTime now);
  void ended(Pass pass);

  /// Ends what ends by time, also while nobody asks.
  void look(WallTime now);

  /// When asking again can make sense, never before `now`; nothing while a probe, or the question to /health,
  /// is under way.
  std::optional<WallTime> next(WallTime now) const;

  /// What a step has learnt. `jitter` in [0, 1).
  void hear(const lifecycle::Signal& signal, WallTime now, double jitter);

  /// What may be paid for on a day; 0 is no bound.
  struct Budget {
    int documents = 0;
    int pages = 0;
  };
  void set_budget(Budget budget) { budget_ = budget; }
  /// How far the wall clock, whose days (UTC) count, is ahead of the times that come in. Where it was set to
  /// another day, what was spent goes along.
  void set_ahead(Duration ahead, WallTime now);
  /// So many documents may be paid for although nobody knows it yet: they count like those that are, until it
  /// is known.
  void set_in_doubt(std::size_t documents, WallTime now);
  /// Adds what became known to be paid for at `now`.
  void spend(queue::Spent spent, WallTime now);

  /// Until lift(): no submit leaves.
  void pause_for_operator(WallTime since);

  /// Until lift(): nothing that is learnt can be written down.
  void pause_for_queue(WallTime since);

  /// On the day that look() has seen last.
  queue::Spent spent() const { return spent_; }
  Budget budget() const { return budget_; }
  /// As configured; rate() is what the service's answers leave of it.
  double full_rate() const { return rate_; }

  bool paused(Pause pause) const { return cause(pause).on; }
  /// Since when, and until when at least. Only while paused.
  WallTime paused_since(Pause pause) const { return cause(pause).since; }
  WallTime paused_until(Pause pause) const { return cause(pause).until; }
  bool open() const;
  void set_rate(double submits_per_second);
  /// Its cause may be over (the key was changed, an operator says so): the next submit may try. The budget's
  /// is lifted for the rest of its day.
  void lift(Pause pause);
  double rate() const { return rate_ * share_; }

 private:
  using Source = lifecycle::Signal::Source;

  struct Cause {
    bool on = false;
    WallTime since;
    WallTime until;
    int times = 0;             ///< in a row, for the length of the next
    bool healthy = false;      ///< the breaker's: /health was asked and said so, for the next probe
    bool others_said = false;  ///< not only submits: their getting through again is a sign of its end
  };
  struct Span {
    Duration base, ceiling;
  };
  static constexpr Span kQuotaPause{std::chrono::minutes(1), std::chrono::hours(1)};

  Cause& cause(Pause pause) { return causes_[static_cast<std::size_t>(pause)]; }
  const Cause& cause(Pause pause) const { return causes_[static_cast<std::size_t>(pause)]; }
  int& failures(Source source) { return failures_[static_cast<std::size_t>(source)]; }
  double burst() const;
  double tokens_at(WallTime now) const;

  void prolong(Pause pause, Span span, const lifecycle::Signal& signal, WallTime now, double jitter);
  void trouble(const lifecycle::Signal& signal, WallTime now, double jitter);
  void slow_down(const lifecycle::Signal& signal, WallTime now);
  void over_quota(const lifecycle::Signal& signal, WallTime now, double jitter);
  void reached(Source source);
  void submit_taken(const lifecycle::Signal& signal, WallTime now, double jitter);
  void hold_until(WallTime time);
  std::chrono::sys_days day_at(WallTime now) const {
    return std::chrono::floor<std::chrono::days>(now + ahead_);
  }
  void turn_on(Cause& reason, WallTime now);
  void look_at_budget(WallTime now);

  double rate_;
  double share_ = 1;  ///< of the rate, in (0, 1]
  double tokens_;
  WallTime tokens_since_{};
  WallTime not_before_{};          ///< the service asked for it
  std::array<int, 2> failures_{};  ///< in a row, by source
  bool probing_ = false;
  bool asking_health_ = false;
  int under_way_ = 0;          ///< submits that were let through and have not ended
  std::int64_t in_doubt_ = 0;  ///< not those under way
  Budget budget_;
  queue::Spent spent_;  ///< on `day_`
  Duration ahead_{0};
  std::chrono::sys_days day_{};
  bool budget_lifted_ = false;  ///< for `day_`
  std::array<Cause, kPauseCount> causes_{};
};

}  // namespace chunkrd::pipeline
