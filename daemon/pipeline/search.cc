#include "pipeline/search.h"

#include <algorithm>
#include <expected>
#include <functional>
#include <optional>
#include <system_error>

#include "pipeline/link.h"
#include "pipeline/widen.h"

namespace chunkrd::pipeline {
namespace {

using lifecycle::Search;
using queue::Job;
using taskapi::Answer;
using taskapi::Status;
using taskapi::Task;

// Looked further back than the submit by this much.
constexpr Duration kMargin = std::chrono::minutes(10);
constexpr int kTasksAPage = 100;
constexpr int kPagesAtMost = 200;

bool is_over(const Task& task) {
  return task.status == Status::Failed || task.status == Status::Cancelled;
}

// Every task that `fits`, newest first, until one of them can still succeed: a submit that was repeated may
// have made two. Or what the service answered instead of its list.
//
// How far back is measured from the newest task in the list, by the service's own clock: with `start` taken
// from ours, a clock that is ahead would hide every task, and each lost answer would be paid twice.
awaitable<std::expected<std::vector<Task>, Search>> look_back(const Job& job, Context& context,
                                                              const std::function<bool(const Task&)>& fits) {
  const WallTime from = job.possible_duplicates > 0 ? job.found_at : job.intent_at.value_or(job.found_at);
  const Duration back = std::max(context.clock.now() - from, Duration::zero()) + kMargin;
  std::vector<Task> found;
  std::optional<WallTime> oldest;
  for (int page = 1; page <= kPagesAtMost; ++page) {
    auto answer = co_await context.tasks.list({.page = page, .limit = kTasksAPage});
    auto* tasks = std::get_if<std::vector<Task>>(&answer);
    if (tasks == nullptr) co_return std::unexpected(widen<Search>(std::move(answer)));
    if (tasks->empty()) break;
    if (!oldest) oldest = tasks->front().created_at - back;
    const bool further = tasks->back().created_at >= *oldest;
    for (Task& task : *tasks)
      if (fits(task)) found.push_back(std::move(task));
    if (!std::ranges::all_of(found, is_over) || !further) break;
  }
  co_return found;
}

// One that can still succeed is preferred.
Search best_of(std::vector<Task> found) {
  if (found.empty()) return lifecycle::NotListed{};
  const auto alive = std::ranges::find_if_not(found, is_over);
  return alive == found.end() ? std::move(found.back()) : std::move(*alive);
}

// The names of a link's document at the service; nothing if they cannot be told.
std::optional<std::vector<std::string>> names_of(const Place& place, const Job& job) {
  try {
    const auto document = document_of(place, job);
    if (!document) return std::nullopt;
    const auto* address = std::get_if<taskapi::WebAddress>(&*document);
    return address == nullptr ? std::vector<std::string>{} : names_at(*address);
  } catch (const std::system_error&) {
    return std::nullopt;
  }
}

// Whether a task of one of `names` may also be that of another link's lost submit. One whose file is put away
// by now, or cannot be read, may have any name.
awaitable<bool> has_rival(const Job& job, const std::vector<std::string>& names, Context& context) {
  const auto window = lifecycle::window_of_submit(job, context.clock.now());
  for (const Job& other : co_await context.queue.links_in_doubt(window.from, window.to)) {
    if (other.id == job.id) continue;
    const auto rules = context.rules;
    const auto place = rules->places.find(other.inbox);
    if (place == rules->places.end()) co_return true;
    const auto others =
        co_await context.on_files(other, *place->second, queue::State::submitting,
                                  [place = place->second, other] { return names_of(*place, other); });
    if (!others || std::ranges::find_first_of(*others, names) != others->end()) co_return true;
  }
  co_return false;
}

}  // namespace

awaitable<Search> find_by_tag(Job job, Context& context) {
  auto found = co_await look_back(
      job, context, [&](const Task& task) { return task.file_name.find(job.tag) != std::string::npos; });
  if (!found) co_return std::move(found).error();
  co_return best_of(*std::move(found));
}

awaitable<Search> find_by_address(Job job, Context& context) {
  const auto place = context.rules->place_of(job);
  const auto names = (co_await context.on_files(job, *place, [place, job] {
                       return names_of(*place, job);
                     })).value_or(std::vector<std::string>{});
  const WallTime now = context.clock.now();
  const Duration ahead = context.clock.ahead();
  auto found = co_await look_back(job, context, [&](const Task& task) {
    return lifecycle::may_be_link_task(job, names, task, now, ahead);
  });
  if (!found) co_return std::move(found).error();
  if (found->empty() || !job.task_id.empty()) co_return best_of(*std::move(found));
  // In this order: a submit that was open when the list was read is still open here, or its task is known
  // below.
  if (co_await has_rival(job, names, context)) co_return lifecycle::NotListed{};
  std::vector<Task> ours;
  for (Task& task : *found)
    if (!co_await context.queue.link_has_task(task.task_id)) ours.push_back(std::move(task));
  co_return best_of(std::move(ours));
}

}  // namespace chunkrd::pipeline
