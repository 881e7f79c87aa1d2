#include "pipeline/report.h"

#include <array>
#include <boost/json.hpp>
#include <sstream>
#include <stdexcept>
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
    {"link_not_fetched",
     "The service could not fetch the address in this file: is it right, does it answer the service, and "
     "without signing in? Then `chunkrd retry` it; or download the document and drop that."},
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
    {"original_missing",
     "The document itself is gone: drop it into the inbox again, if it has not had its result before (an "
     "older "
     "copy of the queue may have been put back)."},
    {"cancelled", "The task was cancelled at the service: drop the document again if that was not meant."},
});

std::string_view what_to_do(std::string_view code) {
  for (const auto& [known, advice] : kWhatToDo)
    if (known == code) return advice;
  return kDropAgain;
}

std::string text_at(const json::object& report, std::string_view key) {
  const json::value& value = report.at(key);
  return value.is_null() ? std::string() : json::value_to<std::string>(value);
}

WallTime time_at(const json::object& report, std::string_view key) {
  const auto time = from_iso(text_at(report, key));
  if (!time) throw std::runtime_error("no time");
  return *time;
}

// As far as the code tells it: a retry asks the task first unless it is known to have come to nothing.
std::string status_at_the_end(std::string_view code) {
  if (code == "task_failed") return "Failed";
  return code == "cancelled" ? "Cancelled" : "";
}

queue::Job read(const json::object& report) {
  queue::Job job;
  job.id = text_at(report, "job");
  job.name = unprintable(text_at(report, "name"));
  job.inbox = unprintable(text_at(report, "inbox"));
  job.error_stage = text_at(report, "stage");
  job.error_code = text_at(report, "code");
  job.error_message = unprintable(text_at(report, "message"));
  job.attempts = report.at("attempts").to_number<int>();
  job.possible_duplicates = report.at("possible_duplicates").to_number<int>();
  job.task_id = text_at(report, "task_id");
  job.task_status = status_at_the_end(job.error_code);
  job.tag = text_at(report, "tag");
  job.size_bytes = report.at("size_bytes").to_number<std::uint64_t>();
  job.sha256 = text_at(report, "sha256");
  job.profile = text_at(report, "profile");
  job.found_at = time_at(report, "found_at");
  job.due = time_at(report, "failed_at");
  // A retry looks for its task from there on.
  if (!job.tag.empty()) job.intent_at = job.found_at;
  job.state = job.error_code == "cancelled" ? queue::State::cancelled : queue::State::failed;
  return job;
}

}  // namespace

std::optional<queue::Job> job_in_report(std::string_view text) {
  try {
    return read(json::parse(text).as_object());
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

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
