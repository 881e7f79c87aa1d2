#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "inbox/identity.h"

namespace chunkrd::inbox {

/// How a document was found: it and its sidecar settle as one.
struct Looks {
  /// Implicit, because most documents have no sidecar.
  Looks(const Identity& seen, const std::optional<Identity>& beside = std::nullopt)
      : document(seen), sidecar(beside) {}

  Identity document;
  std::optional<Identity> sidecar;

  bool operator==(const Looks&) const = default;
};

/// Decides when a file is complete: when it has been seen unchanged for a while.
///
/// Knows no clock and no files: it is told what was seen when, and says what to look at next. A file that
/// keeps changing never settles and is never given up. An empty file waits longer (ten times, at most a
/// minute): many writers create first and fill later.
class Settle {
 public:
  using Time = std::chrono::steady_clock::time_point;

  enum class Verdict {
    waiting,
    settled,  ///< unchanged for long enough; stays a candidate until forget()
    no_room,  ///< as many candidates as there may be: not remembered, to be seen again later
  };

  Settle(std::chrono::milliseconds settle, std::size_t candidates_max);

  /// `name` was seen looking so. `now` is not before the look at the file for its first sight, and not
  /// after it for any later one, so that the time between the two looks is never overstated.
  Verdict see(const std::string& name, const Looks& looks, Time now);

  /// `name` could not be looked at. It is a candidate too, and looked at again soon, then less and less
  /// often.
  Verdict doubt(const std::string& name, Time now);

  /// `name` has settled and nobody has taken it: not looked at, nor settled, before `time`, and unclaimed
  /// until it changes.
  void leave(const std::string& name, Time time);
  /// Somebody has it open for writing: it begins anew to be unchanged.
  void begin_anew(const std::string& name, Time now);

  /// Gone, or handed over. Returns whether it was a candidate.
  bool forget(const std::string& name);

  /// When the next candidate is to be looked at; nothing without candidates.
  std::optional<Time> next() const;

  /// Up to `limit` candidates to look at now: first seen first, and of those by name.
  std::vector<std::string> due(Time now, std::size_t limit) const;

  std::size_t size() const noexcept { return candidates_.size(); }
  /// Of them: those that could not be looked at, and those that were left.
  std::size_t unclaimed() const noexcept { return unclaimed_; }

 private:
  struct Candidate {
    std::optional<Looks> looks;  ///< none until the first look that tells something
    Time ready_at;
    unsigned doubts = 0;  ///< in a row
    bool left = false;
    bool is_unclaimed() const noexcept { return doubts > 0 || left; }
  };
  using Candidates = std::unordered_map<std::string, Candidate>;
  struct ByTime {
    bool operator()(const Candidates::value_type* a, const Candidates::value_type* b) const noexcept;
  };

  std::chrono::milliseconds wait_for(const Looks& looks) const noexcept;
  void reschedule(Candidates::value_type& candidate, Time ready_at);
  void mark(Candidate& candidate, unsigned doubts, bool left) noexcept;
  Candidates::value_type* find_or_make(const std::string& name, Time ready_at);

  std::chrono::milliseconds settle_;
  std::size_t candidates_max_;
  std::size_t unclaimed_ = 0;
  Candidates candidates_;
  std::set<const Candidates::value_type*, ByTime> order_;  ///< into candidates_
};

}  // namespace chunkrd::inbox
