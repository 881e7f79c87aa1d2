#pragma once

#include <optional>
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

/// A box around all that is printed on a page, pictures or not; nothing if it is blank but for dust and
/// shadows. For a page on which nothing was found: what is there shall be seen. Pure.
std::optional<Box> find_print(const GrayImage& image, double points_per_pixel, Paper paper);

}  // namespace chunkrd::local
