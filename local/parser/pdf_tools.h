#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "local/parser/gray_image.h"
#include "local/parser/image/pixels.h"
#include "local/parser/page.h"

namespace chunkrd::local {

struct Thumbnail {
  GrayImage image;
  double points_per_pixel = 0;  ///< 2; more if the page is enormous
};

/// Poppler's programs on one PDF. Everything blocks; everything throws DocumentFailure when the program
/// fails or runs into a limit, InstallationFault when it is missing, std::system_error.
class Pdf {
 public:
  explicit Pdf(std::filesystem::path file) : file_(std::move(file)) {}

  /// The text layers of the pages `first` to `last`, with sizes and weights of their lines.
  std::vector<Page> text_layers(std::uint32_t first, std::uint32_t last) const;

  /// Draws a page in gray at `dpi`, less if the page is enormous.
  Pixels drawn_for_ocr(const Page& page, double dpi) const;

  /// Draws the part `box` of a page, as people see it, in colour.
  void draw_part(const Page& page, const Box& box, double dpi, const std::filesystem::path& png) const;

  /// A coarse picture of a page.
  Thumbnail thumbnail(const Page& page) const;

  /// The same of pages that follow each other, in one go: to open a large file costs ten times as much as to
  /// draw a page of it. Nothing if not all of them can be drawn like that; then each must be asked for.
  std::vector<Thumbnail> thumbnails(std::span<const Page> pages) const;

 private:
  std::filesystem::path file_;
};

}  // namespace chunkrd::local
