#include "pipeline/scheduler.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/detached.hpp>
#include <system_error>

#include "core/errors.h"
#include "core/escape.h"
#include "pipeline/steps.h"
#include "queue/store.h"

namespace chunkrd::pipeline {
namespace {

using lifecycle::Signal;
using queue::Job;
using queue::State;

constexpr WallTime kNever = WallTime::max();

// Every state with a step. Later ones first: a document that is nearly there is finished before another is
// begun.
constexpr State kWorked[] = {State::burying,   State::delivered, State::delivering, State::collecting,
                             State::reparsing, State::submitted, State::submitting, State::updating,
                             State::ready,     State::claiming,  State::retrying,   State::removing};

// Steps that work on local files run a few at a time: more would only queue up in the file pool.
constexpr std::size_t kFileSteps = 4;
constexpr std::size_t kReconciles = 2;
// Requests without a body worth mentioning.
constexpr std::size_t kSmallRequests = 4;

// What is paid for: it needs the gate's leave.
bool is_paid(State state) {
  return state == State::ready || state == State::updating;
}

Signal signal_of(const std::exception& error) {
  const auto* system = dynamic_cast<const std::system_error*>(&error);
  return {system != nullptr && is_full_disk(system->code()) ? Signal::Kind::disk_full : Signal::Kind::none,
          {}};
}

void log_transition(const Job& before, const Job& after, const queue::Event& event) {
  const bool trouble = !after.error_code.empty() || event.what == "error";
  const bool routine = after.state == before.state && !trouble;
  spdlog::log(trouble   ? spdlog::level::warn
              : routine ? spdlog::level::debug
                        : spdlog::level::info,
              "{} job={} name=\"{}\" state={} {}", event.what, after.id, printable(after.name),
              queue::to_string(after.state), event.detail);
}

}  // namespace

Scheduler::Scheduler(Context& context, Gate& gate, Clock& clock, Executor loop)
    : context_(context), gate_(gate), loop_(std::move(loop)), alarm_(clock.make_alarm()) {}

std::size_t Scheduler::capacity(State state) const {
  const config::Limits& limits = context_.rules->limits;
  switch (state) {
    case State::ready:
      return static_cast<std::size_t>(limits.uploads);
    case State::submitted:
    case State::reparsing:
      return static_cast<std::size_t>(limits.polls);
    case State::updating:
    case State::removing:
      return kSmallRequests;
    case State::collecting:
      return static_cast<std::size_t>(limits.downloads);
    case State::submitting:
      return kReconciles;
    default:
      return kFileSteps;
  }
}

awaitable<void> Scheduler::run() {
  while (!stopping_) {
    try {
      for (const State state : kWorked)
        if (!stopping_) co_await fill(state);
    } catch (const queue::StoreError&) {
      fail();
    }
    if (!stopping_) co_await alarm_->wait_until(next_look());
  }
  while (!busy_.empty() || asking_health_) co_await alarm_->wait_until(kNever);
  if (failure_) std::rethrow_exception(failure_);
}

void Scheduler::stop() {
  stopping_ = true;
  alarm_->ring();
}

// Without the queue nothing may go on; what is under way ends first, because it uses this object.
void Scheduler::fail() {
  if (!failure_) failure_ = std::current_exception();
  stopping_ = true;
}

void Scheduler::wake() {
  tell_pauses();
  for (Lane& each : lanes_) each.look_at = {};
  alarm_->ring();
}

void Scheduler::look_at_pauses() {
  gate_.look(context_.clock.now());
  tell_pauses();
}

void Scheduler::expect(State state, WallTime due) {
  if (queue::is_end(state)) return;
  lane(state).look_at = std::min(lane(state).look_at, due);
  alarm_->ring();
}

WallTime Scheduler::next_look() const {
  WallTime next = kNever;
  for (const State state : kWorked) next = std::min(next, lanes_[static_cast<std::size_t>(state)].look_at);
  return next;
}

awaitable<std::vector<Job>> Scheduler::due_in(State state, WallTime now, std::size_t limit) {
  if (state != State::ready) co_return co_await context_.queue.due(state, now, limit);
  auto ready = co_await context_.queue.ready_by_profile(now, limit);
  co_return turns_.in_turn(std::move(ready), context_.rules->profiles);
}

// Starts what is due in one state, as far as there is capacity, and notes when to look again.
awaitable<void> Scheduler::fill(State state) {
  Lane& here = lane(state);
  const WallTime now = context_.clock.now();
  if (now < here.look_at) co_return;
  here.look_at = kNever;  // expect() may bring it forward while we wait for the queue
  if (here.running >= capacity(state)) co_return;
  const std::size_t wanted = capacity(state) - here.running;
  // Rows whose step is running still look due: ask for so many more.
  const auto jobs = co_await due_in(state, now, wanted + busy_.size());
  std::size_t started = 0;
  for (const Job& job : jobs) {
    if (stopping_ || busy_.contains(job.id)) continue;
    if (started == wanted || !start(job, now)) co_return;
    ++started;
  }
  if (const auto next = co_await context_.queue.next_due(state, now))
    here.look_at = std::min(here.look_at, *next);
}

// False when the job has to wait for something else than its own due time; the lane then knows for what.
bool Scheduler::start(const Job& job, WallTime now) {
  Gate::Pass pass = Gate::Pass::no;
  if (is_paid(job.state)) {
    const bool uploads = job.state == State::ready;
    const auto budget = context_.rules->limits.upload_bytes_in_flight;
    if (uploads && upload_bytes_ > 0 && upload_bytes_ + job.size_bytes > budget) return false;
    pass = gate_.ask(now);
    tell_pauses();
    if (pass == Gate::Pass::health) {
      asking_health_ = true;
      asio::co_spawn(loop_, ask_health(), asio::detached);
      return false;
    }
    if (pass == Gate::Pass::no) {
      if (const auto next = gate_.next(now))
        lane(job.state).look_at = std::min(lane(job.state).look_at, std::max(*next, now + Duration(1)));
      return false;
    }
    if (uploads) {
      upload_bytes_ += job.size_bytes;
      turns_.took(job.profile, context_.rules->profiles);
    }
  }
  lane(job.state).running += 1;
  busy_.insert(job.id);
  asio::co_spawn(loop_, run_step(job, pass), asio::detached);
  return true;
}

awaitable<void> Scheduler::run_step(Job job, Gate::Pass pass) {
  try {
    co_await carry_out(job);
  } catch (const std::exception& error) {
    // Only the queue itself comes here: without it nothing may go on.
    spdlog::error("the queue failed: {}", error.what());
    fail();
  }
  ended(job, pass);
}

// Whether an outage may be over, before a document is spent on the question.
awaitable<void> Scheduler::ask_health() {
  Signal signal{Signal::Kind::trouble, {}, Signal::Source::submit};
  try {
    signal = lifecycle::after_health(co_await context_.tasks.health());
  } catch (const std::exception& error) {
    spdlog::warn("GET /health could not be asked: {}", error.what());
  }
  const bool healthy = signal.kind == Signal::Kind::healthy;
  spdlog::log(healthy ? spdlog::level::info : spdlog::level::debug, "GET /health: {}",
              healthy ? "one submit tries whether the outage is over" : "the service is not there yet");
  hear(signal);
  gate_.ended(Gate::Pass::health);
  asking_health_ = false;
  lane(State::ready).look_at = lane(State::updating).look_at = {};
  alarm_->ring();
}

awaitable<void> Scheduler::carry_out(const Job& job) {
  steps::Outcome outcome;
  try {
    outcome = co_await steps::run(job, context_);
  } catch (const queue::StoreError&) {
    throw;
  } catch (const std::exception& error) {
    outcome = lifecycle::after_error(job, error.what(), signal_of(error), context_.moment(),
                                     context_.rules->policy_of(job));
  }
  if (!outcome) co_return;
  outcome = lifecycle::honour(std::move(*outcome), context_.moment());
  hear(outcome->signal);
  const queue::Spent spent = outcome->transition.spent;
  const queue::Event event = outcome->transition.event;
  const auto after = co_await context_.commit(std::move(outcome->transition));
  if (after && spent != queue::Spent{}) {
    gate_.spend(spent, context_.clock.now());
    tell_pauses();
  }
  if (!after) {
    spdlog::info("job={} was moved by somebody else meanwhile", job.id);
    co_return;
  }
  // What the log says is durable: whoever reads of an end there may take it for one.
  log_transition(job, *after, event);
  if (after->possible_duplicates > job.possible_duplicates) context_.observer.on_possible_duplicate();
  if (job.state == State::submitting && after->state == State::submitted) context_.observer.on_adopted();
  // Not before the row is free again: until ended() its id is busy and would be passed over.
  if (!queue::is_end(after->state))
    lane(after->state).look_at = std::min(lane(after->state).look_at, after->due);
}

void Scheduler::ended(const Job& job, Gate::Pass pass) {
  gate_.ended(pass);
  busy_.erase(job.id);
  if (job.state == State::ready) upload_bytes_ -= job.size_bytes;
  lane(job.state).running -= 1;
  lane(job.state).look_at = {};  // a place is free
  // An intent whose step ended otherwise than planned waits in the lane behind.
  if (job.state == State::ready) lane(State::submitting).look_at = {};
  alarm_->ring();
}

void Scheduler::hear(const Signal& signal) {
  gate_.hear(signal, context_.clock.now(), context_.random.fraction());
  tell_pauses();
}

// A pause can also end by itself (the disk's) or by a reload: so what was told last is compared.
void Scheduler::tell_pauses() {
  for (std::size_t i = 0; i < told_.size(); ++i) {
    const auto pause = static_cast<Pause>(i);
    const bool paused = gate_.paused(pause);
    if (paused == told_[i]) continue;
    told_[i] = paused;
    context_.observer.on_pause(pause, paused);
    spdlog::log(paused ? spdlog::level::warn : spdlog::level::info, "submits {} ({})",
                paused ? "paused" : "resumed", to_string(pause));
    lane(State::ready).look_at = lane(State::updating).look_at = {};
    alarm_->ring();
  }
}

}  // namespace chunkrd::pipeline
