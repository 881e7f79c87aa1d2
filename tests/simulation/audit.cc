#include "tests/simulation/audit.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <map>

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

void audit_document(const config::Inbox& inbox, const std::string& name, Verdict& verdict) {
  const bool json = fs::exists(inbox.outbox / (name + ".json"));
  const bool markdown = fs::exists(inbox.outbox / (name + ".md"));
  const bool archived = fs::exists(*inbox.archive / name);
  const bool failed = fs::exists(inbox.failed / name);
  const bool reported = fs::exists(inbox.failed / (name + ".error.json"));
  verdict.delivered += json;
  verdict.failed += failed;
  if (json == failed || json != markdown || json != archived || failed != reported)
    verdict.problems.push_back(fmt::format("{}: json={} md={} archived={} failed={} report={}", name, json,
                                           markdown, archived, failed, reported));
  if (json && content_of(inbox.outbox / (name + ".md")) != name + "\n")
    verdict.problems.push_back(name + ": delivered with another document's content");
}

}  // namespace

void audit(const config::Inbox& inbox, const fs::path& state, int documents, const SimulatedService& service,
           Verdict& verdict) {
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
    audit_document(inbox, name, verdict);
    if (has_sidecar(i)) {
      const std::string sidecar = name + ".chunkr.yaml";
      const bool beside = fs::exists(*inbox.archive / name) ? fs::exists(*inbox.archive / sidecar)
                                                            : fs::exists(inbox.failed / sidecar);
      if (!beside) verdict.problems.push_back(sidecar + " is not beside its document");
      sidecars_in_failed += fs::exists(inbox.failed / sidecar);
    }
    if (paid[name] <= 1) continue;
    // Lost links may share their tasks' names: then nobody can tell whose a task is.
    if (hidden[name] > 0 || name.ends_with(".url")) {
      verdict.unavoidable_duplicates += 1;
    } else {
      verdict.problems.push_back(fmt::format("{}: {} tasks were paid", name, paid[name]));
    }
  }
  const auto n = static_cast<std::size_t>(documents);
  if (visible_files(inbox.outbox) + visible_files(inbox.failed) != 2 * n + sidecars_in_failed)
    verdict.problems.push_back(fmt::format("{} files in the outbox, {} in failed",
                                           visible_files(inbox.outbox), visible_files(inbox.failed)));
  for (const fs::path& folder : {inbox.path, state / "spool"})
    if (visible_files(folder) != 0) verdict.problems.push_back("left in " + folder.filename().native());
}

}  // namespace chunkrd::simulation
