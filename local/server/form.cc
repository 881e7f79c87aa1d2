#include "local/server/form.h"

#include <fmt/format.h>

#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cctype>
#include <cmath>
#include <limits>
#include <span>

namespace chunkrd::local::server {
namespace {

namespace json = boost::json;
using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 2> kOcr = {"All", "Auto"};
constexpr std::array<std::string_view, 2> kSegmentation = {"LayoutAnalysis", "Page"};
constexpr std::array<std::string_view, 2> kErrors = {"Fail", "Continue"};
constexpr std::array<std::string_view, 2> kCropping = {"All", "Auto"};
constexpr std::array<std::string_view, 2> kGeneration = {"LLM", "Auto"};
constexpr std::array<std::string_view, 4> kEmbed = {"HTML", "Markdown", "LLM", "Content"};
constexpr std::array<std::string_view, 4> kTokenizers = {"Word", "Cl100kBase", "XlmRobertaBase",
                                                         "BertBaseUncased"};
constexpr std::array<std::string_view, 2> kTokenizerTypes = {"Enum", "String"};
constexpr std::array<std::string_view, 3> kFallbacks = {"None", "Default", "Model"};

/// A segment type and what the contract's three *GenerationConfig objects have as defaults for it.
struct SegmentDefaults {
  std::string_view name, snake_name, crop_image, generation;
};
constexpr std::array<SegmentDefaults, 12> kSegments = {{
    {"Caption", "caption", "Auto", "Auto"},
    {"Footnote", "footnote", "Auto", "Auto"},
    {"Formula", "formula", "Auto", "LLM"},
    {"ListItem", "list_item", "Auto", "Auto"},
    {"Page", "page", "Auto", "LLM"},
    {"PageFooter", "page_footer", "Auto", "Auto"},
    {"PageHeader", "page_header", "Auto", "Auto"},
    {"Picture", "picture", "All", "LLM"},
    {"SectionHeader", "section_header", "Auto", "Auto"},
    {"Table", "table", "Auto", "LLM"},
    {"Text", "text", "Auto", "Auto"},
    {"Title", "title", "Auto", "Auto"},
}};

[[noreturn]] void wrong_type(const json::value& value, std::string_view expected) {
  throw BadForm(fmt::format("invalid type: {}, expected {}", name_of_value(value), expected));
}

[[noreturn]] void unknown_variant(std::string_view found, Names allowed) {
  std::string list = allowed.size() > 2 ? "one of " : "";
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    const std::string_view before = i == 0 ? "" : allowed.size() == 2 ? " or " : ", ";
    list += fmt::format("{}`{}`", before, allowed[i]);
  }
  throw BadForm(fmt::format("unknown variant `{}`, expected {}", found, list));
}

json::string variant(const json::value& value, Names allowed) {
  if (!value.is_string()) throw BadForm("expected value");
  const std::string_view found = value.get_string();
  for (const auto name : allowed) {
    if (found == name) return json::string(name);
  }
  unknown_variant(found, allowed);
}

bool boolean(const json::value& value) {
  if (!value.is_bool()) wrong_type(value, "a boolean");
  return value.get_bool();
}

json::string text(const json::value& value) {
  if (!value.is_string()) wrong_type(value, "a string");
  return value.get_string();
}

/// An integer between `least` and `most`; `rust_type` is what the message calls it.
std::int64_t integer(const json::value& value, std::int64_t least, std::int64_t most,
                     std::string_view rust_type) {
  if (!value.is_int64() && !value.is_uint64()) wrong_type(value, rust_type);
  const bool fits = value.is_int64() && value.get_int64() >= least && value.get_int64() <= most;
  if (!fits) {
    throw BadForm(fmt::format("invalid value: {}, expected {}", name_of_value(value), rust_type));
  }
  return value.get_int64();
}

std::int64_t int32(const json::value& value) {
  return integer(value, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max(),
                 "i32");
}

std::int64_t uint32(const json::value& value) {
  return integer(value, 0, std::numeric_limits<std::uint32_t>::max(), "u32");
}

double number(const json::value& value) {
  if (!value.is_number()) wrong_type(value, "f32");
  const auto read = value.to_number<double>();
  if (!std::isfinite(read)) throw BadForm("number out of range");
  return read;
}

const json::object& object(const json::value& value, std::string_view rust_name) {
  if (!value.is_object()) wrong_type(value, fmt::format("struct {}", rust_name));
  return value.get_object();
}

/// The field, or nothing when absent.
const json::value* present(const json::object& form, std::string_view name) {
  return form.if_contains(name);
}

/// The field, or nothing when absent or null: what the server's optional fields do.
const json::value* given(const json::object& form, std::string_view name) {
  const json::value* const value = form.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

/// The one key of an externally tagged enum such as {"Enum": "Word"}.
const json::key_value_pair& tagged(const json::value& value, Names allowed) {
  if (!value.is_object()) throw BadForm("expected value");
  if (value.get_object().size() != 1) throw BadForm("expected value");
  const auto& pair = *value.get_object().begin();
  for (const auto name : allowed) {
    if (pair.key() == name) return pair;
  }
  unknown_variant(pair.key(), allowed);
}

json::value tokenizer(const json::value& value) {
  const auto& [key, content] = std::pair<std::string_view, const json::value&>(
      tagged(value, kTokenizerTypes).key(), tagged(value, kTokenizerTypes).value());
  return json::object{{key, key == "Enum" ? variant(content, kTokenizers) : text(content)}};
}

json::object chunk_processing(const json::object& form) {
  json::object out{
      {"ignore_headers_and_footers", true}, {"target_length", 512}, {"tokenizer", {{"Enum", "Word"}}}};
  if (const auto* value = present(form, "ignore_headers_and_footers")) {
    out["ignore_headers_and_footers"] = boolean(*value);
  }
  if (const auto* value = present(form, "target_length")) out["target_length"] = uint32(*value);
  if (const auto* value = present(form, "tokenizer")) out["tokenizer"] = tokenizer(*value);
  return out;
}

json::object segment(const json::object& form, const SegmentDefaults& defaults) {
  json::object out{{"crop_image", defaults.crop_image},
                   {"embed_sources", json::array{"Markdown"}},
                   {"html", defaults.generation},
                   {"llm", nullptr},
                   {"markdown", defaults.generation}};
  if (const auto* value = present(form, "crop_image")) out["crop_image"] = variant(*value, kCropping);
  if (const auto* value = present(form, "html")) out["html"] = variant(*value, kGeneration);
  if (const auto* value = present(form, "markdown")) out["markdown"] = variant(*value, kGeneration);
  if (const auto* value = given(form, "llm")) out["llm"] = text(*value);
  if (const auto* value = present(form, "embed_sources")) {
    if (!value->is_array()) wrong_type(*value, "a sequence");
    json::array sources;
    for (const auto& source : value->get_array()) sources.emplace_back(variant(source, kEmbed));
    out["embed_sources"] = std::move(sources);
  }
  return out;
}

/// All types: what `form` names is built anew from defaults, the rest is `stored` or the default.
json::object segment_processing(const json::object& form, const json::object& stored) {
  json::object out;
  for (const auto& defaults : kSegments) {
    const auto* value = given(form, defaults.name);
    if (value == nullptr) value = given(form, defaults.snake_name);
    if (value != nullptr) {
      out[defaults.name] = segment(object(*value, "GenerationConfig"), defaults);
    } else if (const auto* kept = given(stored, defaults.name)) {
      out[defaults.name] = *kept;
    } else {
      out[defaults.name] = segment({}, defaults);
    }
  }
  return out;
}

json::value fallback_strategy(const json::value& value) {
  constexpr std::string_view kModel = "Model";
  if (value.is_string()) {
    auto name = variant(value, kFallbacks);
    if (name == kModel) throw BadForm("invalid type: unit variant, expected newtype variant");
    return name;
  }
  return json::object{{kModel, text(tagged(value, kFallbacks).value())}};
}

json::value model_id(const json::value& value, const FormRules& rules) {
  const json::string id = text(value);
  const bool is_blank = id.find_first_not_of(" \t\r\n") == json::string::npos;
  if (is_blank) return nullptr;
  for (const auto& known : rules.models) {
    if (id == known) return id;
  }
  throw UnknownModel(fmt::format("Unknown model_id '{}'. Supported model IDs are: {}", std::string_view(id),
                                 fmt::join(rules.models, ", ")));
}

json::object llm_processing(const json::object& form, const FormRules& rules) {
  json::object out{{"fallback_strategy", "Default"},
                   {"max_completion_tokens", nullptr},
                   {"model_id", nullptr},
                   {"temperature", 0}};
  if (const auto* value = present(form, "fallback_strategy")) {
    out["fallback_strategy"] = fallback_strategy(*value);
  }
  if (const auto* value = given(form, "max_completion_tokens")) out["max_completion_tokens"] = uint32(*value);
  if (const auto* value = given(form, "model_id")) out["model_id"] = model_id(*value, rules);
  if (const auto* value = present(form, "temperature")) out["temperature"] = number(*value);
  return out;
}

json::string ocr_strategy(const json::value& value) {
  // The server reads the older name `Off` as `Auto`.
  if (value.is_string() && value.get_string() == "Off") return "Auto";
  return variant(value, kOcr);
}

json::object by_contract(const json::object& stored, const json::object& form, const FormRules& rules) {
  json::object out = stored;
  if (const auto* value = given(form, "chunk_processing")) {
    out["chunk_processing"] = chunk_processing(object(*value, "ChunkProcessing"));
  }
  if (const auto* value = given(form, "error_handling")) out["error_handling"] = variant(*value, kErrors);
  if (const auto* value = given(form, "expires_in")) out["expires_in"] = int32(*value);
  if (const auto* value = given(form, "high_resolution")) out["high_resolution"] = boolean(*value);
  if (const auto* value = given(form, "llm_processing")) {
    out["llm_processing"] = llm_processing(object(*value, "LlmProcessing"), rules);
  }
  if (const auto* value = given(form, "ocr_strategy")) out["ocr_strategy"] = ocr_strategy(*value);
  if (const auto* value = given(form, "segment_processing")) {
    const auto* const kept = stored.if_contains("segment_processing");
    out["segment_processing"] =
        segment_processing(object(*value, "SegmentProcessing"),
                           kept != nullptr && kept->is_object() ? kept->get_object() : json::object{});
  }
  if (const auto* value = given(form, "segmentation_strategy")) {
    out["segmentation_strategy"] = variant(*value, kSegmentation);
  }
  return out;
}

}  // namespace

std::string name_of_value(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return fmt::format("boolean `{}`", value.get_bool());
    case json::kind::int64:
      return fmt::format("integer `{}`", value.get_int64());
    case json::kind::uint64:
      return fmt::format("integer `{}`", value.get_uint64());
    case json::kind::double_:
      return fmt::format("floating point `{}`", value.get_double());
    case json::kind::string:
      return fmt::format("string {}", json::serialize(value));
    case json::kind::array:
      return "sequence";
    case json::kind::object:
      return "map";
  }
  return "value";
}

std::string file_name_of(const json::object& form) {
  const auto* const value = given(form, "file_name");
  return value == nullptr ? std::string() : std::string(text(*value));
}

json::object configuration_for(const json::object& form, const FormRules& rules) {
  json::value expires_in = nullptr;
  if (rules.expires_in_default > 0) expires_in = rules.expires_in_default;
  const json::object defaults{{"chunk_processing", chunk_processing({})},
                              {"error_handling", "Fail"},
                              {"expires_in", std::move(expires_in)},
                              {"high_resolution", false},
                              {"llm_processing", llm_processing({}, rules)},
                              {"ocr_strategy", "All"},
                              {"segment_processing", segment_processing({}, {})},
                              {"segmentation_strategy", "LayoutAnalysis"}};
  json::object made = by_contract(defaults, form, rules);
  return rules.dialect == Dialect::v2 ? with_later_settings(std::move(made), form, {}) : made;
}

json::object configuration_after(const json::object& stored, const json::object& form,
                                 const FormRules& rules) {
  json::object made = by_contract(stored, form, rules);
  return rules.dialect == Dialect::v2 ? with_later_settings(std::move(made), form, stored) : made;
}

}  // namespace chunkrd::local::server
