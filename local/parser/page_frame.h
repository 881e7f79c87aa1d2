#pragma once

#include <cstdint>
#include <map>
#include <string_view>

namespace chunkrd::local {

/// What a reader sees of a page: its CropBox, turned as its Rotate entry says. Points.
struct PageFrame {
  double width = 0;
  double height = 0;
  /// Where the frame's upper left corner is on the turned MediaBox: pdftohtml counts from there.
  double media_left = 0;
  double media_top = 0;
  bool operator==(const PageFrame&) const = default;
};

/// Reads what `pdfinfo -box -f FIRST -l LAST` writes: frames by page number, without the pages that it does
/// not know whole. pdftotext tells a page's size too, but as it is before it is turned.
std::map<std::uint32_t, PageFrame> read_page_frames(std::string_view output);

}  // namespace chunkrd::local
