#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "local/parser/image/pixels.h"

/// How the pixels of a photo or a scan are stored, and how people see them: EXIF's and TIFF's Orientation, 1
/// to 8.
namespace chunkrd::local {

/// What a JPEG's (APP1) or a PNG's (eXIf) EXIF says; 1, as it is stored, where it says nothing that can be
/// read.
int jpeg_orientation(std::string_view jpeg);
int png_orientation(std::string_view png);

/// What each page of a TIFF says; each is then told, in `tiff`, to be as it is stored. Libraries that turn
/// pages by themselves leave some out, and turn others wrongly.
std::vector<int> take_tiff_orientations(std::string& tiff);

/// The picture as people see it.
Pixels as_seen(Pixels stored, int orientation);

}  // namespace chunkrd::local
