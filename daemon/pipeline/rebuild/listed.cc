#include "pipeline/rebuild/listed.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/escape.h"
#include "core/ids.h"
#include "pipeline/decision.h"
#include "pipeline/list_reading.h"

namespace chunkrd::pipeline::rebuild {
namespace {

using taskapi::Task;

constexpr int kTasksAPage = 100;
constexpr int kPagesAtMost = 5000;

// Pages shift while tasks arrive: one may be met twice.
void add(Listed& listed, Task task) {
  const std::string mark = job_mark_in(task.file_name);
  if (mark.empty()) return;
  auto& tasks = listed.by_mark[mark];
  if (std::ranges::find(tasks, task.task_id, &Task::task_id) != tasks.end()) return;
  task.configuration.clear();
  task.pdf_url.reset();
  task.input_file_url.reset();
  tasks.push_back(std::move(task));
}

struct WhyNot {
  std::string operator()(const taskapi::TaskPage&) const { return {}; }
  std::string operator()(const taskapi::Refusal& refusal) const { return lifecycle::describe(refusal); }
  std::string operator()(const taskapi::NoAnswer& failure) const { return lifecycle::describe(failure); }
  std::string operator()(const taskapi::Unreadable& answer) const { return answer.message; }
};

}  // namespace

const std::vector<Task>& Listed::of(const std::string& job_id) const {
  static const std::vector<Task> kNone;
  const auto tasks = by_mark.find(job_mark(job_id));
  return tasks == by_mark.end() ? kNone : tasks->second;
}

awaitable<Listed> read_list(taskapi::Client& client, const Clock& clock) {
  Listed listed;
  ListReading reading(kTasksAPage);
  while (reading.page() < kPagesAtMost) {
    auto answer = co_await client.list(reading.next());
    auto* read = std::get_if<taskapi::TaskPage>(&answer);
    if (read == nullptr) {
      listed.why_not = harmless(std::visit(WhyNot{}, answer));
      co_return listed;
    }
    reading.add(*read);
    for (Task& task : read->tasks) add(listed, std::move(task));
    // It may be of one of ours; entries of others do not matter.
    for (const taskapi::OddTask& odd : read->odd)
      if (!job_mark_in(odd.file_name).empty()) listed.why_not = harmless("an entry of ours: " + odd.why);
    if (reading.is_stuck()) listed.why_not = reading.why_stuck();
    if (reading.is_enough() && listed.why_not.empty()) listed.read_at = clock.now();
    if (reading.is_enough() || reading.is_stuck()) co_return listed;
  }
  listed.why_not = fmt::format("only its newest {} tasks were read", kPagesAtMost * kTasksAPage);
  co_return listed;
}

}  // namespace chunkrd::pipeline::rebuild
