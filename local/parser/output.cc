#include "local/parser/output.h"

#include <boost/json.hpp>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <cmath>
#include <optional>

#include "core/durable.h"
#include "local/parser/render.h"
#include "local/parser/unicode.h"

namespace chunkrd::local {
namespace {

namespace json = boost::json;

/// Hundredths of a point are far finer than anybody measures, and keep the file small.
double rounded(double value) {
  return std::round(value * 100) / 100;
}

json::value number_or_null(const std::optional<double>& number) {
  return number ? json::value(rounded(*number)) : json::value(nullptr);
}

json::object box_json(const Box& box, double left, double top) {
  return {{"left", rounded(box.left - left)},
          {"top", rounded(box.top - top)},
          {"width", rounded(box.width())},
          {"height", rounded(box.height())}};
}

json::array ocr_json(const Segment& segment) {
  json::array words;
  words.reserve(segment.words.size());
  for (const Word& word : segment.words) {
    words.push_back(json::object{{"bbox", box_json(word.box, segment.box.left, segment.box.top)},
                                 {"text", to_valid_utf8(word.text)},
                                 {"confidence", number_or_null(word.confidence)}});
  }
  return words;
}

json::object segment_json(const Segment& segment) {
  return {{"segment_id", segment.id},
          {"segment_type", name_of(segment.type)},
          {"page_number", segment.page_number},
          {"page_width", rounded(segment.page_width)},
          {"page_height", rounded(segment.page_height)},
          {"bbox", box_json(segment.box, 0, 0)},
          {"confidence", number_or_null(segment.confidence)},
          {"content", to_valid_utf8(segment.content)},
          {"html", to_valid_utf8(segment.html)},
          {"markdown", to_valid_utf8(segment.markdown)},
          {"image", segment.has_image ? json::value(image_reference(segment)) : json::value(nullptr)},
          {"llm", nullptr},
          {"ocr", ocr_json(segment)}};
}

json::object chunk_json(const Chunk& chunk) {
  json::array segments;
  for (const Segment& segment : chunk.segments) segments.push_back(segment_json(segment));
  return {{"chunk_id", make_uuid()},
          {"chunk_length", chunk.length},
          {"embed", to_valid_utf8(chunk.embed)},
          {"segments", std::move(segments)}};
}

}  // namespace

std::string make_uuid() {
  static boost::uuids::random_generator generator;
  return boost::uuids::to_string(generator());
}

void write_output(const std::filesystem::path& directory, std::uint32_t page_count,
                  const std::vector<Chunk>& chunks) {
  json::array all;
  for (const Chunk& chunk : chunks) all.push_back(chunk_json(chunk));
  durable::write_file(directory / "output.json",
                      json::serialize(json::object{{"page_count", page_count}, {"chunks", std::move(all)}}));
}

}  // namespace chunkrd::local
