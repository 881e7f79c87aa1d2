#include "local/parser/image/png_chunks.h"

#include <cstdint>

namespace chunkrd::local {
namespace {

constexpr std::size_t kSignature = 8;
constexpr std::size_t kBeforeBytes = 8;  ///< length and type
constexpr std::size_t kAround = 12;      ///< and the checksum

}  // namespace

std::vector<PngChunk> png_chunks(std::string_view png) {
  std::vector<PngChunk> chunks;
  for (std::size_t at = kSignature; at < png.size() && png.size() - at >= kAround;) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<std::uint8_t>(png[at + i]);
    if (length > png.size() - at - kAround) return chunks;
    chunks.push_back({png.substr(at + 4, 4), png.substr(at + kBeforeBytes, length)});
    at += length + kAround;
  }
  return chunks;
}

void take_transparent_colour(std::string& png) {
  const auto chunks = png_chunks(png);
  constexpr std::size_t kColourType = 9;
  if (chunks.empty() || chunks[0].type != "IHDR" || chunks[0].bytes.size() <= kColourType) return;
  const char type = chunks[0].bytes[kColourType];
  if (type != 0 && type != 2) return;  // gray, and colours
  for (const PngChunk& chunk : chunks) {
    if (chunk.type != "tRNS") continue;
    const auto begin = static_cast<std::size_t>(chunk.type.data() - png.data()) - 4;
    png.erase(begin, chunk.bytes.size() + kAround);
    return;
  }
}

}  // namespace chunkrd::local
