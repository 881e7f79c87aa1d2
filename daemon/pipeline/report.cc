#include "pipeline/report.h"

#include <array>
#include <boost/json.hpp>
#include <sstream>
#include <string_view>
#include <utility>

#include "core/escape.h"
#include "core/iso_time.h"

namespace chunkrd::pipeline {
namespace {

namespace json = boost::json;

constexpr std::string_view kDropAgain = "Mend the document and drop it into the inbox again.";

constexpr auto kWhatToDo = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"empty_file", "The file has no content: drop the complete file into the inbox again."},
    {"too_large", "Split the document, or raise limits.document_bytes if the service takes more."},
    {"unsupported_type", "The type is not taken: convert the document, for example to PDF, and drop that."},
    {"bad_sidecar",
     "Mend or remove the .chunkr.yaml beside the document here and `chunkrd retry` it, or drop both into the "
     "inbox again, the sidecar first."},
    {"bad_link",
     "Write one http or https address or one data URL into the file, here, and `chunkrd retry` it; or drop "
     "it "
     "into the inbox again."},
    {"bad_request",
     "The service does not accept the settings or the document: see message, check the profile's parse."},
    {"unreadable", "The file could not be read: check its permissions and the disk, then drop it again."},
    {"submit_unconfirmed",
     "The service may or may not have it: look for the tag in the task list before dropping it again."},
    {"task_lost", "The service does not know the task any more: was it deleted? Drop the document again."},
    {"wrong_task", "The service answered with another task's result: drop the document again later."},
    {"not_ready", "The task was changed again and again at the service: drop the document again."},
    {"task_failed",
     "The service could not parse the document: see message. Mend the document and drop it again."},
    {"starting_timeout", "The service did not begin with the task in time: drop the document again later."},
    {"processing_timeout",
     "The task did not end in time: look at it at the service, then drop the document again."},
    {"empty_output",
     "The service says Succeeded but gives no content: is the document blank? Else drop it again."},
    {"unreadable_output", "The result could not be read as one: see message; drop the document again."},
    {"file_unavailable",
     "The result is good, but the service's storage refuses a file of it: see message. Drop the document "
     "again, or "
     "take pdf and images out of the profile's artifacts before that."},
    {"cancelled", "The task was cancelled at the service: drop the document again if that was not meant."},
});

std::string_view what_to_do(std::string_view code) {
  for (const auto& [known, advice] : kWhatToDo)
    if (known == code) return advice;
  return kDropAgain;
}

}  // namespace

std::string failure_report(const queue::Job& job, WallTime now) {
  json::object report;
  report["job"] = job.id;
  report["name"] = printable(job.name);
  report["inbox"] = printable(job.inbox);
  report["stage"] = job.error_stage;
  report["code"] = job.error_code;
  report["message"] = printable(job.error_message);
  report["what_to_do"] = what_to_do(job.error_code);
  report["attempts"] = job.attempts;
  report["possible_duplicates"] = job.possible_duplicates;
  report["task_id"] = job.task_id.empty() ? json::value(nullptr) : json::value(job.task_id);
  report["tag"] = job.tag.empty() ? json::value(nullptr) : json::value(job.tag);
  report["size_bytes"] = job.size_bytes;
  report["sha256"] = job.sha256.empty() ? json::value(nullptr) : json::value(job.sha256);
  report["profile"] = job.profile;
  report["found_at"] = to_iso(job.found_at);
  report["failed_at"] = to_iso(now);
  return json::serialize(report) + "\n";
}

}  // namespace chunkrd::pipeline
