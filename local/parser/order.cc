#include "local/parser/order.h"

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace chunkrd::local {
namespace {

namespace json = boost::json;

/// The member `name`, or null where it is absent.
const json::value& member(const json::object& object, std::string_view name) {
  static const json::value nothing;
  const json::value* found = object.if_contains(name);
  return found ? *found : nothing;
}

template <class Choice>
Choice choice(const json::value& value, std::initializer_list<std::pair<std::string_view, Choice>> names,
              Choice otherwise) {
  if (value.is_null()) return otherwise;
  const std::string_view text = value.as_string();
  for (const auto& [name, meaning] : names)
    if (name == text) return meaning;
  throw std::runtime_error("order: unknown value \"" + std::string(text) + "\"");
}

bool flag(const json::value& value, bool otherwise) {
  return value.is_null() ? otherwise : value.as_bool();
}

TypeSettings type_settings(const json::object& object, TypeSettings settings) {
  settings.crop_image =
      choice(member(object, "crop_image"), {{"All", Cropping::all}, {"Auto", Cropping::where_needed}},
             settings.crop_image);
  const json::value& sources = member(object, "embed_sources");
  if (sources.is_null()) return settings;
  settings.embed_sources.clear();
  for (const json::value& source : sources.as_array()) {
    settings.embed_sources.push_back(choice(source,
                                            {{"HTML", EmbedSource::html},
                                             {"Markdown", EmbedSource::markdown},
                                             {"LLM", EmbedSource::llm},
                                             {"Content", EmbedSource::content}},
                                            EmbedSource::markdown));
  }
  return settings;
}

void read_chunk_processing(const json::object& object, ParseSettings& settings) {
  settings.ignore_headers_and_footers =
      flag(member(object, "ignore_headers_and_footers"), settings.ignore_headers_and_footers);
  const json::value& length = member(object, "target_length");
  if (!length.is_null()) settings.target_length = length.to_number<std::uint32_t>();
  const json::value& tokenizer = member(object, "tokenizer");
  if (tokenizer.is_null()) return;
  // Only words are counted exactly; every other tokenizer would need its vocabulary.
  const json::value& listed = member(tokenizer.as_object(), "Enum");
  settings.tokenizer =
      !listed.is_null() && listed.as_string() == "Word" ? Tokenizer::word : Tokenizer::subword;
}

ParseSettings settings_of(const json::object& object) {
  ParseSettings settings;
  settings.types[static_cast<std::size_t>(SegmentType::Picture)].crop_image = Cropping::all;
  settings.ocr = choice(
      member(object, "ocr_strategy"),
      {{"All", OcrStrategy::all}, {"Auto", OcrStrategy::where_needed}, {"Off", OcrStrategy::where_needed}},
      settings.ocr);
  settings.segmentation = choice(
      member(object, "segmentation_strategy"),
      {{"LayoutAnalysis", SegmentationStrategy::layout_analysis}, {"Page", SegmentationStrategy::page}},
      settings.segmentation);
  settings.error_handling =
      choice(member(object, "error_handling"),
             {{"Fail", ErrorHandling::fail}, {"Continue", ErrorHandling::continue_without}},
             settings.error_handling);
  settings.high_resolution = flag(member(object, "high_resolution"), settings.high_resolution);
  const json::value& chunks = member(object, "chunk_processing");
  if (!chunks.is_null()) read_chunk_processing(chunks.as_object(), settings);
  const json::value& types = member(object, "segment_processing");
  if (types.is_null()) return settings;
  for (std::size_t i = 0; i < settings.types.size(); ++i) {
    const json::value& value = member(types.as_object(), name_of(static_cast<SegmentType>(i)));
    if (!value.is_null()) settings.types[i] = type_settings(value.as_object(), settings.types[i]);
  }
  return settings;
}

}  // namespace

ParseSettings read_settings(std::string_view configuration) {
  return settings_of(json::parse(configuration).as_object());
}

Order read_order(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("order: cannot read " + path.string());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const json::value value = json::parse(text);
  const json::object& object = value.as_object();
  Order order;
  order.input = std::string(object.at("input").as_string());
  order.file_name = std::string(object.at("file_name").as_string());
  order.output = std::string(object.at("output").as_string());
  order.settings = settings_of(object.at("configuration").as_object());
  return order;
}

}  // namespace chunkrd::local
