#pragma once

#include <string>
#include <vector>

#include "local/parser/page.h"

namespace chunkrd::local {

/// Reads the pages of tesseract's hOCR. Their boxes, widths and heights are in pixels still: see scale().
/// Marks that tesseract itself hardly believes in (rules, specks, edges of pictures) are left out; words
/// never. Throws std::runtime_error if it is no hOCR.
std::vector<Page> read_hocr(std::string hocr);

/// Scales everything on `page`, and the page itself.
void scale(Page& page, double x, double y);

}  // namespace chunkrd::local
