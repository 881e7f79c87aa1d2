#include "pipeline/update_form.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

namespace chunkrd::pipeline {
namespace {

namespace json = boost::json;

// contract: defaults of CreateForm, and of each segment type.
constexpr std::string_view kDefaults = R"({
  "high_resolution": false,
  "ocr_strategy": "All",
  "segmentation_strategy": "LayoutAnalysis",
  "error_handling": "Fail",
  "chunk_processing": {"ignore_headers_and_footers": true, "target_length": 512, "tokenizer": {"Enum": "Word"}},
  "llm_processing": {"fallback_strategy": "Default", "temperature": 0}
})";
constexpr std::string_view kByRules = R"({"crop_image": "Auto", "embed_sources": ["Markdown"], "html": "Auto",
  "markdown": "Auto"})";
constexpr std::string_view kByModel = R"({"crop_image": "Auto", "embed_sources": ["Markdown"], "html": "LLM",
  "markdown": "LLM"})";
constexpr std::string_view kPicture = R"({"crop_image": "All", "embed_sources": ["Markdown"], "html": "LLM",
  "markdown": "LLM"})";

constexpr std::string_view kSegments = "segment_processing";

json::value default_of_segment(std::string_view type) {
  if (type == "Picture") return json::parse(kPicture);
  const bool model = type == "Table" || type == "Formula" || type == "Page";
  return json::parse(model ? kByModel : kByRules);
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

bool is_in_effect(std::string_view form, std::string_view configuration) {
  boost::system::error_code error;
  const json::value actual = json::parse(configuration, error);
  if (error || !actual.is_object()) return false;
  return shows_all(json::parse(form).as_object(), actual.get_object());
}

}  // namespace chunkrd::pipeline
