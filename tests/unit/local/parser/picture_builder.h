#pragma once

#include <leptonica/allheaders.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/child.h"
#include "local/parser/image/pixels.h"
#include "tests/support/tiny_pdf.h"
#include "tests/unit/local/parser/scratch_folder.h"

namespace chunkrd::local {

/// `value` in as many bytes, the most significant one first.
inline std::string big_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
  return text;
}

/// An EXIF block that says nothing but how the picture is turned.
inline std::string exif(int orientation) {
  return std::string("MM\0*", 4) + big_endian(8, 4) + big_endian(1, 2) + big_endian(0x112, 2) +
         big_endian(3, 2) + big_endian(1, 4) + big_endian(static_cast<std::uint64_t>(orientation), 2) +
         big_endian(0, 2) + big_endian(0, 4);
}

inline std::string png_chunk(std::string_view type, std::string_view bytes) {
  const std::string summed = std::string(type).append(bytes);
  std::uint32_t sum = 0xFFFFFFFF;
  for (const char c : summed) {
    sum ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0xEDB88320 : 0);
  }
  return big_endian(bytes.size(), 4) + summed + big_endian(~sum, 4);
}

template <class Write>
std::string written(const Write& write) {
  l_uint8* bytes = nullptr;
  std::size_t size = 0;
  EXPECT_EQ(write(&bytes, &size), 0);
  std::string text(reinterpret_cast<const char*>(bytes), size);
  ::lept_free(bytes);
  return text;
}

/// With `more` behind its head.
inline std::string png_of(const Pixels& picture, const std::string& more = "") {
  std::string png =
      written([&](auto* bytes, auto* size) { return ::pixWriteMemPng(bytes, size, picture.get(), 0); });
  constexpr std::size_t kBehindHead = 8 + 12 + 13;
  return png.insert(kBehindHead, more);
}

inline std::string jpeg_of(const Pixels& picture, int orientation) {
  const std::string block = std::string("Exif\0\0", 6) + exif(orientation);
  std::string jpeg =
      written([&](auto* bytes, auto* size) { return ::pixWriteMemJpeg(bytes, size, picture.get(), 90, 0); });
  return jpeg.insert(2, "\xFF\xE1" + big_endian(block.size() + 2, 2) + block);
}

/// One page, not compressed.
inline std::string tiff_of(const Pixels& picture, int orientation) {
  const std::string pixels =
      written([&](auto* bytes, auto* size) { return ::pixGetRasterData(picture.get(), bytes, size); });
  const std::uint64_t samples = ::pixGetDepth(picture.get()) == 32 ? 3 : 1;
  const auto width = static_cast<std::uint64_t>(::pixGetWidth(picture.get()));
  const auto height = static_cast<std::uint64_t>(::pixGetHeight(picture.get()));
  std::string tiff = std::string("MM\0*", 4) + big_endian(8 + pixels.size() + 6, 4) + pixels;
  const std::size_t bits = tiff.size();
  for (int i = 0; i < 3; ++i) tiff += big_endian(8, 2);
  const auto entry = [](std::uint64_t tag, std::uint64_t value) {
    return big_endian(tag, 2) + big_endian(4, 2) + big_endian(1, 4) + big_endian(value, 4);
  };
  const auto short_entry = [](std::uint64_t tag, std::uint64_t value) {
    return big_endian(tag, 2) + big_endian(3, 2) + big_endian(1, 4) + big_endian(value, 2) + big_endian(0, 2);
  };
  const std::string bits_entry =
      samples == 1 ? short_entry(258, 8)
                   : big_endian(258, 2) + big_endian(3, 2) + big_endian(3, 4) + big_endian(bits, 4);
  return tiff + big_endian(10, 2) + entry(256, width) + entry(257, height) + bits_entry +
         short_entry(259, 1) + short_entry(262, samples == 1 ? 1 : 2) + entry(273, 8) +
         short_entry(274, static_cast<std::uint64_t>(orientation)) + short_entry(277, samples) +
         entry(278, height) + entry(279, pixels.size()) + big_endian(0, 4);
}

/// A page with these lines, drawn at 150 dots per inch.
inline Pixels drawn_page(const std::vector<std::string>& lines, double size = 14) {
  std::string drawing;
  double y = 700;
  for (const std::string& line : lines) {
    drawing += fmt::format("BT /F {} Tf 72 {} Td ({}) Tj ET\n", size, y, line);
    y -= 2 * size;
  }
  const ScratchFolder folder;
  const auto pdf = folder.write("page.pdf", test::tiny_pdf({{.drawing = drawing}}));
  const ChildResult drawn =
      run_child({"pdftoppm", "-q", "-png", "-gray", "-r", "150", "-singlefile", pdf.string()});
  return Pixels(::pixReadMemPng(reinterpret_cast<const l_uint8*>(drawn.output.data()), drawn.output.size()));
}

}  // namespace chunkrd::local
