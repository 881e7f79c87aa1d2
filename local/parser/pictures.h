#pragma once

#include <span>
#include <vector>

#include "local/parser/gray_image.h"
#include "local/parser/page.h"

namespace chunkrd::local {

enum class Paper {
  white,         ///< a page drawn from its description
  photographed,  ///< a scan or a photo: shadows lie along the edges
};

/// Finds pictures and drawings on a drawn page: connected ink that is larger than letters and rules and has
/// hardly any words in it (frames and shaded boxes around text have). `points_per_pixel` is the drawing's
/// scale; boxes and words are in points. Pure.
std::vector<Box> find_pictures(const GrayImage& image, double points_per_pixel, Paper paper,
                               std::span<const Box> words);

}  // namespace chunkrd::local
