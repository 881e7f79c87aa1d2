#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/async.h"
#include "core/clock.h"
#include "pipeline/context.h"
#include "pipeline/lifecycle.h"
#include "pipeline/observer.h"
#include "queue/store.h"

namespace chunkrd::pipeline {

/// Deletes what is over for longer, or is more, than the configuration's `retention` keeps: first originals
/// from the archives, then rows with their stories and manifests, then answered commands and old spending.
///
/// In rounds, each from the oldest end on to the first that is not over its bound; a round is done in small
/// parts, so that nobody has to wait long for the queue. An original goes before its row says so. A manifest
/// goes after its row, which leaves a note until then: with the row nobody can wish for another result any
/// more. So the next round makes up for a crash in between. What cannot be deleted stays, is told in the log,
/// and is tried again in the next round.
///
/// Event-loop thread. `context` must outlive it.
class Retention {
 public:
  explicit Retention(Context& context) : context_(context) {}

  /// Does one part, if it is time. Nobody else may move a document that has ended meanwhile. Throws
  /// StoreError.
  awaitable<void> step();

  /// The next step begins a round (the bounds may have changed).
  void begin_anew() { anew_ = true; }

 private:
  enum class Part { originals, documents, commands, events, days };
  struct Round {
    Part part = Part::originals;
    lifecycle::Bound bound;      ///< of this part
    queue::EndMark at;           ///< how far this part is
    std::int64_t looked_at = 0;  ///< in this part
    std::array<std::size_t, kPrunedCount> pruned{};
    std::size_t failures = 0;
    std::string failure;  ///< the first
  };
  /// What a part has come to with its documents.
  struct Outcome {
    std::vector<queue::Change> changes;
    std::vector<std::string> failures;
    std::size_t removed = 0;    ///< files
    std::size_t looked_at = 0;  ///< documents, from the first on
  };

  /// `claimed`: ids of those of which another row says, too, that its original lies there: whose it is cannot
  /// be told, so it stays until only one says so.
  static Outcome remove_originals(const Rules& rules, const std::vector<queue::Ended>& over,
                                  const std::set<std::string>& claimed);
  static Outcome forget(const Rules& rules, const std::vector<queue::Ended>& over, WallTime now);
  static std::string remove_manifests(const Rules& rules, const std::vector<queue::Forgotten>& documents);

  // What it works on lies anywhere: it has threads of its own.
  template <class Work>
  auto on_files(Work work) {
    return context_.files.run({}, {}, std::move(work));
  }

  bool is_time();
  Duration rest() const;
  awaitable<void> begin(Part part);
  awaitable<void> originals();
  awaitable<std::set<std::string>> claimed_by_others(const std::vector<queue::Ended>& over);
  awaitable<void> documents();
  awaitable<bool> remove_what_is_left();
  awaitable<void> bookkeeping();
  awaitable<bool> forget_events();
  void let_go(const Outcome& outcome, const std::vector<queue::Ended>& over,
              const std::vector<bool>& forgotten) const;
  std::vector<queue::Ended> over_bound(std::vector<queue::Ended> page) const;
  static void each_name_once(std::vector<queue::Ended>& page);
  void advance(const std::vector<queue::Ended>& page, const Outcome& outcome);
  void note_failure(const std::string& failure);
  void count(Pruned what, std::size_t number);
  void end();

  Context& context_;
  std::optional<WallTime> next_round_;
  std::optional<Round> round_;
  bool anew_ = false;
};

}  // namespace chunkrd::pipeline
