// What the task list says of rows that came back, and of nobody.
#include <algorithm>
#include <set>

#include "core/escape.h"
#include "core/ids.h"
#include "core/iso_time.h"
#include "pipeline/rebuild/recovery.h"
#include "pipeline/rebuild/rows.h"
#include "pipeline/traces.h"

namespace chunkrd::pipeline::rebuild {
namespace {

namespace fs = std::filesystem;
using queue::Job;
using queue::State;
using taskapi::Task;

// The daemon adds the pages itself when it learns of them.
bool will_be_counted(const Job& job) {
  return job.state == State::submitting || job.state == State::submitted || job.state == State::ready;
}

}  // namespace

// Retention may have forgotten since that a document was delivered: then no manifest tells it. What is not in
// the spool any more, and has its result in the outbox, came to its end.
void Recovery::look_for_results() {
  const queue::Filter unfinished{.states = {State::ready, State::submitting, State::submitted,
                                            State::collecting, State::delivering, State::burying}};
  for_each_row(store_, unfinished, [&](const Job& job) {
    const auto place = rules_->places.find(job.inbox);
    if (place == rules_->places.end() || !lifecycle::belongs_into_spool(job) || !in_spool(job.id).empty())
      return;
    const fs::path outbox = job.outbox.empty() ? place->second->rules.outbox : fs::path(job.outbox);
    or_leave(outbox, [&] { look_for_result(job, *place->second, outbox); });
  });
}

void Recovery::look_for_result(const Job& job, const Place& place, const fs::path& outbox) {
  const auto result = result_in(outbox, place, job);
  if (!result) return;
  Job after = lifecycle::delivered_before(job, lifecycle::Reached::put_away, now_.lived);
  after.delivered_name = result->name;
  after.outbox = result->outbox;
  found_.delivered +=
      update(job, std::move(after), "its result lies in the outbox as " + printable(result->name));
}

// Of a damaged queue, or one from a backup, the last changes may be missing: what the list shows was paid
// for.
void Recovery::look_after_rows() {
  const queue::Filter unfinished{
      .states = {State::ready, State::submitting, State::submitted, State::burying}};
  for_each_row(store_, unfinished, [&](const Job& job) {
    const auto after = lifecycle::as_listed(job, listed_.of(job.id), listed_.read_at, now_.date);
    if (!after) return;
    const bool goes_on = after->state == job.state && after->task_id == job.task_id;
    // Its row was made just now.
    if (goes_on && after->tag == job.tag && after->submitted_at == job.submitted_at) return;
    update(job, *after,
           after->state == State::submitting ? "its task is looked for before it is submitted"
           : goes_on                         ? "it goes on with task " + after->task_id
                                             : "task " + after->task_id + " is its own");
    if (!goes_on) count_resumed(*after);
  });
}

// What was paid today at least, and the tasks that nobody knows.
void Recovery::look_at_all_jobs() {
  if (listed_.by_mark.empty()) return;
  const std::string today = to_iso(now_.wall).substr(0, 10);
  auto nobodys = listed_.by_mark;
  queue::Spent spent;
  for_each_row(store_, {}, [&](const Job& job) {
    for (const Task& task : listed_.of(job.id)) {
      if (to_iso(task.created_at).substr(0, 10) != today) continue;
      spent.documents += 1;
      if (!will_be_counted(job)) spent.pages += task.page_count.value_or(0);
    }
    nobodys.erase(job_mark(job.id));
  });
  if (spent != queue::Spent{}) store_.raise_spent(now_.wall, spent);
  for (const auto& [mark, tasks] : nobodys)
    for (const Task& task : tasks) found_.unknown_tasks.push_back(task.task_id);
}

}  // namespace chunkrd::pipeline::rebuild
