#include "artifacts/artifacts.h"

#include <fmt/format.h>

#include <functional>
#include <utility>

#include "artifacts/buffered_file.h"
#include "artifacts/pictures.h"
#include "artifacts/result_reader.h"
#include "artifacts/segment_text.h"

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
void write_blocks(const fs::path& result, const fs::path& to,
                  const std::function<std::string(const Segment&)>& block) {
  BufferedFile file(to);
  OneAfterAnother order;
  bool begun = false;
  read_through(result, [&](const Chunk& chunk) {
    for (const Segment& segment : chunk.segments) {
      const std::string text = block(segment);
      if (text.empty() || !order.is_new(segment)) continue;
      if (std::exchange(begun, true)) file.write("\n");
      file.write(text);
      file.write("\n");
    }
  });
  file.finish();
}

// As it may stand in brackets.
std::string label(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if ((c == '[' || c == ']') && !result.ends_with('\\')) result += '\\';
    result += c == '\n' || c == '\r' ? ' ' : c;
  }
  return result;
}

// Of the pictures in it the first is the segment's own.
std::string markdown_of(const Segment& segment, const SegmentText& texts,
                        const std::optional<PictureFolder>& pictures) {
  std::optional<std::string> own;
  if (segment.segment_type == "Picture" && pictures) own = picture_href(*pictures, segment.segment_id);
  return texts.markdown(segment, [&](std::string_view alt) {
    const auto href = std::exchange(own, std::nullopt);
    return href ? fmt::format("![{}]({})", label(alt), *href) : std::string(alt);
  });
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

void write_markdown(const fs::path& result, const std::optional<PictureFolder>& pictures,
                    const fs::path& to) {
  const SegmentText texts(result);
  write_blocks(result, to, [&](const Segment& segment) {
    return std::string(block_of(markdown_of(segment, texts, pictures)));
  });
}

void write_text(const fs::path& result, const fs::path& to) {
  const SegmentText texts(result);
  write_blocks(result, to,
               [&](const Segment& segment) { return std::string(block_of(texts.plain(segment))); });
}

}  // namespace chunkrd::artifacts
