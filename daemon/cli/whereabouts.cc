#include "cli/whereabouts.h"

#include <algorithm>
#include <stdexcept>
#include <system_error>

#include "outbox/manifest.h"
#include "outbox/relative_name.h"

namespace chunkrd::cli {
namespace {

namespace fs = std::filesystem;
using queue::State;

class Search {
 public:
  void look(std::string_view what, const fs::path& path) {
    std::error_code error;
    if (fs::exists(fs::symlink_status(path, error))) found_.push_back({what, path});
  }
  std::vector<Lying> found() && { return std::move(found_); }

 private:
  std::vector<Lying> found_;
};

void look_for_results(Search& search, const queue::Job& job, const fs::path& outbox) {
  const fs::path own = outbox / ".chunkrd";
  search.look("preparing", own / "tmp" / job.id);
  try {
    if (const auto manifest = outbox::read_manifest(own / "manifests" / (job.id + ".json")))
      for (const auto& file : manifest->files) search.look("result", outbox / manifest->path_of(file));
  } catch (const std::runtime_error&) {
    // A damaged manifest says nothing; the JSON is always there.
    if (!job.delivered_name.empty()) search.look("result", outbox / (job.delivered_name + ".json"));
  }
}

void look_for_report(Search& search, const fs::path& failed, const std::string& original) {
  constexpr std::string_view kReport = ".error.json";
  const fs::path name(original);
  search.look("report", failed / name.parent_path() /
                            outbox::fitted(name.filename().native(), kReport.size()).append(kReport));
}

// The document of that name in the inbox is this one only before it was taken, or where originals are kept.
bool may_lie_in_inbox(const queue::Job& job, const config::Inbox& inbox) {
  return job.state == State::claiming || inbox.originals == config::Originals::keep;
}

}  // namespace

std::vector<Lying> whereabouts(const queue::Job& job, const config::Settings& settings) {
  const auto inbox =
      std::ranges::find(settings.inboxes, job.inbox, [](const auto& one) { return one.path.native(); });
  if (inbox == settings.inboxes.end()) return {};
  Search search;
  if (may_lie_in_inbox(job, *inbox)) search.look("inbox", inbox->path / job.name);
  search.look("spool", settings.state / "spool" / job.id);
  search.look("spool", inbox->path / ".chunkrd" / "spool" / job.id);
  look_for_results(search, job, inbox->outbox);
  // Rows from before the daemon noted what the original is called there have its own name.
  const bool noted = !job.original_name.empty();
  const std::string& original = noted ? job.original_name : job.name;
  const bool buried = job.state == State::failed || job.state == State::cancelled;
  const bool delivered = job.state == State::done || (noted && !job.delivered_name.empty());
  if (delivered && inbox->archive && !job.original_pruned) search.look("archive", *inbox->archive / original);
  if (buried || (noted && !delivered)) {
    search.look("failed", inbox->failed / original);
    look_for_report(search, inbox->failed, original);
  }
  return std::move(search).found();
}

}  // namespace chunkrd::cli
