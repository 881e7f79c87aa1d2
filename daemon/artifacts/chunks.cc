// NAME.chunks.ndjson: what an embedding job needs of each chunk.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <vector>

#include "artifacts/artifacts.h"
#include "artifacts/buffered_file.h"
#include "artifacts/picture_links.h"
#include "artifacts/result_reader.h"
#include "core/escape.h"

namespace chunkrd::artifacts {
namespace {

namespace json = boost::json;
using taskapi::Chunk;
using taskapi::Segment;

json::object describe(const Segment& segment) {
  return {{"segment_id", segment.segment_id},
          {"segment_type", segment.segment_type},
          {"page_number", segment.page_number},
          {"page_width", segment.page_width},
          {"page_height", segment.page_height},
          {"bbox", json::object{{"left", segment.bbox.left},
                                {"top", segment.bbox.top},
                                {"width", segment.bbox.width},
                                {"height", segment.bbox.height}}}};
}

// What the service made for embedding; where it made none, the segments' own texts.
std::string text_of(const Chunk& chunk) {
  if (chunk.embed && !chunk.embed->empty()) return without_picture_links(*chunk.embed);
  std::string text;
  for (const Segment& segment : chunk.segments) {
    const bool has_markdown = segment.markdown && !segment.markdown->empty();
    const std::string& own = has_markdown ? *segment.markdown : segment.content;
    if (own.empty()) continue;
    if (!text.empty()) text += "\n";
    text += without_picture_links(own);
  }
  return text;
}

}  // namespace

void write_chunks(const std::filesystem::path& result, const std::string& source,
                  const std::filesystem::path& to) {
  const std::string name = valid_utf8(source);
  // The id may stand behind the chunks in the result.
  const std::string task_id = read_through(result, [](const Chunk&) {}).task_id;
  BufferedFile file(to);
  std::size_t index = 0;
  read_through(result, [&](const Chunk& chunk) {
    std::vector<int> pages;
    json::array segments;
    for (const Segment& segment : chunk.segments) {
      pages.push_back(segment.page_number);
      segments.push_back(describe(segment));
    }
    std::ranges::sort(pages);
    pages.erase(std::ranges::unique(pages).begin(), pages.end());
    file.write(json::serialize(json::object{{"index", index++},
                                            {"chunk_id", chunk.chunk_id},
                                            {"chunk_length", chunk.chunk_length},
                                            {"text", text_of(chunk)},
                                            {"source", name},
                                            {"task_id", task_id},
                                            {"pages", json::array(pages.begin(), pages.end())},
                                            {"segments", std::move(segments)}}));
    file.write("\n");
  });
  file.finish();
}

}  // namespace chunkrd::artifacts
