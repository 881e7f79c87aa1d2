#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace chunkrd::local {

/// A gray picture, one byte a pixel, row by row; 0 is black.
struct GrayImage {
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<std::uint8_t> pixels;
};

/// Reads a binary PGM (P5, 8 bits); nothing if it is something else or cut.
std::optional<GrayImage> read_pgm(std::string_view bytes);

/// Reads those that follow each other, up to the first that is something else or cut.
std::vector<GrayImage> read_pgms(std::string_view bytes);

}  // namespace chunkrd::local
