#include "cli/daemon_status.h"

#include <boost/json.hpp>
#include <stdexcept>

#include "core/escape.h"
#include "core/iso_time.h"

namespace chunkrd::cli {
namespace {

namespace json = boost::json;

WallTime time_from(const json::value& value) {
  const auto time = from_iso(std::string_view(value.as_string()));
  if (!time) throw std::invalid_argument("not a time");
  return *time;
}

DaemonStatus::Pause pause_from(const json::object& object) {
  DaemonStatus::Pause pause;
  pause.cause = object.at("cause").as_string();
  pause.since = time_from(object.at("since"));
  if (const json::value& until = object.at("until"); !until.is_null()) pause.until = time_from(until);
  pause.detail = object.at("detail").as_string();
  return pause;
}

DaemonStatus::Inbox inbox_from(const json::object& object) {
  const json::value* spool = object.if_contains("spool");
  return {.path = std::string(object.at("path").as_string()),
          .unclaimed = object.at("unclaimed").to_number<std::size_t>(),
          .spool = spool != nullptr ? std::string(spool->as_string()) : ""};
}

}  // namespace

std::string to_json(const DaemonStatus& status) {
  json::array pauses;
  for (const auto& pause : status.pauses)
    pauses.push_back({{"cause", pause.cause},
                      {"since", to_iso(pause.since)},
                      {"until", pause.until ? json::value(to_iso(*pause.until)) : json::value(nullptr)},
                      {"detail", valid_utf8(pause.detail)}});
  json::array inboxes;
  for (const auto& inbox : status.inboxes)
    inboxes.push_back({{"path", inbox.path}, {"unclaimed", inbox.unclaimed}, {"spool", inbox.spool}});
  return json::serialize(json::object{{"pid", status.pid},
                                      {"version", status.version},
                                      {"started_at", to_iso(status.started_at)},
                                      {"pauses", std::move(pauses)},
                                      {"rate", status.rate},
                                      {"draining", status.draining},
                                      {"inboxes", std::move(inboxes)}});
}

std::optional<DaemonStatus> daemon_status_from(std::string_view text) {
  try {
    const json::value document = json::parse(text);
    const json::object& object = document.as_object();
    DaemonStatus status;
    status.pid = object.at("pid").to_number<int>();
    status.version = object.at("version").as_string();
    status.started_at = time_from(object.at("started_at"));
    for (const json::value& pause : object.at("pauses").as_array())
      status.pauses.push_back(pause_from(pause.as_object()));
    status.rate = object.at("rate").to_number<double>();
    status.draining = object.at("draining").as_bool();
    if (const json::value* inboxes = object.if_contains("inboxes"))
      for (const json::value& inbox : inboxes->as_array())
        status.inboxes.push_back(inbox_from(inbox.as_object()));
    return status;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace chunkrd::cli
