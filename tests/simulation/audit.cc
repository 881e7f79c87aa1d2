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

// What this machine, its clock and its folders did is never a document's fault.
const std::set<std::string> kNeverGivenUpFor = {"processing_timeout", "unreadable",       "empty_file",
                                                "too_large",          "unsupported_type", "bad_request",
                                                "bad_sidecar",        "bad_link",         "wrong_task"};

bool files_are_whole(const fs::path& outbox, const std::string& name) {
  for (const char* suffix : {".html", ".txt", ".chunks.ndjson"})
    if (!fs::exists(outbox / (name + suffix))) return false;
  return content_of(outbox / (name + ".pdf")).ends_with(".") &&
         content_of(outbox / (name + ".images") / "s.jpg").ends_with("/s.");
}

std::string configuration_of(const fs::path& result) {
  boost::system::error_code error;
  const auto task = boost::json::parse(content_of(result), error);
  return error ? std::string() : boost::json::serialize(task.at("configuration"));
}

std::string code_in(const fs::path& report) {
  boost::system::error_code error;
  const auto value = boost::json::parse(content_of(report), error);
  return error ? "no report" : std::string(value.at("code").as_string());
}

// Every folder that results or originals may have gone to: a reload may change them.
std::vector<fs::path> folders_named(const fs::path& root, const std::string& name) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(root)) {
    const std::string folder = entry.path().filename();
    if (folder == name || folder.starts_with(name + "-")) found.push_back(entry.path());
  }
  return found;
}

class Audit {
 public:
  Audit(const Plan& plan, const config::Settings& settings, const SimulatedService& service, Verdict& verdict)
      : plan_(plan),
        inbox_(settings.inboxes[0].path),
        state_(settings.state),
        outboxes_(folders_named(settings.state.parent_path(), "outbox")),
        archives_(folders_named(settings.state.parent_path(), "archive")),
        failed_(folders_named(settings.state.parent_path(), "failed")),
        service_(service),
        verdict_(verdict),
        store_(settings.state / "queue.sqlite", {.durability = queue::Durability::none}) {}

  void run() {
    for (const queue::Job& job : store_.list({}, {}, SIZE_MAX)) look_at_row(job);
    for (int i = 0; i < plan_.documents; ++i) look_at_document(i);
    look_at_payments();
    look_for_leftovers();
    if (plan_.retention) look_for_what_was_to_be_forgotten();
  }

 private:
  void problem(std::string text) { verdict_.problems.push_back(std::move(text)); }

  // The folder of `folders` in which `name` lies; empty if in none, and a problem if in several.
  fs::path only_one(const std::vector<fs::path>& folders, const std::string& name) {
    fs::path found;
    for (const fs::path& folder : folders) {
      if (!fs::exists(folder / name)) continue;
      if (!found.empty()) problem(name + " is in two places");
      found = folder;
    }
    return found;
  }

  // What the rows say, held against the outbox and the service.
  void look_at_row(const queue::Job& job) {
    const auto wrong = [&](std::string_view what) {
      problem(fmt::format("{} ({}): {}", job.name, job.id, what));
    };
    if (job.asked != queue::Asked::nothing || !job.wanted_settings.empty())
      wrong("a wish was neither granted nor given up");
    const fs::path outbox = only_one(outboxes_, job.name + ".json");
    if (job.state == queue::State::done &&
        !pipeline::is_in_effect("{}", job.settings, configuration_of(outbox / (job.name + ".json"))))
      wrong("the delivered result is not of the settings in its row");
    const auto task = service_.tasks().find(job.task_id);
    if (job.task_status == "Deleted" && task != service_.tasks().end() && !task->second.deleted)
      wrong("said to be deleted, but still at the service");
  }

  void look_at_document(int document) {
    const std::string name = name_of(document);
    const fs::path outbox = only_one(outboxes_, name + ".json");
    const fs::path archive = only_one(archives_, name);
    const fs::path failed = only_one(failed_, name);
    const bool delivered = !outbox.empty(), reported = !only_one(failed_, name + ".error.json").empty();
    verdict_.delivered += delivered;
    verdict_.failed += !failed.empty();
    if (delivered == !failed.empty() || archive.empty() == (delivered && !plan_.retention) ||
        reported == failed.empty())
      problem(fmt::format("{}: delivered={} archived={} failed={} report={}", name, delivered,
                          !archive.empty(), !failed.empty(), reported));
    if (delivered) look_at_result(document, outbox, archive);
    if (reported) look_at_failure(failed / (name + ".error.json"));
    if (has_sidecar(document)) look_at_sidecar(document, delivered ? archive : failed);
  }

  void look_at_result(int document, const fs::path& outbox, const fs::path& archive) {
    const std::string name = name_of(document);
    const std::string markdown = content_of(outbox / (name + ".md"));
    if (!files_are_whole(outbox, name)) problem(name + ": with some of its files, or with half of one");
    if (markdown == name + "\n") {
      // A link's content lies elsewhere.
      if (!name.ends_with(".url") && !archive.empty() && content_of(archive / name) != bytes_of(document))
        problem(name + ": the result is of half the document");
    } else if (!has_late_writer(document) || markdown != name + addition_to(document) + "\n") {
      problem(name + ": delivered with another document's content");
    }
  }

  void look_at_failure(const fs::path& report) {
    if (const auto code = code_in(report); kNeverGivenUpFor.contains(code))
      problem(fmt::format("{}: given up for {}", report.filename().native(), code));
  }

  void look_at_sidecar(int document, const fs::path& beside) {
    const std::string sidecar = name_of(document) + ".chunkr.yaml";
    const bool is_beside = !beside.empty() && fs::exists(beside / sidecar);
    const bool in_failed = !only_one(failed_, sidecar).empty();
    sidecars_in_failed_ += in_failed;
    const bool came_too_late =
        plan_.borders.late_sidecars && has_late_sidecar(document) && fs::exists(inbox_ / sidecar);
    if (is_beside == came_too_late && !(plan_.retention && !in_failed))
      problem(sidecar + " is not where its document is");
  }

  void look_at_payments() {
    // Bytes of which somebody had the task deleted may be paid again by a later wish.
    std::map<std::string, int> paid;
    std::set<std::string> deleted, hidden;
    for (const auto& [id, task] : service_.tasks()) {
      if (task.foreign) continue;
      const std::string name = task.content.substr(0, task.content.find(';'));
      const auto document = std::stoi(name.substr(9, 4));
      const bool late = plan_.borders.late_sidecars && has_late_sidecar(document) && task.settings == "{}";
      if (task.settings != settings_of(document) && !late)
        problem(fmt::format("{}: submitted with {}", name, task.settings));
      paid[task.content] += service_.is_paid(task);
      if (task.deleted) deleted.insert(task.content);
      if (task.never_listed) hidden.insert(task.content);
    }
    for (const auto& [content, tasks] : paid) {
      if (tasks <= 1 || deleted.contains(content)) continue;
      // Lost links may share their tasks' names: then nobody can tell whose a task is.
      if (hidden.contains(content) || content.ends_with(".url"))
        verdict_.unavoidable_duplicates += 1;
      else
        problem(fmt::format("{}: {} tasks were paid", content, tasks));
    }
  }

  static std::size_t files_in(const std::vector<fs::path>& folders) {
    std::size_t count = 0;
    for (const fs::path& folder : folders) count += visible_files(folder);
    return count;
  }

  void look_for_leftovers() {
    const auto delivered = static_cast<std::size_t>(verdict_.delivered);
    const auto failed = static_cast<std::size_t>(verdict_.failed);
    if (files_in(outboxes_) != kEntriesOfADocument * delivered ||
        files_in(failed_) != 2 * failed + sidecars_in_failed_)
      problem(fmt::format("{} files in the outbox, {} in failed", files_in(outboxes_), files_in(failed_)));
    for (const auto& entry : fs::directory_iterator(inbox_))
      if (!entry.path().filename().native().starts_with(".") && entry.path().extension() != ".yaml")
        problem("left in the inbox: " + entry.path().filename().native());
    if (visible_files(state_ / "spool") != 0) problem("left in the spool");
  }

  void look_for_what_was_to_be_forgotten() {
    if (!store_.list({}, {}, 1).empty()) problem("rows are left");
    if (store_.archived() != 0) problem("originals are counted that are gone");
    std::vector<fs::path> folders = archives_;
    for (const fs::path& outbox : outboxes_) folders.push_back(outbox / ".chunkrd/manifests");
    for (const fs::path& archive : archives_) folders.push_back(archive / ".chunkrd/notes");
    for (const fs::path& failed : failed_) folders.push_back(failed / ".chunkrd/notes");
    for (const fs::path& folder : folders)
      if (visible_files(folder) != 0) problem("left in " + folder.native());
  }

  const Plan& plan_;
  const fs::path inbox_, state_;
  const std::vector<fs::path> outboxes_, archives_, failed_;
  const SimulatedService& service_;
  Verdict& verdict_;
  queue::SqliteStore store_;
  std::size_t sidecars_in_failed_ = 0;
};

}  // namespace

void audit(const Plan& plan, const config::Settings& settings, const SimulatedService& service,
           Verdict& verdict) {
  Audit(plan, settings, service, verdict).run();
}

}  // namespace chunkrd::simulation
