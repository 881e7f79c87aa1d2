#include "tests/simulation/wishes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/ids.h"
#include "pipeline/commands.h"

namespace chunkrd::simulation {
namespace {

using namespace std::chrono_literals;
namespace lifecycle = pipeline::lifecycle;
using queue::Command;
using queue::CommandAnswer;
using queue::CommandKind;
using queue::State;
using Outcome = CommandAnswer::Outcome;

Command about_daemon(CommandKind kind, std::string arguments = "{}") {
  return {.seq = 0, .asked_at = {}, .kind = kind, .job = {}, .arguments = std::move(arguments)};
}

// Of a document that is only parsed anew a cancel is of that: where it comes to nothing, the old result and
// its task stay.
bool ended_an_update(const std::vector<queue::StoredEvent>& story) {
  bool asked = false;
  for (const auto& [at, event] : story) {
    if (event.what == "asked_to_cancel") asked = true;
    if (asked && event.what == "reprocess_failed") return true;
  }
  return false;
}

}  // namespace

void Wishes::plan() {
  for (int i = 0; i < stage_.plan.wishes; ++i) stage_.at_some_time(5h, [this] { one_wish(); });
  const int storms = stage_.plan.borders.storms;
  for (int i = 0; i < storms; ++i) stage_.at_some_time(5h, [this] { storm(); });
  for (int i = 0; i < storms; ++i) stage_.at_some_time(5h, [this] { of_daemon(); });
  // In the end nothing is held up.
  if (storms > 0)
    stage_.at(stage_.time.now() + 6h,
              [this] { ask(about_daemon(CommandKind::resume, R"({"cause":"operator"})"), {}); });
}

// A person looks at the list and wants something of a document.
void Wishes::one_wish() {
  if (!stage_.daemon) return;
  const auto jobs = stage_.daemon->store.list({}, {}, 1000);
  if (!jobs.empty()) ask_about(jobs[stage_.random.below(jobs.size())].id);
}

// Several people, or one who changes his mind, and a daemon that may be killed between.
void Wishes::storm() {
  if (!stage_.daemon) return;
  const auto jobs = stage_.daemon->store.list({}, {}, 1000);
  if (jobs.empty()) return;
  const std::string id = jobs[stage_.random.below(jobs.size())].id;
  const auto wishes = 2 + stage_.random.below(5);
  const Duration span =
      stage_.random.chance(0.3) ? Duration(1) : Duration(stage_.random.chance(0.5) ? 5s : 2min);
  for (std::uint64_t i = 0; i < wishes; ++i) stage_.at_some_time(span, [this, id] { ask_about(id); });
  if (stage_.random.chance(0.4)) stage_.at_some_time(span, [this] { stage_.kill_soon(300); });
}

void Wishes::of_daemon() {
  const auto wishes = 1 + stage_.random.below(4);
  const Duration span = stage_.random.chance(0.5) ? Duration(1) : Duration(3min);
  for (std::uint64_t i = 0; i < wishes; ++i) {
    stage_.at_some_time(span, [this] {
      switch (stage_.random.below(8)) {
        case 0:
        case 1:
          return ask(about_daemon(CommandKind::pause, R"({"reason":"storm"})"), {});
        case 2:
          return ask(about_daemon(CommandKind::drain), {});
        case 3:
          return ask(about_daemon(CommandKind::reload), {});
        case 4:
          return ask(about_daemon(CommandKind::resume), {});
        default:
          return ask(about_daemon(CommandKind::resume, R"({"cause":"operator"})"), {});
      }
    });
  }
  if (stage_.random.chance(0.4)) stage_.at_some_time(span, [this] { stage_.kill_soon(300); });
}

lifecycle::Wish Wishes::any_wish(const queue::Job& job) {
  // What can be granted, most of the time.
  if (job.state == State::failed || job.state == State::cancelled)
    if (stage_.random.chance(0.7)) return lifecycle::Retry{};
  switch (stage_.random.below(5)) {
    case 0:
      return lifecycle::Cancel{stage_.random.chance(0.5)};
    case 1:
      return lifecycle::Remove{};
    case 2:
      if (stage_.plan.borders.storms > 0) return lifecycle::Retry{};
      [[fallthrough]];
    default:
      return lifecycle::Reprocess{
          job.profile,
          fmt::format(R"({{"chunk_processing":{{"target_length":{}}}}})", 1 + stage_.random.below(1000)),
          stage_.plan.borders.storms > 0 && stage_.random.chance(0.3)};
  }
}

void Wishes::ask_about(const std::string& job_id) {
  std::optional<queue::Job> job;
  if (stage_.daemon)
    job = stage_.daemon->store.find(job_id);
  else
    job = queue::SqliteStore(stage_.queue_file(),
                             {.access = queue::Access::change, .durability = queue::Durability::none})
              .find(job_id);
  if (!job) return;
  const auto wish = any_wish(*job);
  ask({.seq = 0,
       .asked_at = {},
       .kind = pipeline::kind_of(wish),
       .job = job->id,
       .arguments = pipeline::arguments_of(wish)},
      job->name);
}

void Wishes::ask(Command command, const std::string& name) {
  stage_.verdict.wishes += 1;
  Ask asked{0, std::move(command), name, generation_};
  if (stage_.daemon) {
    asked.command.asked_at = stage_.clock.now();
    asked.seq = asked.command.seq = stage_.daemon->store.ask(asked.command);
    asked_.push_back(std::move(asked));
    return;
  }
  queue::SqliteStore store(stage_.queue_file(),
                           {.access = queue::Access::change, .durability = queue::Durability::none});
  ask_at_rest(store, std::move(asked));
}

// As cli::Asking does it; who asks may be killed before he has carried it out.
void Wishes::ask_at_rest(queue::SqliteStore& store, Ask asked) {
  stage_.clock.go_on_from(store.clock());
  const Mark now = stage_.clock.mark();
  asked.command.asked_at = now.date;
  asked.seq = asked.command.seq = store.ask(asked.command);
  asked_.push_back(asked);
  if (stage_.random.chance(0.2)) return;
  const auto before = store.find(asked.command.job);
  const bool is_first = std::ranges::none_of(asked_, [&](const Ask& other) {
    return other.seq != asked.seq && other.command.job == asked.command.job;
  });
  const auto answer = pipeline::carry_out_at_rest(store, asked.command, now);
  const auto after = store.find(asked.command.job);
  if (answer.outcome == Outcome::refused && is_first && before && before->lease != after->lease)
    stage_.problem(fmt::format("{} ({}): {} was refused, and changed its row", asked.name, asked.command.job,
                               queue::to_string(asked.command.kind)));
  std::erase_if(asked_, [&](const Ask& one) {
    const auto answered = store.answer_of(one.seq);
    if (answered) saw_answer(one, *answered, store);
    return answered.has_value();
  });
  if (after && queue::is_end(after->state)) saw_end(*after, store);
}

void Wishes::saw_start() {
  generation_ += 1;
  paused_since_.reset();
  // What was asked of the one before is answered by now, but for what is asked of documents.
  std::erase_if(asked_, [&](const Ask& one) {
    if (!one.command.job.empty()) return false;
    const auto answer = stage_.daemon->store.answer_of(one.seq);
    if (answer)
      saw_answer(one, *answer, stage_.daemon->store);
    else
      stage_.problem(fmt::format("{} is not over with the daemon that it was asked of",
                                 queue::to_string(one.command.kind)));
    return true;
  });
}

void Wishes::saw_stop() {
  paused_since_.reset();
}

void Wishes::look() {
  if (!stage_.daemon) return;
  if (!asked_.empty()) {
    std::erase_if(asked_, [&](const Ask& one) {
      const auto answer = stage_.daemon->store.answer_of(one.seq);
      if (answer) saw_answer(one, *answer, stage_.daemon->store);
      return answer.has_value();
    });
  }
  look_at_pause();
}

void Wishes::look_at_pause() {
  const bool waits = std::ranges::any_of(asked_, [](const Ask& one) { return one.command.job.empty(); });
  if (stage_.daemon->draining) paused_since_.reset();
  if (waits || stage_.daemon->draining) return;
  const bool paused = stage_.daemon->gate.paused(pipeline::Pause::operator_asked);
  if (paused != is_paused_)
    stage_.problem(fmt::format("at {} s: paused={} where the last that was asked for is {}",
                               stage_.time.now().time_since_epoch() / 1s, paused, is_paused_));
  if (!paused)
    paused_since_.reset();
  else if (!paused_since_)
    paused_since_ = stage_.time.now();
}

void Wishes::saw_submit() {
  if (stage_.daemon && paused_since_ && *paused_since_ < stage_.time.now() &&
      stage_.daemon->gate.paused(pipeline::Pause::operator_asked))
    stage_.problem(
        fmt::format("submitted {} s after submits were paused", (stage_.time.now() - *paused_since_) / 1s));
}

void Wishes::saw_answer(const Ask& asked, const CommandAnswer& answer, queue::Store& store) {
  if (asked.command.job.empty())
    note_pause(asked, answer);
  else if (answer.outcome != Outcome::refused)
    grant(asked, answer, store);
}

void Wishes::note_pause(const Ask& asked, const CommandAnswer& answer) {
  switch (asked.command.kind) {
    case CommandKind::pause:
      is_paused_ = true;
      return;
    case CommandKind::resume:
      is_paused_ = false;
      if (answer.text.contains("budget"))
        lifted_.insert(std::chrono::floor<std::chrono::days>(stage_.time.now()));
      return;
    case CommandKind::drain:
      if (answer.outcome == Outcome::accepted && asked.generation != generation_ && stage_.daemon &&
          stage_.daemon->draining)
        stage_.problem("a drain that was asked of one daemon ends another one");
      return;
    default:
      return;
  }
}

void Wishes::grant(const Ask& asked, const CommandAnswer& answer, queue::Store& store) {
  const auto wish = pipeline::wish_of(asked.command);
  Granted& job = granted_[asked.command.job];
  Granted& name = by_name_[asked.name];
  if (const auto* cancel = std::get_if<lifecycle::Cancel>(&*wish)) {
    job.cancels += 1;
    ended_marks_.insert(job_mark(asked.command.job));
    if (cancel->or_remove && answer.outcome == Outcome::accepted)
      job.removals += 1, job.owed_cancel_or_removal = true;
    const auto row = store.find(asked.command.job);
    job.owed_cancel = answer.outcome == Outcome::done && row && row->state == State::burying;
  } else if (std::holds_alternative<lifecycle::Remove>(*wish)) {
    job.removals += 1;
    ended_marks_.insert(job_mark(asked.command.job));
    job.owed_removal = true;
  } else if (const auto* reprocess = std::get_if<lifecycle::Reprocess>(&*wish)) {
    name.reprocesses += 1;
    name.resubmits += reprocess->resubmit;
    job.owed_cancel = false;
  } else {
    name.retries += 1;
    job.owed_cancel = false;
  }
}

void Wishes::saw_end(const queue::Job& job, queue::Store& store) {
  // The answers to what was asked of it may have come in this very moment.
  look();
  const auto granted = granted_.find(job.id);
  const auto wrong = [&](std::string_view what) {
    stage_.problem(fmt::format("{} ({}), {} at {} s: {}", job.name, job.id, queue::to_string(job.state),
                               stage_.time.now().time_since_epoch() / 1s, what));
  };
  const bool was_cancelled = job.state == State::cancelled;
  if (was_cancelled && !was_rebuilt_ && (granted == granted_.end() || granted->second.cancels == 0))
    wrong("is cancelled, and nobody has asked for it");
  if (granted == granted_.end()) return;
  Granted& owed = granted->second;
  bool all_gone = true;
  std::string ids = job.earlier_tasks + " " + job.task_id;
  for (const auto& [id, task] : stage_.service.tasks())
    if (ids.contains(id)) all_gone = all_gone && task.deleted;
  const bool has_vanished = job.state == State::vanished;
  if (owed.owed_removal && !all_gone && !has_vanished) wrong("its tasks are not deleted, as was granted");
  if (owed.owed_cancel_or_removal && !all_gone && !was_cancelled && !has_vanished &&
      !ended_an_update(store.events(job.id)))
    wrong("was neither cancelled nor its task deleted, as was granted");
  if (owed.owed_cancel && !was_cancelled && !has_vanished)
    wrong("was cancelled before it was submitted, and is not");
  owed.owed_removal = owed.owed_cancel_or_removal = owed.owed_cancel = false;
}

void Wishes::saw_rebuild() {
  was_rebuilt_ = true;
  for (auto& [id, granted] : granted_)
    granted.owed_removal = granted.owed_cancel_or_removal = granted.owed_cancel = false;
  // Nobody knows what has become of them: they may have been granted.
  for (const Ask& asked : std::exchange(asked_, {})) {
    if (asked.command.job.empty()) continue;
    ended_marks_.insert(job_mark(asked.command.job));
    granted_[asked.command.job].cancels += 1;
    by_name_[asked.name].retries += 1;
    const auto wish = pipeline::wish_of(asked.command);
    const auto* reprocess = std::get_if<lifecycle::Reprocess>(&*wish);
    by_name_[asked.name].resubmits += reprocess != nullptr && reprocess->resubmit;
  }
  queue::SqliteStore store(stage_.queue_file(), {.durability = queue::Durability::none});
  is_paused_ = !store.note(pipeline::kOperatorPauseNote).value_or("").empty();
}

}  // namespace chunkrd::simulation
