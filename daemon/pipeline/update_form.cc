#include "pipeline/update_form.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

namespace chunkrd::pipeline {
namespace {

namespace json = boost::json;

// Defaults of CreateForm, the same in each release that has the setting; but `high_resolution` is true from
// 1.20.1 on. Of an object each field that is not named is built anew by the server's own default.
constexpr std::string_view kDefaults = R"({
  "high_resolution": false,
  "ocr_strategy": "All",
  "segmentation_strategy": "LayoutAnalysis",
  "error_handling": "Fail",
  "chunk_processing": {},
  "llm_processing": {}
})";

constexpr std::string_view kSegments = "segment_processing";

json::value default_of_segment(std::string_view) {
  return json::object();
}

json::value default_of(std::string_view name) {
  const json::object defaults = json::parse(kDefaults).as_object();
  const auto* value = defaults.if_contains(name);
  return value == nullptr ? json::value(nullptr) : *value;
}

// What leads from `now` to `wanted`, key by key.
template <class DefaultOf>
json::object changes(const json::object& now, const json::object& wanted, DefaultOf default_of_key) {
  json::object result;
  for (const auto& [name, value] : wanted)
    if (const auto* before = now.if_contains(name); before == nullptr || *before != value)
      result[name] = value;
  for (const auto& [name, value] : now)
    if (!wanted.contains(name))
      if (json::value back = default_of_key(name); !back.is_null()) result[name] = std::move(back);
  return result;
}

json::object member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_object() ? value->get_object() : json::object();
}

bool shows(const json::value& asked, const json::value* actual);

bool shows_all(const json::object& asked, const json::object& actual) {
  return std::ranges::all_of(
      asked, [&](const auto& one) { return shows(one.value(), actual.if_contains(one.key())); });
}

bool shows_list(const json::array& asked, const json::array& actual) {
  return asked.size() == actual.size() &&
         std::ranges::equal(asked, actual, [](const auto& a, const auto& b) { return shows(a, &b); });
}

// The service keeps temperatures as 32-bit floats.
bool same_number(const json::value& asked, const json::value& actual) {
  return static_cast<float>(asked.to_number<double>()) == static_cast<float>(actual.to_number<double>());
}

bool shows(const json::value& asked, const json::value* actual) {
  if (asked.is_null()) return true;
  if (actual == nullptr) return false;
  if (asked.is_object()) return actual->is_object() && shows_all(asked.get_object(), actual->get_object());
  if (asked.is_array()) return actual->is_array() && shows_list(asked.get_array(), actual->get_array());
  if (asked.is_number()) return actual->is_number() && same_number(asked, *actual);
  return asked == *actual;
}

/// What the settings that a server shows say of an update.
struct Evidence {
  bool new_value = false;  ///< one is as it was asked for, or is not what it was before
  bool old_value = false;  ///< one is what it was before the update
  bool unshown = false;    ///< one that was asked for is not there: this server does not show it
  bool shown = false;      ///< one is as it was asked for; what it was before is not known
};

const json::value* member_of(const json::value* object, std::string_view name) {
  return object != nullptr && object->is_object() ? object->get_object().if_contains(name) : nullptr;
}

// What goes back to the server's default. Where it shows what was named before, that may be its default.
void judge_reset(const json::value& before, const json::value* actual, Evidence& evidence) {
  if (actual == nullptr || before.is_null()) return;
  if (before.is_object()) {
    for (const auto& [name, value] : before.get_object())
      judge_reset(value, member_of(actual, name), evidence);
  } else if (!shows(before, actual)) {
    evidence.new_value = true;
  } else {
    // Numbers and names that some release has as its default say nothing; own texts do.
    static constexpr std::string_view kNames[] = {"Word",     "Cl100kBase", "Auto",    "LLM",   "All",
                                                  "Markdown", "Html",       "Default", "Ignore"};
    const auto is_name = [&](std::string_view name) { return before == json::value(name); };
    const bool is_default = before.is_bool() || before.is_array() || before == json::value(0) ||
                            before == json::value(512) || before == json::value(4096) ||
                            std::ranges::any_of(kNames, is_name);
    evidence.old_value |= !is_default;
  }
}

void judge(const json::value* before, const json::value& asked, const json::value* actual,
           Evidence& evidence) {
  if (asked.is_null()) return;
  if (asked.is_object() && asked.get_object().empty()) {
    if (before != nullptr) judge_reset(*before, actual, evidence);
    return;
  }
  if (actual == nullptr || (asked.is_object() && actual->is_null())) {
    evidence.unshown = true;
  } else if (asked.is_object() && actual->is_object()) {
    for (const auto& [name, value] : asked.get_object())
      judge(member_of(before, name), value, member_of(actual, name), evidence);
  } else if (const bool was = before != nullptr && shows(*before, actual); shows(asked, actual)) {
    evidence.new_value |= before != nullptr && !was;
    evidence.shown |= before == nullptr;
  } else {
    evidence.old_value |= was || before == nullptr;
  }
}

Evidence evidence_in(std::string_view configuration, std::string_view before, std::string_view form) {
  boost::system::error_code error;
  const json::value actual = json::parse(configuration, error);
  if (error || !actual.is_object()) return {.old_value = true};
  Evidence evidence;
  const json::value old = json::parse(before), asked = json::parse(form);
  for (const auto& [name, value] : asked.as_object())
    judge(member_of(&old, name), value, member_of(&actual, name), evidence);
  return evidence;
}

}  // namespace

std::string update_form(std::string_view now, std::string_view wanted) {
  json::object before = json::parse(now).as_object();
  json::object after = json::parse(wanted).as_object();
  const json::object segments =
      changes(member(before, kSegments), member(after, kSegments), default_of_segment);
  before.erase(kSegments);
  after.erase(kSegments);
  // The service reads it in a create only (contract).
  before.erase("pipeline");
  after.erase("pipeline");
  json::object form = changes(before, after, default_of);
  if (!segments.empty()) form[kSegments] = segments;
  return json::serialize(form);
}

bool is_in_effect(std::string_view before, std::string_view form, std::string_view configuration) {
  const Evidence evidence = evidence_in(configuration, before, form);
  return evidence.new_value || !evidence.old_value;
}

bool has_arrived(std::string_view before, std::string_view form, std::string_view configuration) {
  const Evidence evidence = evidence_in(configuration, before, form);
  return evidence.new_value || (evidence.shown && !evidence.old_value && !evidence.unshown);
}

}  // namespace chunkrd::pipeline
