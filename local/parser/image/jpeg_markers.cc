#include "local/parser/image/jpeg_markers.h"

namespace chunkrd::local {
namespace {

std::uint8_t byte(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

}  // namespace

std::vector<JpegSegment> jpeg_segments(std::string_view jpeg) {
  std::vector<JpegSegment> segments;
  for (std::size_t at = 2; at + 4 <= jpeg.size();) {
    if (byte(jpeg, at) != 0xFF) return segments;
    const std::uint8_t marker = byte(jpeg, at + 1);
    // Any number of fill bytes may stand before a marker.
    if (marker == 0xFF) {
      ++at;
      continue;
    }
    const std::size_t length = std::size_t{byte(jpeg, at + 2)} << 8 | byte(jpeg, at + 3);
    if (length < 2 || length > jpeg.size() - at - 2) return segments;
    segments.push_back({marker, jpeg.substr(at + 4, length - 2)});
    if (marker == 0xDA) return segments;
    at += 2 + length;
  }
  return segments;
}

JpegKind jpeg_kind(std::string_view jpeg) {
  for (const auto& [marker, bytes] : jpeg_segments(jpeg)) {
    const bool is_frame =
        marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (!is_frame || bytes.size() < 6) continue;
    return {.bits = byte(bytes, 0), .channels = byte(bytes, 5), .is_lossless = (marker & 3) == 3};
  }
  return {};
}

bool is_cut_jpeg(std::string_view jpeg) {
  const auto segments = jpeg_segments(jpeg);
  if (segments.empty() || segments.back().marker != 0xDA) return true;
  // A thumbnail before the pixels has an end of its own. Within the pixels 0xFF is always followed by 0.
  return jpeg.find("\xFF\xD9", static_cast<std::size_t>(segments.back().bytes.data() - jpeg.data())) ==
         std::string_view::npos;
}

}  // namespace chunkrd::local
