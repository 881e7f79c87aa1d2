#include "pipeline/scheduler.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <system_error>

#include "core/cut.h"
#include "core/errors.h"
#include "core/escape.h"
#include "core/spawn.h"
#include "pipeline/about.h"
#include "pipeline/reuse.h"
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

// Rows that are read at once where all of a kind are.
constexpr std::size_t kPage = 256;

// States whose steps need the folders of the inbox.
bool needs_place(State state) {
  return state != State::submitting && state != State::submitted && state != State::updating &&
         state != State::reparsing && state != State::removing;
}

// States whose steps depend on what the document's profile says.
bool needs_profile(State state) {
  return state != State::removing;
}

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
  const bool routine = event.what.empty() || (after.state == before.state && !trouble);
  log_about(routine   ? spdlog::level::debug
            : trouble ? spdlog::level::warn
                      : spdlog::level::info,
            event.what, about(after), event.detail,
            after.state == before.state ? Alike::all_documents : Alike::each_document);
}

}  // namespace

Scheduler::Scheduler(Context& context, Gate& gate, Clock& clock, Executor loop,
                     std::chrono::milliseconds file_patience)
    : context_(context),
      gate_(gate),
      clock_(clock),
      loop_(std::move(loop)),
      file_patience_(file_patience),
      alarm_(clock.make_alarm()),
      renewal_(context, *alarm_),
      write_looks_(context, *alarm_, file_patience) {}

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
  try {
    co_await learn_twins();
  } catch (const queue::StoreError&) {
    fail();
  }
  while (!stopping_) {
    try {
      co_await notice_the_clock();
      const bool has_renewed = renewal_.look(clock_.now(), loop_);
      if (has_renewed) look_again();
      if (has_renewed || look_for_strangers_)
        context_.unwritable.doubt_unready(context_.rules->places, clock_.now());
      suspect_folders();
      if (write_looks_.look(clock_.now(), loop_)) look_again();
      pass_on();
      if (std::exchange(look_for_strangers_, false)) co_await look_for_strangers();
      co_await let_freed_go();
      for (const State state : kWorked)
        if (!stopping_) co_await fill(state);
    } catch (const queue::StoreError&) {
      fail();
    }
    if (!stopping_) co_await alarm_->wait_until(next_look());
  }
  while (!busy_.empty() || asking_health_ || renewal_.is_looking()) co_await alarm_->wait_until(kNever);
  if (failure_) std::rethrow_exception(failure_);
}

void Scheduler::stop() {
  stopping_ = true;
  alarm_->ring();
}

// Who was being paid for when the daemon ended, or may have been.
awaitable<void> Scheduler::learn_twins() {
  queue::Filter paid;
  for (const State state : {State::submitting, State::submitted, State::collecting, State::delivering,
                            State::delivered, State::updating})
    paid.states.push_back(state);
  std::string last;
  while (true) {
    const auto page = co_await context_.queue.list(paid, last, kPage);
    for (const Job& job : page) context_.note(job);
    if (page.size() < kPage) break;
    last = page.back().id;
  }
  count_doubts();
}

// Their documents wait, and cost the others nothing: no turn, no leave to submit, no place in a lane.
awaitable<void> Scheduler::look_for_strangers() {
  queue::Held found;
  for (std::string& profile : co_await context_.queue.profiles()) {
    if (context_.rules->profiles.contains(profile)) continue;
    if (!strangers_.profiles.contains(profile))
      spdlog::warn(
          "profile {} is not in the configuration any more: documents that were taken with it wait until it "
          "is",
          printable(profile));
    found.profiles.insert(std::move(profile));
  }
  for (std::string& inbox : co_await context_.queue.inboxes()) {
    if (context_.rules->places.contains(inbox)) continue;
    if (!strangers_.inboxes.contains(inbox))
      spdlog::warn(
          "inbox {} is not in the configuration any more: what is left of it in the queue waits until it is",
          printable(inbox));
    found.inboxes.insert(std::move(inbox));
  }
  strangers_ = std::move(found);
}

// Without the queue nothing may go on; what is under way ends first, because it uses this object.
void Scheduler::fail() {
  if (!failure_) failure_ = std::current_exception();
  stopping_ = true;
}

void Scheduler::wake() {
  look_for_strangers_ = true;
  renewal_.hurry();
  look_again();
  alarm_->ring();
}

void Scheduler::look_again() {
  tell_pauses();
  for (Lane& each : lanes_) each.look_at = {};
}

void Scheduler::look_at_pauses(const std::string& why) {
  gate_.look(context_.clock.now());
  tell_pauses(why);
}

void Scheduler::expect(State state, WallTime due) {
  if (queue::is_end(state)) return;
  lane(state).look_at = std::min(lane(state).look_at, due);
  alarm_->ring();
}

// Nothing waits by it, but the day's budget does, and people read it.
awaitable<void> Scheduler::notice_the_clock() {
  const Duration set = clock_.look();
  if (set == Duration::zero()) co_return;
  spdlog::warn(
      "the clock of this machine was set {} by {} s; what is due, and every age, counts on as before",
      set < Duration::zero() ? "back" : "forward",
      std::chrono::abs(std::chrono::round<std::chrono::seconds>(set)).count());
  gate_.set_ahead(clock_.ahead(), clock_.now());
  tell_pauses();
  co_await context_.queue.apply_together({});
}

WallTime Scheduler::next_look() const {
  WallTime next = std::min(renewal_.next(), write_looks_.next(context_.clock.now()));
  for (const State state : kWorked) next = std::min(next, lanes_[static_cast<std::size_t>(state)].look_at);
  const auto matters = [](const Running& running) {
    return running.pass != Gate::Pass::no || needs_place(running.job.state);
  };
  return std::min(next, first_to_hang(context_.clock.now(), matters));
}

awaitable<std::vector<Job>> Scheduler::due_in(State state, WallTime now, std::size_t limit) {
  if (state != State::ready) co_return co_await context_.queue.due(state, now, limit, held_in(state));
  auto ready = co_await context_.queue.ready_by_profile(now, limit, held_in(state));
  co_return turns_.in_turn(std::move(ready), context_.rules->profiles);
}

// Whose rows are passed over: of inboxes that are not configured, of which a folder was gone a moment ago or
// cannot be written to, or that have enough steps of this state that hang (one, where only one at a time may
// try whether an outage is over); and of profiles that are not configured.
queue::Held Scheduler::held_in(State state) const {
  queue::Held held;
  if (needs_place(state)) held.inboxes = strangers_.inboxes;
  if (needs_profile(state)) held.profiles = strangers_.profiles;
  context_.absences.hold(held.inboxes, state, context_.clock.now());
  context_.unwritable.hold(held.inboxes, state, context_.rules->places);
  if (is_paid(state))
    for (const auto& [inbox, place] : context_.rules->places)
      if (place->misses_a_place()) held.inboxes.insert(inbox);
  const std::size_t enough = is_paid(state) && !gate_.open() ? 1 : kFileSteps;
  std::map<std::string, std::size_t> hanging;
  for (const auto& [id, running] : busy_)
    if (running.lane == state && hangs(id) && ++hanging[running.job.inbox] >= enough)
      held.inboxes.insert(running.job.inbox);
  return held;
}

Scheduler::Load Scheduler::load_of(State state) const {
  Load load{.running = 0, .capacity = capacity(state)};
  for (const auto& [id, running] : busy_) {
    if (running.lane != state) continue;
    load.running += 1;
    load.oldest = load.oldest ? std::min(*load.oldest, running.since) : running.since;
  }
  return load;
}

std::vector<Scheduler::Work> Scheduler::longest_running(std::size_t limit) const {
  std::vector<Work> work;
  for (const auto& [id, running] : busy_)
    if (running.lane) work.push_back({*running.lane, running.job.name, running.since});
  std::ranges::sort(work, {}, &Work::since);
  if (work.size() > limit) work.resize(limit);
  return work;
}

// The rules may have changed while the queue was asked.
bool Scheduler::is_configured(const Job& job) const {
  return (!needs_place(job.state) || context_.rules->places.contains(job.inbox)) &&
         (!needs_profile(job.state) || context_.rules->has_profile_of(job));
}

// Submits under way are counted by the gate itself.
void Scheduler::count_doubts() {
  const auto under_way = static_cast<std::size_t>(std::ranges::count_if(busy_, [&](const auto& step) {
    const auto& [id, running] = step;
    return running.pass != Gate::Pass::no && context_.in_doubt.contains(id);
  }));
  gate_.set_in_doubt(context_.in_doubt.size() - under_way, context_.clock.now());
  tell_pauses();
}

bool Scheduler::hangs(const std::string& job_id) const {
  const auto since = context_.files.waiting_since(job_id);
  return since && std::chrono::steady_clock::now() - *since >= file_patience_;
}

std::size_t Scheduler::in_lane(std::optional<State> state) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      busy_, [&](const auto& step) { return step.second.lane == state && !hangs(step.first); }));
}

std::uint64_t Scheduler::upload_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [id, running] : busy_)
    if (running.lane == State::ready && !hangs(id)) bytes += running.job.size_bytes;
  return bytes;
}

// When the next of such steps will be known to hang, should it wait for files for so long. One that does not
// wait for files yet may begin to at any moment.
template <class Which>
WallTime Scheduler::first_to_hang(WallTime now, Which which) const {
  const auto steady_now = std::chrono::steady_clock::now();
  WallTime first = kNever;
  for (const auto& [id, running] : busy_) {
    if (!which(running) || hangs(id)) continue;
    const auto left = context_.files.waiting_since(id).value_or(steady_now) + file_patience_ - steady_now;
    first = std::min(first, now + std::max(Duration(1), std::chrono::ceil<Duration>(left)));
  }
  return first;
}

// A step that does not come to its end may have met a folder that does not answer.
void Scheduler::suspect_folders() {
  for (const auto& [id, running] : busy_) {
    if (!needs_place(running.job.state) || !hangs(id)) continue;
    const auto place = context_.rules->places.find(running.job.inbox);
    if (place != context_.rules->places.end())
      context_.unwritable.suspect(running.job, *place->second, std::nullopt, context_.clock.now());
  }
}

// Leaves of documents whose file does not answer go to others: one of them may be the only one that is given
// while an outage lasts. Nothing of these documents was sent, and nothing is until they get a new one.
void Scheduler::pass_on() {
  for (auto& [id, running] : busy_) {
    if (running.pass == Gate::Pass::no || !hangs(id)) continue;
    spdlog::warn("job={} name=\"{}\": its file does not answer; others are submitted before it", id,
                 printable(running.job.name));
    context_.passed_over.insert(id);
    give_leave_back(running);
  }
}

void Scheduler::give_leave_back(Running& running) {
  const Gate::Pass pass = std::exchange(running.pass, Gate::Pass::no);
  gate_.ended(pass);
  // The gate may have told any of them to wait for just this end.
  if (pass != Gate::Pass::no)
    for (const State paid : {State::ready, State::updating}) lane(paid).look_at = {};
  if (running.job.state == State::ready) context_.twins.end(running.job);
}

// Starts what is due in one state, as far as there is capacity, and notes when to look again.
awaitable<void> Scheduler::fill(State state) {
  Lane& here = lane(state);
  const WallTime now = context_.clock.now();
  if (now < here.look_at) co_return;
  here.look_at = kNever;  // expect() may bring it forward while we wait for the queue
  const auto in_here = [state](const Running& running) { return running.lane == state; };
  const std::size_t running = in_lane(state);
  if (running >= capacity(state)) {
    here.look_at = first_to_hang(now, in_here);
    co_return;
  }
  const std::size_t wanted = capacity(state) - running;
  // Rows whose step is running still look due: ask for so many more.
  const auto jobs = co_await due_in(state, now, wanted + busy_.size());
  std::size_t started = 0;
  for (const Job& job : jobs) {
    if (stopping_ || busy_.contains(job.id) || !is_configured(job) || waits_for_another(job, now) ||
        waits_for_folder(job, now) || waits_for_look(job, now))
      continue;
    if (started == wanted) break;
    if (!start(job, now)) co_return;
    ++started;
  }
  if (started == wanted) {
    here.look_at = std::min(here.look_at, first_to_hang(now, in_here));
    co_return;
  }
  if (const auto next = co_await context_.queue.next_due(state, now))
    here.look_at = std::min(here.look_at, *next);
  if (const auto next = context_.absences.next_look(state, now)) here.look_at = std::min(here.look_at, *next);
}

// False when the job has to wait for something else than its own due time; the lane then knows for what.
bool Scheduler::start(const Job& job, WallTime now) {
  Gate::Pass pass = Gate::Pass::no;
  if (is_paid(job.state)) {
    const bool uploads = job.state == State::ready;
    const auto budget = context_.rules->limits.upload_bytes_in_flight;
    if (const auto others = upload_bytes(); uploads && others > 0 && others + job.size_bytes > budget)
      return false;
    pass = gate_.ask(now);
    tell_pauses();
    if (pass == Gate::Pass::health) {
      asking_health_ = true;
      asio::co_spawn(loop_, ask_health(), kOrEnd);
      return false;
    }
    if (pass == Gate::Pass::no) {
      if (const auto next = gate_.next(now))
        lane(job.state).look_at = std::min(lane(job.state).look_at, std::max(*next, now + Duration(1)));
      return false;
    }
    if (uploads) {
      context_.twins.begin(job, now);
      turns_.took(job.profile, context_.rules->profiles);
    }
  }
  launch(job, job.state, pass, [this](Job running, Context& context) -> awaitable<steps::Outcome> {
    auto outcome = co_await steps::run(running, context);
    is_there_again(running);
    co_return outcome;
  });
  return true;
}

// Then its row is put off, before it takes anybody's leave or place.
bool Scheduler::waits_for_another(const Job& job, WallTime now) {
  if (job.state != State::ready || !may_reuse(job, context_.rules->profile_of(job))) return false;
  const auto first = context_.twins.first_for(job, now);
  if (!first) return false;
  launch(job, std::nullopt, Gate::Pass::no,
         [first = *first](Job waiting, Context& context) -> awaitable<steps::Outcome> {
           const auto telling =
               context.twins.wait(waiting) ? lifecycle::Telling::told : lifecycle::Telling::silent;
           co_return lifecycle::wait_for(waiting, first, telling, context.moment());
         });
  return true;
}

// A few at a time: each copies a result.
awaitable<void> Scheduler::let_freed_go() {
  for (std::string& id : context_.twins.take_freed()) freed_.push_back(std::move(id));
  while (!freed_.empty() && !stopping_ && in_lane(std::nullopt) < kFileSteps) {
    const std::string id = std::move(freed_.front());
    freed_.pop_front();
    const auto job = co_await context_.queue.find(id);
    if (job && job->state == State::ready && !busy_.contains(id) && is_configured(*job))
      launch(*job, std::nullopt, Gate::Pass::no, &steps::take_over);
  }
}

void Scheduler::launch(const Job& job, std::optional<State> lane, Gate::Pass pass, Step step) {
  busy_.emplace(job.id, Running{.lane = lane, .job = job, .pass = pass});
  asio::co_spawn(loop_, run_step(job, std::move(step)), kOrEnd);
}

// Where its spool was gone for a step before: it looks for it, before it takes anybody's leave or place.
bool Scheduler::waits_for_folder(const Job& job, WallTime now) {
  if (job.state != State::ready || context_.absences.of(job, now) == nullptr) return false;
  launch(job, std::nullopt, Gate::Pass::no,
         [this](Job waiting, Context& context) -> awaitable<steps::Outcome> {
           const auto place = context.rules->place_of(waiting);
           co_await context.on_files(waiting, *place,
                                     [place, waiting] { (void)home_of(*place, waiting).spool.open(); });
           is_there_again(waiting);
           co_return std::nullopt;
         });
  return true;
}

// From now on its inbox is held, until its folders were looked at; what others have in the lane comes now.
bool Scheduler::waits_for_look(const Job& job, WallTime now) {
  const auto place = context_.rules->places.find(job.inbox);
  if (!is_paid(job.state) || place == context_.rules->places.end()) return false;
  if (context_.unwritable.may_pay_for(*place->second, now)) return false;
  lane(job.state).look_at = now;
  return true;
}

// What a step has met where it was to write. `may_be_a_folder`: it has ended with an error that a disk or its
// file system gives.
void Scheduler::learn_of_folders(const Job& job, const lifecycle::Decision& decision, bool may_be_a_folder) {
  const auto place = context_.rules->places.find(job.inbox);
  if (place == context_.rules->places.end()) return;
  if (decision.signal.kind == Signal::Kind::disk_full)
    context_.unwritable.suspect(job, *place->second, decision.transition.event.detail, context_.clock.now());
  else if (may_be_a_folder)
    context_.unwritable.suspect(job, *place->second, std::nullopt, context_.clock.now());
  else if (decision.transition.after.state != job.state)
    context_.unwritable.worked(job, *place->second, context_.clock.now());
}

// What was gone when its place was made was told then.
bool Scheduler::is_told(const Job& job, const std::filesystem::path& folder) const {
  const auto place = context_.rules->places.find(job.inbox);
  return place != context_.rules->places.end() &&
         (folder == place->second->rules.path ||
          std::ranges::find(place->second->gone, folder, &Place::Gone::folder) != place->second->gone.end());
}

lifecycle::Decision Scheduler::absent(const Job& job, const FolderGone& gone) {
  const bool is_new = context_.absences.note(job, gone.folder().native(), gone.what(), context_.clock.now());
  if (is_new && !is_told(job, gone.folder())) spdlog::warn("inbox {}: {}", printable(job.inbox), gone.what());
  return lifecycle::after_absence(job, gone.what(), context_.moment());
}

void Scheduler::is_there_again(const Job& job) {
  const auto* const missed = context_.absences.of(job, context_.clock.now());
  if (missed == nullptr) return;
  if (!is_told(job, missed->folder))
    spdlog::info("inbox {}: {} is there again", printable(job.inbox), printable(missed->folder));
  context_.absences.clear(job);
  look_again();
}

awaitable<void> Scheduler::run_step(Job job, Step step) {
  try {
    co_await carry_out(job, step);
  } catch (const std::exception& error) {
    // Only the queue itself comes here: without it nothing may go on.
    spdlog::error("the queue failed: {}", error.what());
    fail();
  }
  ended(job);
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

awaitable<void> Scheduler::carry_out(const Job& job, const Step& step) {
  steps::Outcome outcome;
  bool unplanned_error = false, may_be_a_folder = false;
  try {
    outcome = co_await step(job, context_);
  } catch (const queue::StoreError&) {
    throw;
  } catch (const CutShort&) {
    co_return;  // the row says what to do at the next start
  } catch (const FolderGone& gone) {
    outcome = absent(job, gone);
  } catch (const std::exception& error) {
    unplanned_error = true;
    may_be_a_folder = needs_place(job.state) && is_shortage(error);
    outcome = lifecycle::after_error(job, error.what(), signal_of(error), context_.moment(),
                                     context_.rules->usual_policy());
  }
  if (!outcome) {
    tell_step(job, nullptr, unplanned_error);
    co_return;
  }
  learn_of_folders(job, *outcome, may_be_a_folder);
  outcome = lifecycle::honour(std::move(*outcome), context_.moment());
  hear(outcome->signal, outcome->transition.event.detail);
  const queue::Spent spent = outcome->transition.spent;
  const queue::Event event = outcome->transition.event;
  const auto after = co_await context_.commit(std::move(outcome->transition));
  if (after && spent != queue::Spent{}) {
    gate_.spend(spent, context_.clock.now());
    context_.observer.on_spent(spent);
    tell_pauses();
  }
  tell_step(job, after ? &*after : nullptr, unplanned_error);
  if (!after) {
    log_about(spdlog::level::info, "step", about(job), "was moved by somebody else meanwhile");
    co_return;
  }
  // What the log says is durable: whoever reads of an end there may take it for one.
  if (!event.what.empty()) log_transition(job, *after, event);
  if (after->possible_duplicates > job.possible_duplicates) context_.observer.on_possible_duplicate();
  if (job.state == State::submitting && after->state == State::submitted) context_.observer.on_adopted();
  // Not before the row is free again: until ended() its id is busy and would be passed over.
  if (!queue::is_end(after->state))
    lane(after->state).look_at = std::min(lane(after->state).look_at, after->due);
}

void Scheduler::tell_step(const Job& before, const Job* after, bool unplanned_error) const {
  const auto running = busy_.find(before.id);
  if (running == busy_.end() || !running->second.lane) return;
  context_.observer.on_step({.before = before,
                             .after = after,
                             .took = std::chrono::steady_clock::now() - running->second.since,
                             .unplanned_error = unplanned_error});
}

void Scheduler::ended(const Job& job) {
  auto running = busy_.extract(job.id);
  give_leave_back(running.mapped());
  context_.passed_over.erase(job.id);
  count_doubts();
  lane(job.state).look_at = {};  // a place is free
  // An intent whose step ended otherwise than planned waits in the lane behind.
  if (job.state == State::ready) lane(State::submitting).look_at = {};
  alarm_->ring();
}

void Scheduler::hear(const Signal& signal, const std::string& why) {
  gate_.hear(signal, context_.clock.now(), context_.random.fraction());
  if (signal.kind == Signal::Kind::good) context_.submits.taken_at = context_.clock.now();
  context_.submits.fail = gate_.paused(Pause::breaker);
  tell_pauses(why);
}

bool Scheduler::is_paused(Pause pause) const {
  return pause == Pause::disk ? !context_.unwritable.empty() : gate_.paused(pause);
}

// A pause can also end by itself (the budget's) or by a reload: so what was told last is compared.
void Scheduler::tell_pauses(const std::string& why) {
  for (std::size_t i = 0; i < told_.size(); ++i) {
    const auto pause = static_cast<Pause>(i);
    const bool paused = is_paused(pause);
    if (paused == told_[i]) continue;
    told_[i] = paused;
    context_.observer.on_pause(pause, paused);
    if (pause == Pause::disk) continue;  // each folder is told when it is looked at
    spdlog::log(paused ? spdlog::level::warn : spdlog::level::info, "submits {} ({}){}{}",
                paused ? "paused" : "resumed", to_string(pause), paused && !why.empty() ? ": " : "",
                paused ? why : std::string());
    lane(State::ready).look_at = lane(State::updating).look_at = {};
    alarm_->ring();
  }
}

}  // namespace chunkrd::pipeline
