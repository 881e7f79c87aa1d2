#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "core/ids.h"
#include "tests/simulation/audit.h"
#include "tests/simulation/documents.h"

namespace chunkrd::simulation {
namespace {

// Of one content.
struct Account {
  int paid = 0, deleted = 0;
  bool hidden = false;
};

template <class Value>
Value of(const std::map<std::string, Value>& by_name, const std::string& name) {
  const auto found = by_name.find(name);
  return found == by_name.end() ? Value{} : found->second;
}

// What people have asked to be paid for once more, or made impossible to take over.
int allowed(const std::string& content, const Account& account, const Stage& stage, const Traffic& traffic,
            const Wishes& wishes) {
  const std::string name = content.substr(0, content.find(';'));
  const Granted granted = of(wishes.by_name(), name);
  const int tasks = 1 + granted.resubmits + std::min(account.deleted, granted.retries);
  const int again = of(traffic.dropped, key_of(name, content)) - 1;
  if (again <= 0) return tasks;
  // The same bytes were dropped again: the earlier result may not be there, or not be of these settings.
  const int without_result = stage.plan.retention ? again : 0;
  return tasks + without_result + of(traffic.taken, content).results + of(traffic.failed, name) +
         granted.reprocesses;
}

void look_at_settings(Stage& stage, const SimulatedService::Record& task, const Wishes& wishes) {
  const int document = document_of(task.content);
  const auto granted = wishes.by_name().find(name_of(document));
  const bool resubmitted = granted != wishes.by_name().end() && granted->second.resubmits > 0;
  const bool late = stage.plan.borders.late_sidecars && has_late_sidecar(document) && task.settings == "{}";
  if (task.settings != settings_of(document) && !late && !resubmitted)
    stage.problem(fmt::format("{}: submitted with {}", task.content, task.settings));
}

void look_at_end(Stage& stage, const SimulatedService::Record& task, const Wishes& wishes) {
  const std::string mark = job_mark_in(task.file_name);
  if (mark.empty() || wishes.was_asked_to_end(mark)) return;
  if (task.deleted) stage.problem(task.file_name + ": was deleted, and nobody has asked for it");
  if (task.cancelled && !task.stuck)
    stage.problem(task.file_name + ": was cancelled, and nobody has asked for it");
}

}  // namespace

void audit_payments(Stage& stage, const Traffic& traffic, const Wishes& wishes) {
  std::map<std::string, Account> accounts;
  for (const auto& [id, task] : stage.service.tasks()) {
    if (task.foreign) continue;
    look_at_settings(stage, task, wishes);
    look_at_end(stage, task, wishes);
    Account& account = accounts[task.content];
    account.paid += stage.service.is_paid(task);
    account.deleted += task.deleted;
    account.hidden = account.hidden || task.never_listed || task.left_out;
  }
  for (const auto& [content, account] : accounts) {
    if (account.paid <= allowed(content, account, stage, traffic, wishes)) continue;
    // Lost links may share their tasks' names: then nobody can tell whose a task is.
    if (account.hidden || content.ends_with(".url"))
      stage.verdict.unavoidable_duplicates += 1;
    else
      stage.problem(fmt::format("{}: {} tasks were paid, {} is what was asked for", content, account.paid,
                                allowed(content, account, stage, traffic, wishes)));
  }
}

}  // namespace chunkrd::simulation
