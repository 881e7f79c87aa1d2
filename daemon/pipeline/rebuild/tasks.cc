// What the task list says of rows that came back, and of nobody.
#include <algorithm>
#include <set>

#include "core/ids.h"
#include "core/iso_time.h"
#include "pipeline/rebuild/recovery.h"

namespace chunkrd::pipeline::rebuild {
namespace {

using queue::Job;
using queue::State;
using taskapi::Task;

constexpr std::size_t kRowsAtOnce = 1000;

// The daemon adds the pages itself when it learns of them.
bool will_be_counted(const Job& job) {
  return job.state == State::submitting || job.state == State::submitted || job.state == State::ready;
}

}  // namespace

// Of a damaged queue, or one from a backup, the last changes may be missing: what the list shows was paid
// for.
void Recovery::look_after_rows() {
  const queue::Filter unfinished{
      .states = {State::ready, State::submitting, State::submitted, State::burying}};
  std::string before;
  while (true) {
    const auto jobs = store_.list(unfinished, before, kRowsAtOnce);
    if (jobs.empty()) return;
    before = jobs.back().id;
    for (const Job& job : jobs) {
      const auto after = lifecycle::as_listed(job, listed_.of(job.id), listed_.read_at, now_.date);
      if (!after) continue;
      update(job, *after,
             after->state == State::submitted ? "task " + after->task_id + " is its own"
                                              : "its task is looked for before it is submitted");
      count_resumed(*after);
    }
  }
}

// What was paid today at least, and the tasks that nobody knows.
void Recovery::look_at_all_jobs() {
  const std::string today = to_iso(now_.wall).substr(0, 10);
  auto nobodys = listed_.by_mark;
  queue::Spent spent;
  std::string before;
  while (!listed_.by_mark.empty()) {
    const auto jobs = store_.list({}, before, kRowsAtOnce);
    if (jobs.empty()) break;
    before = jobs.back().id;
    for (const Job& job : jobs) {
      for (const Task& task : listed_.of(job.id)) {
        if (to_iso(task.created_at).substr(0, 10) != today) continue;
        spent.documents += 1;
        if (!will_be_counted(job)) spent.pages += task.page_count.value_or(0);
      }
      nobodys.erase(job_mark(job.id));
    }
  }
  if (spent != queue::Spent{}) store_.raise_spent(now_.wall, spent);
  for (const auto& [mark, tasks] : nobodys)
    for (const Task& task : tasks) found_.unknown_tasks.push_back(task.task_id);
}

}  // namespace chunkrd::pipeline::rebuild
