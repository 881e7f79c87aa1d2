// Reports in failed/: their documents can be tried again.
#include <system_error>
#include <utility>

#include "core/ids.h"
#include "outbox/delivery.h"
#include "outbox/folder.h"
#include "outbox/relative_name.h"
#include "pipeline/rebuild/recovery.h"
#include "pipeline/report.h"

namespace chunkrd::pipeline::rebuild {
namespace {

namespace fs = std::filesystem;
using queue::Job;

constexpr std::string_view kReport = ".error.json";

bool is_document(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(fs::symlink_status(path, error));
}

// The document beside a report. The report of a long name has a shorter one of its own.
fs::path document_of(const fs::path& report) {
  const std::string name = report.filename();
  const fs::path plain = report.parent_path() / name.substr(0, name.size() - kReport.size());
  if (is_document(plain)) return plain;
  for (const auto& entry : fs::directory_iterator(report.parent_path()))
    if (outbox::fitted(entry.path().filename().native(), kReport.size()).append(kReport) == name)
      return entry.path();
  return {};
}

}  // namespace

void Recovery::take_failures() {
  std::set<fs::path> folders(remembered_.open.begin(), remembered_.open.end());
  for (const auto& [path, place] : rules_->places) folders.insert(place->rules.failed);
  for (const fs::path& failed : folders) {
    std::error_code missing;
    for (fs::recursive_directory_iterator entry(failed, missing), end; !missing && entry != end;
         entry.increment(missing)) {
      if (entry->path().filename() == ".chunkrd") entry.disable_recursion_pending();
      if (entry->path().native().ends_with(kReport) && is_document(entry->path()))
        or_leave(entry->path(), [&] { take_failure(failed, entry->path()); });
    }
  }
}

void Recovery::take_failure(const fs::path& failed, const fs::path& report) {
  auto reported = job_in_report(outbox::read_if_there(report).value_or(""));
  // Somebody else's file of that ending, or a document that has gone its way since.
  if (!reported || !time_of_job_id(reported->id)) return;
  reported->due = ended_at(reported->due);
  const auto known = store_.find(reported->id);
  if (known && (!in_spool(known->id).empty() || !lifecycle::is_older_than_its_failure(*known, *reported)))
    return;
  const auto place = rules_->places.find(reported->inbox);
  if (place == rules_->places.end()) return leave(report, "its inbox is not configured any more");
  const fs::path document = document_of(report);
  if (document.empty()) return;
  const std::string told = "its original and report lie in failed/";
  const std::string original = document.lexically_relative(failed);
  if (known) {
    Job job = lifecycle::failed_before(*known, *reported);
    job.original_name = original;
    job.shelf = failed.native();
    found_.failed += update(*known, std::move(job), told);
    return;
  }
  Job job = begin(reported->id, *place->second, reported->name);
  const Job fresh = std::exchange(job, *reported);
  job.found_at = fresh.found_at;
  job.source_identity = fresh.source_identity;
  job.settings = fresh.settings;
  job.settings_hash = fresh.settings_hash;
  job.priority = fresh.priority;
  job.original_name = original;
  job.shelf = failed.native();
  know_kept_original(job, *place->second);
  found_.failed += insert(std::move(job), told);
}

}  // namespace chunkrd::pipeline::rebuild
