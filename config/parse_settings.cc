#include "config/parse_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <cmath>
#include <limits>

#include "config/keys.h"
#include "config/values.h"

namespace chunkrd::config {
namespace {

namespace json = boost::json;
using Json = Reader<json::value>;
using Object = Keys<json::object>;

constexpr std::int64_t kInt32Most = std::numeric_limits<std::int32_t>::max();

template <class Value>
Json as_json(Reader<Value> read) {
  return [read = std::move(read)](const Entry& entry) -> std::optional<json::value> {
    const auto value = read(entry);
    if (!value) return std::nullopt;
    return json::value_from(*value);
  };
}

Json nullable(Json read) {
  return [read = std::move(read)](const Entry& entry) -> std::optional<json::value> {
    if (entry.is_null()) return json::value(nullptr);
    return read(entry);
  };
}

Json object_of(Object keys) {
  return [keys = std::move(keys)](const Entry& entry) -> std::optional<json::value> {
    json::object into;
    keys.read(entry, into);
    return json::value(std::move(into));
  };
}

Object& add(Object& keys, const std::string& name, Json read, std::vector<std::string> below = {}) {
  keys.add({.name = name, .presence = Presence::optional, .refusal = {}, .below = std::move(below)},
           [name, read = std::move(read)](const Entry& entry, json::object& into) {
             if (auto value = read(entry)) into[name] = std::move(*value);
           });
  return keys;
}

Object& add_object(Object& keys, const std::string& name, const Object& inner) {
  return add(keys, name, nullable(object_of(inner)), inner.paths("."));
}

Json named(std::vector<std::string> names) {
  return as_json(one_of(std::move(names)));
}

// The contract's TokenizerType: an object with exactly one of two keys.
Object tokenizer_keys() {
  Object keys;
  add(keys, "Enum", named({"Word", "Cl100kBase", "XlmRobertaBase", "BertBaseUncased"}));
  add(keys, "String", as_json(text()));
  return keys;
}

std::optional<json::value> read_tokenizer(const Entry& entry) {
  if (!entry.node().IsMap() || entry.node().size() != 1) {
    entry.wrong_kind(
        "{Enum: Word} (or Cl100kBase, XlmRobertaBase, BertBaseUncased) or {String: a model's id}");
    return std::nullopt;
  }
  return object_of(tokenizer_keys())(entry);
}

Object chunk_processing() {
  Object keys;
  add(keys, "ignore_headers_and_footers", as_json(boolean()));
  add(keys, "target_length", as_json(whole_number({0, kInt32Most})));
  add(keys, "tokenizer", read_tokenizer, tokenizer_keys().paths("."));
  return keys;
}

// AutoGenerationConfig, LlmGenerationConfig and PictureGenerationConfig differ in their defaults only.
Object generation() {
  Object keys;
  add(keys, "crop_image", named({"All", "Auto"}));
  add(keys, "embed_sources", as_json(list_of(one_of({"HTML", "Markdown", "LLM", "Content"}))));
  add(keys, "html", named({"LLM", "Auto"}));
  add(keys, "llm", nullable(as_json(text())));
  add(keys, "markdown", named({"LLM", "Auto"}));
  // Of later servers, see releases.h.
  add(keys, "format", named({"Html", "Markdown"}));
  add(keys, "strategy", named({"Auto", "LLM", "Ignore"}));
  add(keys, "extended_context", as_json(boolean()));
  add(keys, "description", as_json(boolean()));
  return keys;
}

Object segment_processing() {
  Object keys;
  for (const char* type : {"Caption", "Footnote", "Formula", "ListItem", "Page", "PageFooter", "PageHeader",
                           "Picture", "SectionHeader", "Table", "Text", "Title"}) {
    add_object(keys, type, generation());
  }
  // Of later servers, see releases.h.
  for (const char* type : {"FormRegion", "GraphicalItem", "Legend", "LineNumber", "PageNumber", "Unknown"})
    add_object(keys, type, generation());
  return keys;
}

Object fallback_model_keys() {
  Object keys;
  keys.add({.name = "Model", .presence = Presence::required, .refusal = {}, .below = {}},
           [](const Entry& entry, json::object& into) {
             if (const auto model = text()(entry)) into["Model"] = *model;
           });
  return keys;
}

// The contract's FallbackStrategy: a name, or an object that names a model.
std::optional<json::value> read_fallback(const Entry& entry) {
  if (entry.node().IsMap()) return object_of(fallback_model_keys())(entry);
  if (entry.node().IsScalar()) return named({"None", "Default"})(entry);
  entry.wrong_kind("None, Default or {Model: a model's id}");
  return std::nullopt;
}

Object llm_processing() {
  Object keys;
  add(keys, "fallback_strategy", read_fallback, fallback_model_keys().paths("."));
  add(keys, "max_completion_tokens", nullable(as_json(whole_number({0, kInt32Most}))));
  add(keys, "model_id", nullable(as_json(text())));
  constexpr double kFloatMost = std::numeric_limits<float>::max();
  add(keys, "temperature", as_json(number({-kFloatMost, kFloatMost})));
  return keys;
}

Object create_form() {
  Object keys;
  // The contract has no lower bound; with 0 or less a result would be gone before it can be fetched.
  add(keys, "expires_in", nullable(as_json(whole_number({1, kInt32Most}))));
  add(keys, "high_resolution", nullable(as_json(boolean())));
  add(keys, "ocr_strategy", nullable(named({"All", "Auto"})));
  add(keys, "segmentation_strategy", nullable(named({"LayoutAnalysis", "Page"})));
  add(keys, "error_handling", nullable(named({"Fail", "Continue"})));
  add(keys, "pipeline", nullable(named({"Azure", "Chunkr"})));
  add_object(keys, "chunk_processing", chunk_processing());
  add_object(keys, "segment_processing", segment_processing());
  add_object(keys, "llm_processing", llm_processing());
  for (const char* document : {"file", "file_name"}) {
    keys.refuse(document, "chunkrd sets this for each document; remove it");
  }
  return keys;
}

void append(const json::value& value, std::string& out);

void append_object(const json::object& object, std::string& out) {
  std::vector<const json::key_value_pair*> members;
  for (const auto& member : object) members.push_back(&member);
  std::ranges::sort(members, {}, [](const auto* member) { return std::string_view(member->key()); });
  out += '{';
  for (const auto* member : members) {
    if (out.back() != '{') out += ',';
    out += json::serialize(json::string(member->key()));
    out += ':';
    append(member->value(), out);
  }
  out += '}';
}

void append(const json::value& value, std::string& out) {
  if (const auto* object = value.if_object()) {
    append_object(*object, out);
  } else if (const auto* array = value.if_array()) {
    out += '[';
    for (const json::value& item : *array) {
      if (out.back() != '[') out += ',';
      append(item, out);
    }
    out += ']';
  } else if (const auto* number = value.if_double()) {
    out += fmt::format("{}", *number == 0 ? 0.0 : *number);
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string canonical(const json::value& value) {
  std::string out;
  append(value, out);
  return out;
}

json::value without_nulls(json::value value) {
  auto* object = value.if_object();
  if (object == nullptr) return value;
  json::object kept;
  for (auto& [name, member] : *object)
    if (!member.is_null()) kept[name] = without_nulls(std::move(member));
  return kept;
}

Reader<json::value> parse_overrides() {
  return object_of(create_form());
}

Reader<std::string> parse_settings() {
  return [read = parse_overrides()](const Entry& entry) -> std::optional<std::string> {
    auto value = read(entry);
    if (!value) return std::nullopt;
    return canonical(without_nulls(std::move(*value)));
  };
}

std::vector<std::string> parse_setting_keys() {
  return create_form().paths(".");
}

}  // namespace chunkrd::config
