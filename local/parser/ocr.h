#pragma once

#include <filesystem>
#include <vector>

#include "local/parser/page.h"

namespace chunkrd::local {

/// Reads an image with tesseract; one page for each frame of a TIFF. Sizes and boxes are in pixels.
/// Blocking, seconds a page. Throws DocumentFailure if tesseract cannot read it.
std::vector<Page> read_image(const std::filesystem::path& image);

/// The same, and writes a PDF of the image, with the text invisibly behind it, to `pdf`.
std::vector<Page> read_image_to_pdf(const std::filesystem::path& image, const std::filesystem::path& pdf);

}  // namespace chunkrd::local
