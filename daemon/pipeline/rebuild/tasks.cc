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

bool is_known(const Task& task, const Job& job) {
  return task.task_id == job.task_id || job.earlier_tasks.contains(task.task_id);
}

// The daemon adds the pages itself when it learns of them.
bool will_be_counted(const Job& job) {
  return job.state == State::submitting || job.state == State::submitted || job.state == State::ready;
}

}  // namespace

// Of a damaged queue, or one from a backup, the last changes may be missing. A row that says "to be
// submitted" is the only kind that costs something then.
void Recovery::look_after_ready() {
  std::string before;
  while (true) {
    const auto jobs = store_.list({.states = {State::ready}}, before, kRowsAtOnce);
    if (jobs.empty()) return;
    before = jobs.back().id;
    for (const Job& job : jobs) {
      std::vector<Task> unknown = listed_.of(job.id);
      std::erase_if(unknown, [&](const Task& task) { return is_known(task, job); });
      // The list was read whole, and it is not there: it was looked for.
      if (unknown.empty() && listed_.read_at) continue;
      const Job after = lifecycle::resumed(job, unknown, listed_.read_at, now_.date);
      const bool adopted = after.state == State::submitted;
      const std::string told =
          adopted ? "task " + after.task_id + " is its own" : "its task is looked for before it is submitted";
      const std::vector<queue::Change> one{queue::Transition{job.state, after, {"rebuilt", told}}};
      store_.apply(one, now_);
      found_.adopted += adopted;
      found_.looked_for += !adopted;
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
