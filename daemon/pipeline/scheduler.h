#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/async.h"
#include "core/clock.h"
#include "core/ground.h"
#include "pipeline/context.h"
#include "pipeline/gate.h"
#include "pipeline/observer.h"
#include "pipeline/renewal.h"
#include "pipeline/steps.h"
#include "pipeline/turns.h"
#include "pipeline/write_looks.h"

namespace chunkrd::pipeline {

/// Takes due rows as capacity frees up and runs their steps. The only place in the pipeline that waits for
/// time to pass; memory follows the work in flight, never the backlog. Event-loop thread only.
///
/// No inbox holds up another one. A step that waits for files too long (a dead mount) gives its place in the
/// lane to others, and the gate's leave, and an inbox with several of them gets no more until they go on.
/// Rows of an inbox or a profile that is not configured any more are passed over until it is again.
class Scheduler {
 public:
  /// After so long in one piece of file work a step does not count in its lane: others shall not wait for a
  /// mount that may be dead.
  static constexpr std::chrono::seconds kFilePatience{10};

  /// All of them must outlive the scheduler and the steps it has started.
  Scheduler(Context& context, Gate& gate, Clock& clock, Executor loop,
            std::chrono::milliseconds file_patience = kFilePatience);

  /// Runs until stop() and until the last step has ended. Throws what made the queue unusable
  /// (queue::StoreError).
  awaitable<void> run();

  /// Starts no further step.
  void stop();

  /// Lets new limits count, and looks at everything again (after a reload, a lifted pause).
  void wake();

  /// Tells of pauses that have ended by time, also while no document is ready, or that somebody has begun:
  /// for what reason.
  void look_at_pauses(const std::string& why = {});

  bool is_paused(Pause pause) const;

  /// A row came into `state`, due at `due`.
  void expect(queue::State state, WallTime due);

  /// Profiles that documents on their way need, and that are not configured: those documents wait.
  const std::set<std::string>& missing_profiles() const { return strangers_.profiles; }

  std::size_t steps_running() const { return busy_.size(); }

  /// The steps on rows in `state`: how many run, of how many, and since when the first of them.
  struct Load {
    std::size_t running = 0;
    std::size_t capacity = 0;
    std::optional<std::chrono::steady_clock::time_point> oldest = std::nullopt;
  };
  Load load_of(queue::State state) const;

  /// A step that runs now.
  struct Work {
    queue::State state{};
    std::string name;  ///< of the document (bytes)
    std::chrono::steady_clock::time_point since;
  };
  /// Up to `limit` of them, those that have been running longest.
  std::vector<Work> longest_running(std::size_t limit) const;

  /// Is a step of this job running?
  bool is_busy(const std::string& job_id) const { return busy_.contains(job_id); }

 private:
  using Step = std::function<awaitable<steps::Outcome>(queue::Job, Context&)>;

  /// The jobs of one state: when to look for due ones.
  struct Lane {
    WallTime look_at{};
  };
  /// A step that is running.
  struct Running {
    std::optional<queue::State> lane;  ///< whose capacity it takes; one of its own otherwise
    queue::Job job;                    ///< as it began
    Gate::Pass pass = Gate::Pass::no;  ///< the gate's leave, while it has one
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
  };

  Lane& lane(queue::State state) { return lanes_[static_cast<std::size_t>(state)]; }
  std::size_t capacity(queue::State state) const;
  awaitable<void> learn_twins();
  awaitable<void> look_for_strangers();
  awaitable<void> fill(queue::State state);
  awaitable<std::vector<queue::Job>> due_in(queue::State state, WallTime now, std::size_t limit);
  queue::Held held_in(queue::State state) const;
  bool is_configured(const queue::Job& job) const;
  void count_doubts();
  bool hangs(const std::string& job_id) const;
  void look_again();
  void suspect_folders();
  void pass_on();
  std::size_t in_lane(std::optional<queue::State> state) const;
  std::uint64_t upload_bytes() const;
  template <class Which>
  WallTime first_to_hang(WallTime now, Which which) const;
  bool waits_for_another(const queue::Job& job, WallTime now);
  awaitable<void> let_freed_go();
  bool start(const queue::Job& job, WallTime now);
  bool waits_for_folder(const queue::Job& job, WallTime now);
  bool waits_for_look(const queue::Job& job, WallTime now);
  void is_there_again(const queue::Job& job);
  void learn_of_folders(const queue::Job& job, const lifecycle::Decision& decision, bool may_be_a_folder);
  bool is_told(const queue::Job& job, const std::filesystem::path& folder) const;
  lifecycle::Decision absent(const queue::Job& job, const FolderGone& gone);
  void launch(const queue::Job& job, std::optional<queue::State> lane, Gate::Pass pass, Step step);
  awaitable<void> run_step(queue::Job job, Step step);
  awaitable<void> ask_health();
  awaitable<void> carry_out(const queue::Job& job, const Step& step);
  void tell_step(const queue::Job& before, const queue::Job* after, bool unplanned_error) const;
  void give_leave_back(Running& running);
  void ended(const queue::Job& job);
  /// `why`: what was learnt, for people; a pause that begins with it is told so.
  void hear(const lifecycle::Signal& signal, const std::string& why = {});
  void tell_pauses(const std::string& why = {});
  awaitable<void> notice_the_clock();
  void fail();
  WallTime next_look() const;

  Context& context_;
  Gate& gate_;
  Clock& clock_;
  Executor loop_;
  const std::chrono::milliseconds file_patience_;
  std::unique_ptr<Alarm> alarm_;
  Renewal renewal_;
  WriteLooks write_looks_;
  std::array<Lane, queue::kStateCount + 1> lanes_{};
  std::map<std::string, Running> busy_;  ///< by the id of the job whose step is running
  Turns turns_;
  queue::Held strangers_;  ///< inboxes and profiles of rows that are not configured
  bool look_for_strangers_ = true;
  std::deque<std::string> freed_;  ///< ids of documents whose waiting for another one is over
  bool stopping_ = false;
  bool asking_health_ = false;
  std::array<bool, kPauseCount> told_{};  ///< which pauses the observer knows of
  std::exception_ptr failure_;
};

}  // namespace chunkrd::pipeline
