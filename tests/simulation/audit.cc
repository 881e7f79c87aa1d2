#include "tests/simulation/audit.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "pipeline/update_form.h"
#include "queue/sqlite/sqlite_store.h"

namespace chunkrd::simulation {
namespace {

namespace fs = std::filesystem;

std::size_t visible_files(const fs::path& folder) {
  std::size_t count = 0;
  if (!fs::exists(folder)) return 0;
  for (const auto& entry : fs::directory_iterator(folder))
    count += !entry.path().filename().native().starts_with(".");
  return count;
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Of a delivered document, besides its JSON and Markdown; see SimulatedService::download().
constexpr std::size_t kEntriesOfADocument = 7;

bool files_are_whole(const fs::path& outbox, const std::string& name) {
  for (const char* suffix : {".html", ".txt", ".chunks.ndjson"})
    if (!fs::exists(outbox / (name + suffix))) return false;
  return content_of(outbox / (name + ".pdf")).ends_with(".") &&
         content_of(outbox / (name + ".images") / "s.jpg").ends_with("/s.");
}

void audit_document(const config::Inbox& inbox, const std::string& name, Archive archive, Verdict& verdict) {
  const bool json = fs::exists(inbox.outbox / (name + ".json"));
  const bool markdown = fs::exists(inbox.outbox / (name + ".md"));
  const bool archived = fs::exists(*inbox.archive / name);
  const bool failed = fs::exists(inbox.failed / name);
  const bool reported = fs::exists(inbox.failed / (name + ".error.json"));
  verdict.delivered += json;
  verdict.failed += failed;
  if (json == failed || json != markdown || archived != (json && archive == Archive::kept) ||
      failed != reported)
    verdict.problems.push_back(fmt::format("{}: json={} md={} archived={} failed={} report={}", name, json,
                                           markdown, archived, failed, reported));
  if (json != files_are_whole(inbox.outbox, name))
    verdict.problems.push_back(name + ": with some of its files, or with half of one");
  if (json && content_of(inbox.outbox / (name + ".md")) != name + "\n")
    verdict.problems.push_back(name + ": delivered with another document's content");
}

std::string configuration_of(const fs::path& result) {
  boost::system::error_code error;
  const auto task = boost::json::parse(content_of(result), error);
  return error ? std::string() : boost::json::serialize(task.at("configuration"));
}

// What the rows say, held against the outbox and the service.
void audit_job(const config::Inbox& inbox, const queue::Job& job, const SimulatedService& service,
               Verdict& verdict) {
  const auto problem = [&](std::string_view what) {
    verdict.problems.push_back(fmt::format("{} ({}): {}", job.name, job.id, what));
  };
  if (job.asked != queue::Asked::nothing || !job.wanted_settings.empty())
    problem("a wish was neither granted nor given up");
  if (job.state == queue::State::done &&
      !pipeline::is_in_effect(job.settings, configuration_of(inbox.outbox / (job.name + ".json"))))
    problem("the delivered result is not of the settings in its row");
  const auto task = service.tasks().find(job.task_id);
  if (job.task_status == "Deleted" && task != service.tasks().end() && !task->second.deleted)
    problem("said to be deleted, but still at the service");
}

// Bytes of which somebody had the task deleted may be paid again by a later wish.
std::set<std::string> names_with_a_deleted_task(const SimulatedService& service) {
  std::set<std::string> names;
  for (const auto& [id, task] : service.tasks())
    if (task.deleted) names.insert(task.content);
  return names;
}

}  // namespace

void audit(const config::Inbox& inbox, const fs::path& state, int documents, const SimulatedService& service,
           Archive archive, Verdict& verdict) {
  queue::SqliteStore store(state / "queue.sqlite", {.durability = queue::Durability::none});
  for (const queue::Job& job : store.list({}, {}, SIZE_MAX)) audit_job(inbox, job, service, verdict);
  const auto deleted = names_with_a_deleted_task(service);
  std::map<std::string, int> paid, hidden;
  std::map<std::string, std::string> settings;
  for (int i = 0; i < documents; ++i) settings[name_of(i)] = settings_of(i);
  for (const auto& [id, task] : service.tasks()) {
    if (task.settings != settings[task.content])
      verdict.problems.push_back(fmt::format("{}: submitted with {}", task.content, task.settings));
    paid[task.content] += service.is_paid(task);
    hidden[task.content] += task.never_listed;
  }
  std::size_t sidecars_in_failed = 0;
  for (int i = 0; i < documents; ++i) {
    const std::string name = name_of(i);
    audit_document(inbox, name, archive, verdict);
    if (has_sidecar(i)) {
      const std::string sidecar = name + ".chunkr.yaml";
      const bool delivered = fs::exists(inbox.outbox / (name + ".json"));
      const bool beside = fs::exists((delivered ? *inbox.archive : inbox.failed) / sidecar);
      if (beside != (!delivered || archive == Archive::kept))
        verdict.problems.push_back(sidecar + " is not where its document is");
      sidecars_in_failed += fs::exists(inbox.failed / sidecar);
    }
    if (paid[name] <= 1 || deleted.contains(name)) continue;
    // Lost links may share their tasks' names: then nobody can tell whose a task is.
    if (hidden[name] > 0 || name.ends_with(".url")) {
      verdict.unavoidable_duplicates += 1;
    } else {
      verdict.problems.push_back(fmt::format("{}: {} tasks were paid", name, paid[name]));
    }
  }
  const auto delivered = static_cast<std::size_t>(verdict.delivered);
  const auto failed = static_cast<std::size_t>(verdict.failed);
  if (visible_files(inbox.outbox) != kEntriesOfADocument * delivered ||
      visible_files(inbox.failed) != 2 * failed + sidecars_in_failed)
    verdict.problems.push_back(fmt::format("{} files in the outbox, {} in failed",
                                           visible_files(inbox.outbox), visible_files(inbox.failed)));
  for (const fs::path& folder : {inbox.path, state / "spool"})
    if (visible_files(folder) != 0) verdict.problems.push_back("left in " + folder.filename().native());
}

void audit_what_is_left(const config::Inbox& inbox, const fs::path& state, Verdict& verdict) {
  queue::SqliteStore store(state / "queue.sqlite", {.durability = queue::Durability::none});
  if (!store.list({}, {}, 1).empty()) verdict.problems.push_back("rows are left");
  if (store.archived() != 0) verdict.problems.push_back("originals are counted that are gone");
  for (const fs::path& folder : {*inbox.archive, inbox.outbox / ".chunkrd/manifests",
                                 *inbox.archive / ".chunkrd/notes", inbox.failed / ".chunkrd/notes"})
    if (visible_files(folder) != 0) verdict.problems.push_back("left in " + folder.native());
}

}  // namespace chunkrd::simulation
