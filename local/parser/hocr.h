#pragma once

#include <string>
#include <vector>

#include "local/parser/page.h"

namespace chunkrd::local {

/// Reads the pages of tesseract's hOCR. Their boxes, widths and heights are in pixels still: see scale_to().
/// Words that tesseract itself hardly believes in (noise, rules, edges of pictures) are left out.
/// Throws std::runtime_error if it is no hOCR.
std::vector<Page> read_hocr(std::string hocr);

/// Scales everything on `page` so that the page is `width` by `height` points.
void scale_to(Page& page, double width, double height);

}  // namespace chunkrd::local
