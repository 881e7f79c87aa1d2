#pragma once

#include <cstdint>
#include <vector>

#include "local/parser/geometry.h"
#include "local/parser/image/pixels.h"

/// What has to be done to a picture before it can be read. Pure; throws std::bad_alloc.
namespace chunkrd::local {

/// How much the shapes of letters speak for an upright page, and for one that a quarter turn clockwise sets
/// upright; negative: for the other way round. From some 5 on it is certain; capitals and digits say nothing.
struct LetterShapes {
  double upright = 0;
  double turned_left = 0;
};
LetterShapes letter_shapes(const Pixels& picture);

/// The clockwise turn, in radians, that sets the lines of a picture straight; 0 where there are none to tell,
/// or where it is too little to matter.
double skew_of(const Pixels& picture);

/// The picture after quarter turns clockwise, and after a turn that makes it larger so that no corner is
/// lost.
Pixels turned(const Pixels& picture, int quarters);
Pixels turned_by(const Pixels& picture, double radians);

/// A dark page with light print, as its negative; tesseract reads dark print on light paper better.
Pixels dark_on_light(const Pixels& picture);

/// A photo with a shade over part of it, in gray and without the shade; any other picture as it is. Tesseract
/// knows one bound between print and paper for a whole page, and does not see what lies beyond it.
Pixels evenly_lit(const Pixels& picture);

/// Parts (in pixels) of at most `longest` pixels each way that together are the whole picture, cut where
/// nothing is printed if there is such a place.
std::vector<Box> parts_of(const Pixels& picture, std::uint32_t longest);
Pixels part(const Pixels& picture, const Box& box);

}  // namespace chunkrd::local
