#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace chunkrd::local {

/// A part of a JPEG before its pixels begin.
struct JpegSegment {
  std::uint8_t marker = 0;  ///< 0xE1 is APP1, 0xC0 to 0xCF but for three are the frame's head
  std::string_view bytes;   ///< without marker and length
};

/// The segments up to the first scan (marker 0xDA), that included, or up to where it cannot be read on.
std::vector<JpegSegment> jpeg_segments(std::string_view jpeg);

/// What a JPEG's frame head says of its pixels.
struct JpegKind {
  int bits = 8;      ///< a sample
  int channels = 0;  ///< 1 gray, 3 colours, 4 for printers
  bool is_lossless = false;
};
JpegKind jpeg_kind(std::string_view jpeg);

/// True if no end follows the pixels: the file was cut. What follows the end does not count.
bool is_cut_jpeg(std::string_view jpeg);

}  // namespace chunkrd::local
