#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/async.h"
#include "core/clock.h"
#include "pipeline/context.h"
#include "pipeline/gate.h"
#include "pipeline/scheduler.h"
#include "queue/command.h"

namespace chunkrd::pipeline {

/// A command's arguments as JSON, for the table: what arguments_of() gives, wish_of() understands.
std::string arguments_of(const lifecycle::Wish& wish);
queue::CommandKind kind_of(const lifecycle::Wish& wish);
/// Nothing if the command is not about a job, or is not one of ours.
std::optional<lifecycle::Wish> wish_of(const queue::Command& command);

/// The reason an operator gave for a pause, durable under this key; empty: there is none.
inline constexpr const char* kOperatorPauseNote = "pause.operator";

/// Carries a command out on a queue that no daemon works: what needs the service or the file pool then waits
/// in the job's row for the next start. What was asked for before, of the same job or of the daemon, and has
/// no answer yet, goes first. The caller keeps daemons and other commands away meanwhile. Blocking.
queue::CommandAnswer carry_out_at_rest(queue::Store& store, const queue::Command& command, const Mark& now);

/// What was asked of a daemon that has ended without an answer is not the next one's to do: a pause that was
/// asked for holds, a drain is over. Before the work of a daemon begins; blocking.
void end_wishes_of_the_daemon_before(queue::Store& store, const Mark& now);

/// Carries out what people have asked for, in the order in which they asked. A command about a document whose
/// step is running waits for its end: nothing that a step learns is thrown away.
///
/// Event-loop thread only. All of what it is given must outlive it.
class Commands {
 public:
  /// Looks for commands so often: a person waits for the answer.
  Commands(Context& context, Scheduler& scheduler, Gate& gate, Clock& clock,
           Duration look_every = std::chrono::milliseconds(250));

  /// Called for `chunkrd drain`.
  void on_drain(std::function<void()> drain) { drain_ = std::move(drain); }

  /// Called for `chunkrd reload`: reads the configuration again and says what came of it.
  void on_reload(std::function<awaitable<queue::CommandAnswer>()> reload) { reload_ = std::move(reload); }

  /// Called after each look for commands: nobody moves a document whose way is over meanwhile.
  void on_rest(std::function<awaitable<void>()> rest) { rest_ = std::move(rest); }

  /// Takes up the operator's pause of an earlier run, then looks for commands until stop().
  awaitable<void> run();
  void stop();

 private:
  awaitable<void> look();
  /// False when it waits: for the end of a step, or because the row moved.
  awaitable<bool> carry_out(queue::Command command);
  awaitable<bool> about_job(const queue::Command& command, const lifecycle::Wish& wish);
  awaitable<queue::CommandAnswer> about_daemon(const queue::Command& command);
  awaitable<queue::CommandAnswer> resume(const std::string& cause);

  Context& context_;
  Scheduler& scheduler_;
  Gate& gate_;
  std::unique_ptr<Alarm> alarm_;
  Duration look_every_;
  std::function<void()> drain_;
  std::function<awaitable<queue::CommandAnswer>()> reload_;
  std::function<awaitable<void>()> rest_;
  bool stopping_ = false;
};

}  // namespace chunkrd::pipeline
