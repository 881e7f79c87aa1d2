#include "local/server/dialect.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <vector>

#include "local/server/form.h"

namespace chunkrd::local::server {
namespace {

namespace json = boost::json;

constexpr std::string_view kSegments = "segment_processing";
/// Which of the older keys were sent: a member of the stored settings that is not shown.
constexpr std::string_view kSent = "_sent";
constexpr std::string_view kOlder[] = {"html", "markdown"};

constexpr std::array kTypes = {"Caption",    "Footnote",   "FormRegion", "Formula",       "GraphicalItem",
                               "Legend",     "LineNumber", "ListItem",   "Page",          "PageFooter",
                               "PageHeader", "PageNumber", "Picture",    "SectionHeader", "Table",
                               "Text",       "Title",      "Unknown"};

const json::object* object_in(const json::object& outer, std::string_view name) {
  const auto* value = outer.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

json::value named(const json::object& sent, std::string_view key, const std::vector<std::string_view>& names,
                  json::value otherwise) {
  const auto* value = sent.if_contains(key);
  if (value == nullptr) return otherwise;
  if (value->is_string() && std::ranges::find(names, std::string_view(value->get_string())) != names.end())
    return *value;
  throw BadForm(fmt::format("unknown variant `{}`, expected one of `{}`",
                            value->is_string() ? std::string(value->get_string()) : name_of_value(*value),
                            fmt::join(names, "`, `")));
}

json::value flag(const json::object& sent, std::string_view key, bool otherwise) {
  const auto* value = sent.if_contains(key);
  if (value == nullptr) return otherwise;
  if (!value->is_bool())
    throw BadForm(fmt::format("invalid type: {}, expected a boolean", name_of_value(*value)));
  return *value;
}

// The older two are resolved to one: both made by a model, say, or by rules.
json::value strategy_by_default(std::string_view type, const json::object& generation) {
  if (type == "PageHeader" || type == "PageFooter") return "Ignore";
  const auto* html = generation.if_contains("html");
  return html != nullptr ? *html : json::value("Auto");
}

json::object completed(std::string_view type, json::object generation, const json::object& sent) {
  json::array older;
  for (const auto key : kOlder)
    if (sent.contains(key)) older.emplace_back(json::string(key));
  generation.emplace("crop_image", "Auto");
  generation.emplace("llm", nullptr);
  generation["format"] = named(sent, "format", {"Html", "Markdown"}, type == "Table" ? "Html" : "Markdown");
  generation["strategy"] = named(sent, "strategy", {"Auto", "LLM", "Ignore"},
                                 older.empty() ? strategy_by_default(type, generation)
                                               : json::value(*sent.if_contains(older[0].get_string())));
  generation["extended_context"] = flag(sent, "extended_context", false);
  generation["description"] = flag(sent, "description", type == "Table");
  generation[kSent] = std::move(older);
  return generation;
}

json::object later_chunk_processing(json::object chunks, const json::object& sent) {
  if (!sent.contains("target_length")) chunks["target_length"] = 4096;
  if (!sent.contains("tokenizer")) chunks["tokenizer"] = json::object{{"Enum", "Cl100kBase"}};
  return chunks;
}

std::string_view text_in(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

bool is_shown(const json::value& segment, const json::object& settings) {
  const auto* generation = object_in(settings, text_in(segment.as_object(), "segment_type"));
  return generation == nullptr || text_in(*generation, "strategy") != "Ignore";
}

void rewrite(json::object& segment, const json::object& settings) {
  const auto* generation = object_in(settings, text_in(segment, "segment_type"));
  const bool html = generation != nullptr && text_in(*generation, "format") == "Html";
  const json::value content = json::string(text_in(segment, html ? "html" : "markdown"));
  segment["text"] = json::string(text_in(segment, "content"));
  segment["content"] = content;
  for (const auto key : kOlder) segment.erase(key);
}

}  // namespace

const char* version_of(Dialect dialect) noexcept {
  return dialect == Dialect::v2 ? "2.9.7-local" : "1.14.2-local";
}

json::object with_later_settings(json::object configuration, const json::object& form,
                                 const json::object& stored) {
  static const json::object kNone;
  const auto* chunks = object_in(form, "chunk_processing");
  if (stored.empty() || chunks != nullptr)
    configuration["chunk_processing"] = later_chunk_processing(configuration["chunk_processing"].as_object(),
                                                               chunks == nullptr ? kNone : *chunks);
  const auto* sent = object_in(form, kSegments);
  const auto* kept = object_in(stored, kSegments);
  json::object& types = configuration[kSegments].as_object();
  for (const std::string_view type : kTypes) {
    const auto* asked = sent == nullptr ? nullptr : object_in(*sent, type);
    const auto* before = kept == nullptr ? nullptr : object_in(*kept, type);
    if (asked == nullptr && before != nullptr) {
      types[type] = *before;
    } else {
      const auto* made = object_in(types, type);
      types[type] = completed(type, made == nullptr ? kNone : *made, asked == nullptr ? kNone : *asked);
    }
  }
  return configuration;
}

std::string shown_settings(std::string_view configuration) {
  json::object settings = json::parse(configuration).as_object();
  for (auto& [type, value] : settings[kSegments].as_object()) {
    json::object& generation = value.as_object();
    const json::array sent = generation.contains(kSent) ? generation[kSent].as_array() : json::array();
    for (const auto key : kOlder)
      if (std::ranges::find(sent, json::value(key)) == sent.end()) generation.erase(key);
    generation.erase(kSent);
    generation.erase("embed_sources");
  }
  return json::serialize(settings);
}

std::string later_chunks(std::string_view chunks, std::string_view configuration) {
  const json::object settings = json::parse(configuration).as_object();
  const json::object& types = settings.at(kSegments).as_object();
  json::array all = json::parse(chunks).as_array();
  json::array result;
  for (json::value& chunk : all) {
    json::array segments;
    for (json::value& segment : chunk.as_object().at("segments").as_array()) {
      if (!is_shown(segment, types)) continue;
      rewrite(segment.as_object(), types);
      segments.push_back(std::move(segment));
    }
    if (segments.empty()) continue;
    chunk.as_object()["segments"] = std::move(segments);
    result.push_back(std::move(chunk));
  }
  return json::serialize(result);
}

}  // namespace chunkrd::local::server
