#include "pipeline/list_reading.h"

#include <algorithm>

#include "core/iso_time.h"

namespace chunkrd::pipeline {
namespace {

using namespace std::chrono_literals;
using taskapi::Task;
using taskapi::TaskPage;

// Looked further back than what is looked for by this much.
constexpr Duration kMargin = std::chrono::minutes(10);
// A list in its order may be out of it by this much: several clocks write the times.
constexpr Duration kDisorder = std::chrono::minutes(2);

constexpr int kTasksAPage = 100;
// The API's own default.
constexpr std::size_t kSmallestPage = 10;

// A cursor is a time at some servers: what follows is older. Of several tasks of the same moment those beyond
// the page's end would be stepped over, so it is moved to just after that moment; the others of it come
// twice. One that is not the time at which the page has ended is given back as it came.
std::string with_overlap(const std::string& cursor, const TaskPage& page) {
  if (page.tasks.empty()) return cursor;
  const auto time = from_iso(cursor);
  const WallTime end = page.tasks.back().created_at;
  const bool newest_first = page.tasks.front().created_at >= end;
  if (!time || !newest_first || *time > end + 1ms || *time < end - 1ms) return cursor;
  return to_iso(std::max(*time, end) + 1ms);
}

}  // namespace

ListReading::ListReading(int limit) : limit_(limit) {}

ListReading::ListReading(int limit, WallTime now, Duration back, int go_on)
    : limit_(limit), now_(now), back_(std::max(back, Duration::zero()) + kMargin), go_on_(go_on) {}

taskapi::ListQuery ListReading::next() const {
  taskapi::ListQuery query{.page = page_ + 1, .limit = limit_};
  if (page_ == 1) query.page = std::max(query.page, go_on_);
  if (by_cursor_) query.cursor = cursor_;
  return query;
}

void ListReading::add(const TaskPage& page) {
  page_ = page.by_cursor ? page_ + 1 : next().page;
  by_cursor_ = page.by_cursor;
  const std::size_t before = met_.size();
  for (const Task& task : page.tasks) look_at_order(task);
  const bool has_new = met_.size() > before;
  if (has_new)
    repeated_in_a_row_ = 0;
  else if (!page.tasks.empty() || (page.by_cursor && page.next == cursor_))
    ++repeated_in_a_row_;
  look_at_end(page);
  look_at_time(page);
  if (page.by_cursor) go_on_after(page, has_new);
}

void ListReading::look_at_end(const TaskPage& page) {
  if (page_ == 1) on_first_page_ = page.tasks.size() + page.odd.size();
  empty_in_a_row_ = page.empty() ? empty_in_a_row_ + 1 : 0;
  is_cut_ = page.is_cut;
  ended_ = page.by_cursor ? !page.next && !page.is_cut : empty_in_a_row_ >= 2 || is_all_on_each_page();
}

// The same tasks on each page: the service does not know pages. It shows all that it has, unless the page
// ends at a limit: ours, or one of its own. Fewer than kSmallestPage end at none.
bool ListReading::is_all_on_each_page() const {
  return is_repeated() && met_.size() <= on_first_page_ &&
         (on_first_page_ < kSmallestPage || on_first_page_ > static_cast<std::size_t>(limit_));
}

// How far back is measured from the newest task, by the service's own clock: with our own, if that is ahead,
// every task would seem too old, and each lost answer be paid twice. But not by a time that has not come yet.
void ListReading::look_at_time(const TaskPage& page) {
  if (!now_ || page.tasks.empty()) return;
  if (!bound_) {
    const auto newest = std::ranges::max(page.tasks, {}, &Task::created_at).created_at;
    bound_ = std::min(newest, *now_) - back_;
  }
  time_is_passed_ =
      in_order_ && std::ranges::all_of(page.tasks, [&](const Task& t) { return t.created_at < *bound_; });
}

const char* ListReading::why_stuck() const {
  return is_cut_ ? "the task list says that it has more, without a next_cursor that leads there"
                 : "the task list repeats the same tasks on each page";
}

// One that was met before was pushed down by newer ones.
void ListReading::look_at_order(const Task& task) {
  if (!met_.insert(task.task_id).second) return;
  if (oldest_ && task.created_at > *oldest_ + kDisorder) in_order_ = false;
  oldest_ = std::min(oldest_.value_or(task.created_at), task.created_at);
}

// Where the overlap has shown nothing new there are as many of that moment as a page has: on without it.
void ListReading::go_on_after(const TaskPage& page, bool has_new) {
  if (!page.next) {
    cursor_.reset();
    return;
  }
  cursor_ = has_new ? with_overlap(*page.next, page) : *page.next;
}

int tasks_a_page(int reading) {
  return kTasksAPage - reading % 4 * 7;
}

}  // namespace chunkrd::pipeline
