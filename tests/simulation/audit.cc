#include "tests/simulation/audit.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "pipeline/update_form.h"
#include "queue/sqlite/sqlite_store.h"
#include "tests/simulation/documents.h"

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

std::string names_in(const fs::path& folder) {
  std::string names;
  for (const auto& entry : fs::directory_iterator(folder)) names += entry.path().filename().native() + " ";
  return names;
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

// What lies in some folders, by key_of().
struct Found {
  struct One {
    fs::path folder;
    std::string name;  ///< without what makes it a result or a report
  };
  std::map<std::string, std::vector<One>> by_key;

  std::size_t of(const std::string& key) const {
    const auto found = by_key.find(key);
    return found == by_key.end() ? 0 : found->second.size();
  }
};

std::string without_newline(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

class Audit {
 public:
  Audit(Stage& stage, const Traffic& traffic)
      : stage_(stage),
        traffic_(traffic),
        outboxes_(folders_named(stage.root(), "outbox")),
        archives_(folders_named(stage.root(), "archive")),
        failed_(folders_named(stage.root(), "failed")),
        store_(stage.queue_file(), {.durability = queue::Durability::none}) {}

  void run() {
    find_results();
    find_failures();
    find_originals();
    for (const queue::Job& job : store_.list({}, {}, SIZE_MAX)) look_at_row(job);
    for (const auto& [key, number] : traffic_.dropped) look_at_document(key, number);
    for (int i = 0; i < stage_.plan.documents; ++i)
      if (has_sidecar(i)) look_at_sidecar(i);
    look_for_leftovers();
    if (stage_.plan.retention) look_for_what_was_to_be_forgotten();
  }

 private:
  void problem(std::string text) { stage_.problem(std::move(text)); }

  void note(Found& found, const std::string& key, const fs::path& folder, const std::string& name) {
    if (!traffic_.dropped.contains(key))
      problem(fmt::format("{}/{}: is of \"{}\", which nobody has dropped", folder.filename().native(), name,
                          key));
    else if (!name.starts_with(name_of(document_of(key)).substr(0, 13)))
      problem(fmt::format("{}/{}: has another document's content, \"{}\"", folder.filename().native(), name,
                          key));
    found.by_key[key].push_back({folder, name});
  }

  void find_results() {
    for (const fs::path& outbox : outboxes_) {
      for (const auto& entry : fs::directory_iterator(outbox)) {
        const std::string file = entry.path().filename();
        if (file.starts_with(".") || !file.ends_with(".json")) continue;
        const std::string name = file.substr(0, file.size() - 5);
        if (!files_are_whole(outbox, name)) problem(name + ": with some of its files, or with half of one");
        const std::string content = without_newline(content_of(outbox / (name + ".md")));
        if (!content.starts_with("document-"))
          problem(name + ": delivered with no document's content");
        else
          note(results_, key_of(name_of(document_of(content)), content), outbox, name);
      }
    }
  }

  void find_failures() {
    for (const fs::path& failed : failed_) {
      for (const auto& entry : fs::directory_iterator(failed)) {
        const std::string file = entry.path().filename();
        if (file.starts_with(".") || !file.ends_with(".error.json")) continue;
        const std::string name = file.substr(0, file.size() - 11);
        if (const auto code = code_in(entry.path()); kNeverGivenUpFor.contains(code))
          problem(fmt::format("{}: given up for {}", name, code));
        if (fs::exists(failed / name))
          note(failures_, key_of(document_named(name), content_of(failed / name)), failed, name);
        else
          problem(name + ": a report without its document");
      }
    }
  }

  void find_originals() {
    for (const fs::path& archive : archives_) {
      for (const auto& entry : fs::directory_iterator(archive)) {
        const std::string file = entry.path().filename();
        if (file.starts_with(".") || file.ends_with(".yaml")) continue;
        note(originals_, key_of(document_named(file), content_of(entry.path())), archive, file);
      }
    }
  }

  // The outbox may have given it another name: "document-0001~3f2a1b4c.txt".
  static std::string document_named(const std::string& name) { return name_of(document_of(name)); }

  // What the rows say, held against the outbox and the service.
  void look_at_row(const queue::Job& job) {
    const auto wrong = [&](std::string_view what) {
      problem(fmt::format("{} ({}): {}", job.name, job.id, what));
    };
    if (job.asked != queue::Asked::nothing || !job.wanted_settings.empty())
      wrong("a wish was neither granted nor given up");
    // Of names that are used again somebody may have taken the result, and another document got its name.
    const fs::path result = fs::path(job.outbox) / (job.delivered_name + ".json");
    const bool again = stage_.plan.borders.names_again > 0 && is_used_again(document_of(job.name));
    if (job.state == queue::State::done && !again &&
        !pipeline::is_in_effect("{}", job.settings, configuration_of(result)))
      wrong(fmt::format("the delivered result {} is not of the settings in its row, {}, but of {}",
                        result.native(), job.settings, configuration_of(result)));
    const auto task = stage_.service.tasks().find(job.task_id);
    if (job.task_status == "Deleted" && task != stage_.service.tasks().end() && !task->second.deleted)
      wrong("said to be deleted, but still at the service");
  }

  void look_at_document(const std::string& key, int dropped) {
    const auto taken = traffic_.taken.find(key);
    const Traffic::Taken away = taken == traffic_.taken.end() ? Traffic::Taken{} : taken->second;
    const auto delivered = static_cast<int>(results_.of(key));
    const auto failed = static_cast<int>(failures_.of(key));
    const auto archived = static_cast<int>(originals_.of(key));
    stage_.verdict.delivered += delivered;
    stage_.verdict.failed += failed;
    // What was taken away may have been asked for once more.
    const bool too_many = delivered + failed > dropped;
    const bool too_few = delivered + failed + away.results + away.failures < dropped;
    const bool not_archived = !stage_.plan.retention && archived + away.originals < delivered;
    if (too_many || too_few || not_archived || archived > dropped)
      problem(fmt::format(
          "{}: dropped={} delivered={} failed={} archived={} taken away: {} results, {} failures, {} "
          "originals",
          key, dropped, delivered, failed, archived, away.results, away.failures, away.originals));
  }

  void look_at_sidecar(int document) {
    const std::string sidecar = name_of(document) + ".chunkr.yaml";
    const auto& found = results_.of(name_of(document)) > 0 ? originals_ : failures_;
    const auto beside = found.by_key.find(name_of(document));
    const bool is_beside =
        beside != found.by_key.end() && fs::exists(beside->second.front().folder / sidecar);
    bool in_failed = false;
    for (const fs::path& failed : failed_) in_failed = in_failed || fs::exists(failed / sidecar);
    sidecars_in_failed_ += in_failed;
    const bool came_too_late = stage_.plan.borders.late_sidecars && has_late_sidecar(document) &&
                               fs::exists(stage_.inbox_path / sidecar);
    if (is_beside == came_too_late && !(stage_.plan.retention && !in_failed))
      problem(sidecar + " is not where its document is");
  }

  static std::size_t files_in(const std::vector<fs::path>& folders) {
    std::size_t count = 0;
    for (const fs::path& folder : folders) count += visible_files(folder);
    return count;
  }

  void look_for_leftovers() {
    const auto delivered = static_cast<std::size_t>(stage_.verdict.delivered);
    const auto failed = static_cast<std::size_t>(stage_.verdict.failed);
    if (files_in(outboxes_) != kEntriesOfADocument * delivered ||
        files_in(failed_) != 2 * failed + sidecars_in_failed_)
      problem(fmt::format("{} files in the outbox, {} in failed", files_in(outboxes_), files_in(failed_)));
    for (const auto& entry : fs::directory_iterator(stage_.inbox_path))
      if (!entry.path().filename().native().starts_with(".") && entry.path().extension() != ".yaml")
        problem("left in the inbox: " + entry.path().filename().native());
    if (visible_files(stage_.settings.state / "spool") != 0) problem("left in the spool");
  }

  void look_for_what_was_to_be_forgotten() {
    if (!store_.list({}, {}, 1).empty()) problem("rows are left");
    if (store_.archived() != 0) problem("originals are counted that are gone");
    std::vector<fs::path> folders = archives_;
    for (const fs::path& outbox : outboxes_) folders.push_back(outbox / ".chunkrd/manifests");
    for (const fs::path& archive : archives_) folders.push_back(archive / ".chunkrd/notes");
    for (const fs::path& failed : failed_) folders.push_back(failed / ".chunkrd/notes");
    for (const fs::path& folder : folders)
      if (visible_files(folder) != 0)
        problem(fmt::format("left in {}: {}", folder.native(), names_in(folder)));
  }

  Stage& stage_;
  const Traffic& traffic_;
  const std::vector<fs::path> outboxes_, archives_, failed_;
  queue::SqliteStore store_;
  Found results_, failures_, originals_;
  std::size_t sidecars_in_failed_ = 0;
};

}  // namespace

void audit(Stage& stage, const Traffic& traffic, const Wishes& wishes) {
  Audit(stage, traffic).run();
  audit_payments(stage, traffic, wishes);
}

}  // namespace chunkrd::simulation
