#pragma once

#include <array>
#include <exception>
#include <memory>
#include <set>
#include <string>

#include "core/async.h"
#include "core/clock.h"
#include "pipeline/context.h"
#include "pipeline/gate.h"
#include "pipeline/observer.h"
#include "pipeline/turns.h"

namespace chunkrd::pipeline {

/// Takes due rows as capacity frees up and runs their steps. The only place in the pipeline that waits for
/// time to pass; memory follows the work in flight, never the backlog. Event-loop thread only.
class Scheduler {
 public:
  /// All of them must outlive the scheduler and the steps it has started.
  Scheduler(Context& context, Gate& gate, Clock& clock, Executor loop);

  /// Runs until stop() and until the last step has ended. Throws what made the queue unusable
  /// (queue::StoreError).
  awaitable<void> run();

  /// Starts no further step.
  void stop();

  /// Lets new limits count, and looks at everything again (after a reload, a lifted pause).
  void wake();

  /// Tells of pauses that have ended by time, also while no document is ready.
  void look_at_pauses();

  /// A row came into `state`, due at `due`.
  void expect(queue::State state, WallTime due);

  std::size_t steps_running() const { return busy_.size(); }
  /// Is a step of this job running?
  bool is_busy(const std::string& job_id) const { return busy_.contains(job_id); }

 private:
  /// The jobs of one state: how many of its steps may run at once, and when to look for due ones.
  struct Lane {
    std::size_t running = 0;
    WallTime look_at{};
  };

  Lane& lane(queue::State state) { return lanes_[static_cast<std::size_t>(state)]; }
  std::size_t capacity(queue::State state) const;
  awaitable<void> fill(queue::State state);
  awaitable<std::vector<queue::Job>> due_in(queue::State state, WallTime now, std::size_t limit);
  bool start(const queue::Job& job, WallTime now);
  awaitable<void> run_step(queue::Job job, Gate::Pass pass);
  awaitable<void> ask_health();
  awaitable<void> carry_out(const queue::Job& job);
  void ended(const queue::Job& job, Gate::Pass pass);
  void hear(const lifecycle::Signal& signal);
  void tell_pauses();
  void fail();
  WallTime next_look() const;

  Context& context_;
  Gate& gate_;
  Executor loop_;
  std::unique_ptr<Alarm> alarm_;
  std::array<Lane, queue::kStateCount + 1> lanes_{};
  std::set<std::string> busy_;  ///< ids of jobs whose step is running
  Turns turns_;
  std::uint64_t upload_bytes_ = 0;
  bool stopping_ = false;
  bool asking_health_ = false;
  std::array<bool, kPauseCount> told_{};  ///< which pauses the observer knows of
  std::exception_ptr failure_;
};

}  // namespace chunkrd::pipeline
