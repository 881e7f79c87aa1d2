#include "pipeline/search.h"

#include <algorithm>
#include <expected>
#include <functional>
#include <optional>
#include <system_error>
#include <utility>

#include "pipeline/link.h"
#include "pipeline/list_reading.h"
#include "pipeline/widen.h"

namespace chunkrd::pipeline {
namespace {

using lifecycle::Search;
using queue::Job;
using taskapi::Status;
using taskapi::Task;

using taskapi::TaskPage;

// What of one look is read at most.
constexpr int kPagesALook = 50;
// A look that goes on begins so many pages before the end of the last: the list has grown or shrunk
// meanwhile.
constexpr int kOverlap = 2;

bool is_over(const Task& task) {
  return task.status == Status::Failed || task.status == Status::Cancelled;
}

// What of the list may be a submit's, by its name and its time, if that is known.
struct Ours {
  std::function<bool(const Task&)> task;
  std::function<bool(const taskapi::OddTask&)> odd;
};

// The next request may have an answer.
bool may_pass(const taskapi::Answer<TaskPage>& answer) {
  const auto* refusal = std::get_if<taskapi::Refusal>(&answer);
  return std::holds_alternative<taskapi::NoAnswer>(answer) ||
         (refusal != nullptr && refusal->http_status >= 500);
}

// Every task that is `ours`, newest first, until one of them can still succeed: a submit that was repeated
// may have made two. Or why that cannot be told: the service answered something else than its list, an entry
// that is ours cannot be read, the list goes on.
awaitable<std::expected<std::vector<Task>, Search>> look_back(const Job& job, Context& context,
                                                              const Ours& ours) {
  const WallTime from = job.possible_duplicates > 0 ? job.found_at : job.intent_at.value_or(job.found_at);
  const WallTime now = context.clock.now();
  const int go_on = std::max(2, 1 + (job.transient_failures > 0 ? job.polls : 0) - kOverlap);
  ListReading reading(tasks_a_page(job.not_found), now, now - from, go_on);
  std::vector<Task> found;
  bool is_again = false;
  for (int left = kPagesALook; left > 0; --left) {
    const int before = reading.page();
    auto answer = co_await context.tasks.list(reading.next());
    auto* tasks = std::get_if<TaskPage>(&answer);
    // A look begins anew each time: where one request in five fails, one of six would never come to its end.
    if (tasks == nullptr && before > 0 && may_pass(answer) && !std::exchange(is_again, true)) continue;
    if (tasks == nullptr) co_return std::unexpected(widen<Search>(std::move(answer)));
    is_again = false;
    reading.add(*tasks);
    // Shorter by now than it was: what is looked for may have moved up beyond the overlap.
    if (before == 1 && reading.page() > 2 && tasks->empty()) co_return std::unexpected(lifecycle::LookOn{0});
    // By cursors the way to where the last look has ended is read again.
    if (before == 0 && reading.is_by_cursor()) left += go_on - 2;
    for (const taskapi::OddTask& odd : tasks->odd)
      if (ours.odd(odd)) co_return std::unexpected(taskapi::Unreadable{"our task in the list: " + odd.why});
    for (Task& task : tasks->tasks)
      if (ours.task(task)) found.push_back(std::move(task));
    if (!std::ranges::all_of(found, is_over) || reading.is_enough()) co_return found;
    if (reading.is_stuck()) co_return std::unexpected(taskapi::Unreadable{reading.why_stuck()});
  }
  if (found.empty()) co_return std::unexpected(lifecycle::LookOn{reading.page()});
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
  const auto has_tag = [&](const auto& task) { return task.file_name.find(job.tag) != std::string::npos; };
  // A tag that was made again after the row was lost is that of every attempt.
  const auto is_ours = [&](const Task& task) {
    return has_tag(task) && !lifecycle::came_to_nothing(job, task);
  };
  auto found = co_await look_back(job, context, {.task = is_ours, .odd = has_tag});
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
  // An odd one cannot be known by its id, so not all of them are told from others'.
  const auto window = lifecycle::window_of_submit(job, now);
  auto found = co_await look_back(
      job, context,
      {.task = [&](const Task& task) { return lifecycle::may_be_link_task(job, names, task, now, ahead); },
       .odd =
           [&](const taskapi::OddTask& odd) {
             return std::ranges::find(names, odd.file_name) != names.end() &&
                    (!odd.created_at || (*odd.created_at >= window.from && *odd.created_at <= window.to));
           }});
  if (!found) co_return std::move(found).error();
  if (found->empty() || !job.task_id.empty()) co_return best_of(*std::move(found));
  // In this order: a submit that was open when the list was read is still open here, or its task is known
  // below.
  // What another link has taken may be this one's all the same: that one's own is not known to be made then.
  const lifecycle::NotListed none{.nobodys = static_cast<int>(found->size())};
  if (co_await has_rival(job, names, context)) co_return none;
  std::vector<Task> ours;
  for (Task& task : *found)
    if (!co_await context.queue.link_has_task(task.task_id)) ours.push_back(std::move(task));
  if (ours.empty()) co_return none;
  co_return best_of(std::move(ours));
}

}  // namespace chunkrd::pipeline
