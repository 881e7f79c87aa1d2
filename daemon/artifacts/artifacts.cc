#include "artifacts/artifacts.h"

#include <utility>

#include "artifacts/buffered_file.h"
#include "artifacts/result_reader.h"

namespace chunkrd::artifacts {
namespace {

namespace fs = std::filesystem;
using taskapi::Chunk;
using taskapi::Segment;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == text.npos;
}

// Text without empty lines around it; indentation of its first line stays.
std::string_view block_of(std::string_view text) {
  if (is_blank(text)) return {};
  while (true) {
    const std::size_t end = text.find('\n');
    if (end == text.npos || !is_blank(text.substr(0, end))) break;
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

// `block` of each segment, in reading order, with an empty line between two.
void write_blocks(const fs::path& result, const fs::path& to, std::string_view (*block)(const Segment&)) {
  BufferedFile file(to);
  OneAfterAnother order;
  bool begun = false;
  read_through(result, [&](const Chunk& chunk) {
    for (const Segment& segment : chunk.segments) {
      const std::string_view text = block(segment);
      if (text.empty() || !order.is_new(segment)) continue;
      if (std::exchange(begun, true)) file.write("\n");
      file.write(text);
      file.write("\n");
    }
  });
  file.finish();
}

}  // namespace

std::variant<Summary, Broken> inspect(const fs::path& result) {
  Summary summary;
  try {
    summary.task = read_through(result, [&](const Chunk& chunk) {
      ++summary.chunks;
      summary.segments += chunk.segments.size();
    });
  } catch (const BrokenResult& broken) {
    return Broken{broken.what()};
  }
  return summary;
}

void write_markdown(const fs::path& result, const fs::path& to) {
  write_blocks(result, to, [](const Segment& segment) {
    return block_of(is_blank(segment.markdown) ? segment.content : segment.markdown);
  });
}

void write_text(const fs::path& result, const fs::path& to) {
  write_blocks(result, to, [](const Segment& segment) { return block_of(segment.content); });
}

}  // namespace chunkrd::artifacts
