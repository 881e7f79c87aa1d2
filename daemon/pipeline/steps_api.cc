// The steps that talk to the service: submit, reconcile, poll, collect.
#include <algorithm>
#include <cctype>

#include "core/ids.h"
#include "pipeline/collect_files.h"
#include "pipeline/reuse.h"
#include "pipeline/steps.h"
#include "pipeline/update_form.h"

namespace chunkrd::pipeline::steps {
namespace {

using lifecycle::Search;
using queue::Job;
using taskapi::Answer;
using taskapi::Saved;
using taskapi::Status;
using taskapi::Task;

// Looked further back than the submit by this much.
constexpr Duration kMargin = std::chrono::minutes(10);
constexpr int kTasksAPage = 100;
constexpr int kPagesAtMost = 200;

bool is_over(const Task& task) {
  return task.status == Status::Failed || task.status == Status::Cancelled;
}

// All of what `wider` holds and `narrow` does not is handed over: every answer but a task.
template <class Wide, class Good>
Wide widen(Answer<Good>&& answer) {
  return std::visit(
      [](auto&& one) -> Wide {
        if constexpr (std::is_constructible_v<Wide, decltype(one)>)
          return Wide(std::forward<decltype(one)>(one));
        throw std::logic_error("an answer that is no failure");
      },
      std::move(answer));
}

// Looks for a task with our tag, newest first. One that can still succeed is preferred: a submit that was
// repeated may have made two.
//
// How far back is measured from the newest task in the list, by the service's own clock: with `start` taken
// from ours, a clock that is ahead would hide every task, and each lost answer would be paid twice.
awaitable<Search> find_by_tag(const Job& job, Context& context) {
  const WallTime from = job.possible_duplicates > 0 ? job.found_at : job.intent_at.value_or(job.found_at);
  const Duration back = std::max(context.clock.now() - from, Duration::zero()) + kMargin;
  std::optional<Task> found;
  std::optional<WallTime> oldest;
  for (int page = 1; page <= kPagesAtMost; ++page) {
    auto answer = co_await context.tasks.list({.page = page, .limit = kTasksAPage});
    auto* tasks = std::get_if<std::vector<Task>>(&answer);
    if (tasks == nullptr) co_return widen<Search>(std::move(answer));
    if (tasks->empty()) break;
    if (!oldest) oldest = tasks->front().created_at - back;
    const bool further = tasks->back().created_at >= *oldest;
    for (Task& task : *tasks)
      if (task.file_name.find(job.tag) != std::string::npos && (!found || is_over(*found)))
        found = std::move(task);
    if ((found && !is_over(*found)) || !further) break;
  }
  if (found) co_return *found;
  co_return lifecycle::NotListed{};
}

}  // namespace

std::string submitted_name(const Job& job) {
  const std::filesystem::path path(job.name);
  const auto plain = [](std::string_view text, std::size_t length_max) {
    std::string ascii;
    for (const char c : text.substr(0, length_max)) {
      const auto byte = static_cast<unsigned char>(c);
      ascii += byte < 0x80 && (std::isalnum(byte) != 0 || c == '-') ? c : '_';
    }
    return ascii;
  };
  const std::string ending = path.extension().native();
  std::string name = plain(path.stem().native(), 40) + "-" + job.tag;
  if (ending.size() > 1) {
    std::string lower = plain(ending.substr(1), 10);
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    name += "." + lower;
  }
  return name;
}

// Makes the intent durable, sends the document, and decides on the answer, whatever it is.
awaitable<Outcome> submit(Job job, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  // One that has come while this document waited.
  if (const auto earlier = co_await find_reusable(job, context))
    co_return lifecycle::after_reuse(job, job, *earlier, context.moment());
  const auto intent =
      co_await context.commit(lifecycle::intend(job, make_tag(context.random), context.clock.now()));
  if (!intent) co_return std::nullopt;
  const auto answer = co_await context.tasks.create(
      {.document = taskapi::LocalFile{.path = place->spool.path_of(job.id), .size_bytes = job.size_bytes},
       .file_name = submitted_name(*intent),
       .settings = lifecycle::with_wanted(job).settings});
  co_return lifecycle::after_create(*intent, answer, context.moment(context.planner.first(job.profile)),
                                    rules->policy_of(job));
}

// A submit whose answer we never saw: looks for its task by the tag.
awaitable<Outcome> reconcile(Job job, Context& context) {
  const auto rules = context.rules;
  const Search search = co_await find_by_tag(job, context);
  co_return lifecycle::after_reconcile(job, search, context.moment(), rules->policy_of(job));
}

// Cancels the task and reads it again: the answer to a cancel proves nothing (contract).
awaitable<Outcome> cancel(Job job, Context& context, lifecycle::Moment moment, const Policy& policy) {
  // Durable before it leaves: a task that reads Cancelled after a crash was cancelled by us.
  const auto cancelling = co_await context.commit(lifecycle::intend_cancel(job, context.clock.now()));
  if (!cancelling) co_return std::nullopt;
  co_await context.tasks.cancel(job.task_id);
  const auto answer = co_await context.tasks.get(job.task_id);
  co_return lifecycle::after_cancel(*cancelling, answer, moment, policy);
}

// Asks how the task is doing, and decides when to ask again.
awaitable<Outcome> poll(Job job, Context& context) {
  const auto rules = context.rules;
  const Policy& policy = rules->policy_of(job);
  const auto answer = co_await context.tasks.get(job.task_id);
  const auto* task = std::get_if<Task>(&answer);
  const auto waited = context.clock.now() - job.submitted_at.value_or(context.clock.now());
  if (task != nullptr && task->status == Status::Succeeded)
    context.planner.learn(job.profile, task->finished_at ? *task->finished_at - task->created_at : waited);
  const auto moment = context.moment(context.planner.next(job.profile, waited));
  if (task != nullptr && lifecycle::is_to_be_cancelled(job, *task, moment, policy))
    co_return co_await cancel(std::move(job), context, moment, policy);
  co_return lifecycle::after_poll(job, answer, moment, policy);
}

// Fetches the result, with the files that belong to it, into the outbox under a temporary name.
awaitable<Outcome> collect(Job job, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  const auto folder =
      co_await run_on(context.files, [place, id = job.id] { return place->outbox.prepare(id); });
  auto answer = co_await context.tasks.get_result(job.task_id, folder / artifacts::kResultName);
  lifecycle::Collected collected;
  if (std::holds_alternative<Saved>(answer)) {
    collected = co_await collect_files(job, folder, rules->profile_of(lifecycle::with_wanted(job)), context);
  } else {
    collected = widen<lifecycle::Collected>(std::move(answer));
  }
  co_return lifecycle::after_collect(job, collected,
                                     context.moment(context.planner.next(job.profile, Duration::zero())),
                                     rules->policy_of(job));
}

// Sends the new settings. Where an update may have left before, the task says first what became of it.
awaitable<Outcome> update(Job job, Context& context) {
  const auto rules = context.rules;
  const Policy& policy = rules->policy_of(job);
  const auto moment = context.moment(context.planner.first(job.profile));
  if (lifecycle::update_may_have_left(job)) {
    const auto read = co_await context.tasks.get(job.task_id);
    if (auto decision = lifecycle::after_lost_update(job, read, moment, policy))
      co_return std::move(*decision);
  }
  const auto intent = co_await context.commit(lifecycle::intend_update(job, context.clock.now()));
  if (!intent) co_return std::nullopt;
  const auto answer =
      co_await context.tasks.update(job.task_id, update_form(job.settings, job.wanted_settings));
  co_return lifecycle::after_update(*intent, answer, moment, policy);
}

// Asks what the update has come to.
awaitable<Outcome> follow(Job job, Context& context) {
  const auto rules = context.rules;
  const Policy& policy = rules->policy_of(job);
  const auto answer = co_await context.tasks.get(job.task_id);
  const auto waited = context.clock.now() - job.submitted_at.value_or(context.clock.now());
  const auto moment = context.moment(context.planner.next(job.profile, waited));
  const auto* task = std::get_if<Task>(&answer);
  if (task != nullptr && lifecycle::is_to_be_cancelled(job, *task, moment, policy))
    co_return co_await cancel(std::move(job), context, moment, policy);
  co_return lifecycle::after_follow(job, answer, moment, policy);
}

// Deletes one task of the document at the service.
awaitable<Outcome> remove(Job job, Context& context) {
  const auto rules = context.rules;
  const std::string task_id = lifecycle::next_to_remove(job);
  const auto answer = co_await context.tasks.remove(task_id);
  // One that waits in the service's queue can only be deleted once it is cancelled.
  if (const auto* refusal = std::get_if<taskapi::Refusal>(&answer);
      refusal != nullptr && refusal->text.find("status is Starting") != std::string::npos)
    co_await context.tasks.cancel(task_id);
  co_return lifecycle::after_remove(job, task_id, answer, context.moment(), rules->policy_of(job));
}

}  // namespace chunkrd::pipeline::steps
