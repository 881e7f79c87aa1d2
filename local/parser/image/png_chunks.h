#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chunkrd::local {

/// A part of a PNG.
struct PngChunk {
  std::string_view type;   ///< four letters: "IHDR"
  std::string_view bytes;  ///< without length, type and checksum
};

/// The chunks, up to where they cannot be read on.
std::vector<PngChunk> png_chunks(std::string_view png);

/// Takes out which one colour is to be transparent, of a picture without palette: leptonica takes all of such
/// a picture for transparent. What is drawn in the other colours is the same without.
void take_transparent_colour(std::string& png);

}  // namespace chunkrd::local
