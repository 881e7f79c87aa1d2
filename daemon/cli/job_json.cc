#include "cli/job_json.h"

#include <boost/json/parse.hpp>

#include "core/escape.h"
#include "core/iso_time.h"

namespace chunkrd::cli {
namespace {

namespace json = boost::json;
using queue::State;

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::value name_or_null(std::string_view bytes) {
  return text_or_null(printable(bytes));
}

std::string_view asked_for(queue::Asked asked) {
  switch (asked) {
    case queue::Asked::nothing:
      return {};
    case queue::Asked::cancel:
      return "cancel";
    case queue::Asked::remove:
      return "delete";
    case queue::Asked::cancel_or_remove:
      return "cancel_or_delete";
    case queue::Asked::cancel_and_remove:
      return "cancel_and_delete";
  }
  return {};
}

json::value settings_of(const queue::Job& job) {
  boost::system::error_code error;
  auto settings = json::parse(job.settings, error);
  return error ? json::value(nullptr) : settings;
}

}  // namespace

json::value to_json(const std::optional<WallTime>& time) {
  return time ? json::value(to_iso(*time)) : json::value(nullptr);
}

std::string_view next_step(State state) noexcept {
  switch (state) {
    case State::claiming:
      return "claim";
    case State::ready:
      return "submit";
    case State::submitting:
      return "reconcile";
    case State::submitted:
    case State::reparsing:
      return "poll";
    case State::collecting:
      return "collect";
    case State::delivering:
      return "deliver";
    case State::delivered:
      return "archive";
    case State::burying:
      return "bury";
    case State::removing:
      return "remove";
    case State::updating:
      return "update";
    case State::retrying:
      return "retry";
    case State::done:
    case State::failed:
    case State::cancelled:
    case State::vanished:
      break;
  }
  return {};
}

json::object to_json(const queue::Job& job) {
  json::object object;
  object["id"] = job.id;
  object["name"] = printable(job.name);
  object["inbox"] = printable(job.inbox);
  object["state"] = to_string(job.state);
  object["state_since"] = to_iso(job.state_since);
  object["found_at"] = to_iso(job.found_at);
  object["next_step"] = text_or_null(next_step(job.state));
  object["due"] = is_end(job.state) ? json::value(nullptr) : json::value(to_iso(job.due));
  object["profile"] = job.profile;
  object["priority"] = job.priority;
  object["size_bytes"] = job.size_bytes;
  object["sha256"] = text_or_null(job.sha256);
  object["pages"] = job.pages ? json::value(*job.pages) : json::value(nullptr);
  object["task_id"] = text_or_null(job.task_id);
  object["task_status"] = text_or_null(job.task_status);
  object["submitted_at"] = to_json(job.submitted_at);
  object["attempts"] = job.attempts;
  object["possible_duplicates"] = job.possible_duplicates;
  object["revision"] = job.revision;
  object["reused_from"] = text_or_null(job.reused_from);
  object["asked"] = text_or_null(asked_for(job.asked));
  object["delivered_name"] = name_or_null(job.delivered_name);
  object["original_name"] = name_or_null(job.original_name);
  object["original_pruned"] = job.original_pruned;
  object["error"] = nullptr;
  if (!job.error_code.empty())
    object["error"] = {
        {"stage", job.error_stage}, {"code", job.error_code}, {"message", valid_utf8(job.error_message)}};
  return object;
}

json::object to_json(const Story& story) {
  json::object object = to_json(story.job);
  object["settings"] = settings_of(story.job);
  object["settings_hash"] = story.job.settings_hash;
  object["tag"] = story.job.tag;
  json::array where, events;
  for (const Lying& one : story.where)
    where.push_back({{"what", one.what}, {"path", printable(one.path.native())}});
  for (const auto& [at, event] : story.events)
    events.push_back({{"at", to_iso(at)}, {"what", event.what}, {"detail", valid_utf8(event.detail)}});
  object["where"] = std::move(where);
  object["story"] = std::move(events);
  return object;
}

}  // namespace chunkrd::cli
