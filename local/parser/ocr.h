#pragma once

#include <filesystem>

#include "local/parser/image/pixels.h"
#include "local/parser/page.h"

namespace chunkrd::local {

/// Reads a picture with tesseract, whichever way up it is: it is turned by quarters and set straight first,
/// and read in parts where it is longer than tesseract takes. The page is in pixels: see scale(). `scratch`
/// is an existing folder for temporary files.
///
/// Blocking, seconds a page. Throws DocumentFailure if tesseract cannot read it, InstallationFault,
/// std::system_error.
Page read_picture(const Pixels& picture, const std::filesystem::path& scratch);

}  // namespace chunkrd::local
