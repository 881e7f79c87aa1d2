#include "cli/whereabouts.h"

#include <algorithm>
#include <stdexcept>
#include <system_error>

#include "outbox/folder.h"
#include "outbox/manifest.h"
#include "outbox/relative_name.h"

namespace chunkrd::cli {
namespace {

namespace fs = std::filesystem;
using queue::State;

// From folder to folder: the whole path may be longer than what the system takes.
bool lies_below(const fs::path& root, const std::string& name) {
  try {
    const outbox::RelativeName relative(name);
    const auto folder = outbox::Folder(root).existing(relative.folders());
    return folder && folder->has(relative.base());
  } catch (const std::runtime_error&) {
    return false;  // also what we may not see
  }
}

class Search {
 public:
  void look(std::string_view what, const fs::path& root, const fs::path& name) {
    if (lies_below(root, name.native())) found_.push_back({what, root / name});
  }
  std::vector<Lying> found() && { return std::move(found_); }

 private:
  std::vector<Lying> found_;
};

void look_for_results(Search& search, const queue::Job& job, const fs::path& outbox) {
  const fs::path own = outbox / ".chunkrd";
  search.look("preparing", own / "tmp", job.id);
  try {
    if (const auto manifest = outbox::read_manifest(own / "manifests" / (job.id + ".json")))
      for (const auto& file : manifest->files) search.look("result", outbox, manifest->path_of(file));
  } catch (const std::runtime_error&) {
    // A damaged manifest says nothing; the JSON is always there, in one of the two layouts.
    if (job.delivered_name.empty()) return;
    const fs::path name = job.delivered_name, json = name.filename().native() + ".json";
    search.look("result", outbox, name.parent_path() / json);
    search.look("result", outbox, name / json);
  }
}

void look_for_report(Search& search, const fs::path& failed, const std::string& original) {
  constexpr std::string_view kReport = ".error.json";
  const fs::path name(original);
  const std::string base = name.filename().native(), plain = outbox::fitted(base, kReport.size()),
                    portable = outbox::portable(base, kReport.size());
  search.look("report", failed, name.parent_path() / (plain + std::string(kReport)));
  if (portable != plain)
    search.look("report", failed, name.parent_path() / (portable + std::string(kReport)));
}

// What the row says, unless it was moved away since.
fs::path where_it_is(const std::string& by_row, const fs::path& configured) {
  std::error_code error;
  return !by_row.empty() && fs::exists(by_row, error) ? fs::path(by_row) : configured;
}

// The document of that name in the inbox is this one only before it was taken, or where originals are kept.
bool may_lie_in_inbox(const queue::Job& job, const config::Inbox& inbox) {
  return job.state == State::claiming || job.took == queue::Took::copied ||
         inbox.originals == config::Originals::keep;
}

}  // namespace

std::vector<Lying> whereabouts(const queue::Job& job, const config::Settings& settings) {
  const auto inbox =
      std::ranges::find(settings.inboxes, job.inbox, [](const auto& one) { return one.path.native(); });
  if (inbox == settings.inboxes.end()) return {};
  Search search;
  if (may_lie_in_inbox(job, *inbox)) search.look("inbox", inbox->path, job.name);
  const fs::path state_spool = settings.state / "spool", inbox_spool = inbox->path / ".chunkrd" / "spool";
  search.look("spool", state_spool, job.id);
  search.look("spool", inbox_spool, job.id);
  if (!job.spool.empty() && job.spool != state_spool && job.spool != inbox_spool)
    search.look("spool", job.spool, job.id);
  look_for_results(search, job, where_it_is(job.outbox, inbox->outbox));
  // Rows from before the daemon noted what the original is called there have its own name.
  const bool noted = !job.original_name.empty();
  const std::string& original = noted ? job.original_name : job.name;
  const bool buried = job.state == State::failed || job.state == State::cancelled;
  const bool delivered = job.state == State::done || (noted && !job.delivered_name.empty());
  if (delivered && !job.original_pruned && (inbox->archive || !job.shelf.empty()))
    search.look("archive", where_it_is(job.shelf, inbox->archive.value_or(inbox->path)), original);
  if (buried || (noted && !delivered)) {
    const fs::path failed = where_it_is(job.shelf, inbox->failed);
    search.look("failed", failed, original);
    look_for_report(search, failed, original);
  }
  return std::move(search).found();
}

}  // namespace chunkrd::cli
