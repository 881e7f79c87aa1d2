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

// Of a delivered document, besides its JSON and Markdown; see SimulatedService::download().
constexpr std::size_t kEntriesOfADocument = 7;

bool files_are_whole(const fs::path& outbox, const std::string& name) {
  for (const char* suffix : {".html", ".txt", ".chunks.ndjson"})
    if (!fs::exists(outbox / (name + suffix))) return false;
  return content_of(outbox / (name + ".pdf")).ends_with(".") &&
         content_of(outbox / (name + ".images") / "s.jpg").ends_with("/s.");
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
  if (json != files_are_whole(inbox.outbox, name))
    verdict.problems.push_back(name + ": with some of its files, or with half of one");
  if (json && content_of(inbox.outbox / (name + ".md")) != name + "\n")
    verdict.problems.push_back(name + ": delivered with another document's content");
}

}  // namespace

void audit(const config::Inbox& inbox, const fs::path& state, int documents, const SimulatedService& service,
           Verdict& verdict) {
  std::map<std::string, int> paid, hidden;
  for (const auto& [id, task] : service.tasks()) {
    paid[task.content] += service.is_paid(task);
    hidden[task.content] += task.never_listed;
  }
  for (int i = 0; i < documents; ++i) {
    const std::string name = fmt::format("document-{:04}.txt", i);
    audit_document(inbox, name, verdict);
    if (paid[name] <= 1) continue;
    if (hidden[name] > 0) {
      verdict.unavoidable_duplicates += 1;
    } else {
      verdict.problems.push_back(fmt::format("{}: {} tasks were paid", name, paid[name]));
    }
  }
  const auto delivered = static_cast<std::size_t>(verdict.delivered);
  const auto failed = static_cast<std::size_t>(verdict.failed);
  if (visible_files(inbox.outbox) != kEntriesOfADocument * delivered ||
      visible_files(inbox.failed) != 2 * failed)
    verdict.problems.push_back(fmt::format("{} files in the outbox, {} in failed",
                                           visible_files(inbox.outbox), visible_files(inbox.failed)));
  for (const fs::path& folder : {inbox.path, state / "spool"})
    if (visible_files(folder) != 0) verdict.problems.push_back("left in " + folder.filename().native());
}

}  // namespace chunkrd::simulation
