#pragma once

#include <memory>

struct Pix;  // leptonica's picture: what tesseract itself reads and turns them with

namespace chunkrd::local {

struct DestroyPixels {
  void operator()(Pix* pixels) const noexcept;
};

/// A picture in memory: 1 bit (1 is black), 8 bits (gray) or 32 bits (red, green, blue) a pixel, no palette.
using Pixels = std::unique_ptr<Pix, DestroyPixels>;

}  // namespace chunkrd::local
