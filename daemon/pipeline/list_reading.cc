#include "pipeline/list_reading.h"

#include <algorithm>

namespace chunkrd::pipeline {
namespace {

using taskapi::Task;
using taskapi::TaskPage;

// Looked further back than what is looked for by this much.
constexpr Duration kMargin = std::chrono::minutes(10);
// A list in its order may be out of it by this much: several clocks write the times.
constexpr Duration kDisorder = std::chrono::minutes(2);

constexpr int kTasksAPage = 100;

}  // namespace

ListReading::ListReading(WallTime now, Duration back)
    : now_(now), back_(std::max(back, Duration::zero()) + kMargin) {}

// How far back is measured from the newest task, by the service's own clock: with our own, if that is ahead,
// every task would seem too old, and each lost answer be paid twice. But not by a time that has not come yet.
void ListReading::add(const TaskPage& page) {
  empty_in_a_row_ = page.empty() ? empty_in_a_row_ + 1 : 0;
  if (page.tasks.empty()) return;
  if (!bound_) {
    const auto newest = std::ranges::max(page.tasks, {}, &Task::created_at).created_at;
    bound_ = std::min(newest, now_) - back_;
  }
  const std::size_t before = met_.size();
  for (const Task& task : page.tasks) look_at_order(task);
  repeated_in_a_row_ = met_.size() == before ? repeated_in_a_row_ + 1 : 0;
  time_is_passed_ =
      in_order_ && std::ranges::all_of(page.tasks, [&](const Task& t) { return t.created_at < *bound_; });
}

// One that was met before was pushed down by newer ones.
void ListReading::look_at_order(const Task& task) {
  if (!met_.insert(task.task_id).second) return;
  if (oldest_ && task.created_at > *oldest_ + kDisorder) in_order_ = false;
  oldest_ = std::min(oldest_.value_or(task.created_at), task.created_at);
}

int tasks_a_page(int reading) {
  return kTasksAPage - reading % 4 * 7;
}

}  // namespace chunkrd::pipeline
