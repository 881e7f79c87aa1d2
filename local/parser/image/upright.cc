#include "local/parser/image/upright.h"

#include <leptonica/allheaders.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <new>
#include <numbers>
#include <utility>

namespace chunkrd::local {
namespace {

constexpr double kSkewMost = 15;    ///< degrees
constexpr double kSkewLeast = 0.7;  ///< degrees; layout and tesseract bear it
constexpr double kSureOfSkew = 3;   ///< what leptonica itself asks for

Pixels checked(Pix* pixels) {
  if (pixels == nullptr) throw std::bad_alloc();
  return Pixels(pixels);
}

Pixels gray(const Pixels& picture) {
  return checked(::pixConvertTo8(picture.get(), 0));
}

/// Print is 1.
Pixels black_and_white(const Pixels& picture) {
  if (::pixGetDepth(picture.get()) == 1) return checked(::pixClone(picture.get()));
  const Pixels levels = gray(picture);
  Pix* print = nullptr;
  ::pixOtsuAdaptiveThreshold(levels.get(), ::pixGetWidth(levels.get()), ::pixGetHeight(levels.get()), 0, 0,
                             0.1F, nullptr, &print);
  return checked(print);
}

/// The shade of the paper taken out of a gray picture.
Pixels on_white_paper(Pixels levels) {
  constexpr l_int32 kTile = 10, kTileHeight = 15, kInk = 60, kLeastPaper = 40, kWhite = 255, kSmooth = 2;
  Pixels even(::pixBackgroundNorm(levels.get(), nullptr, nullptr, kTile, kTileHeight, kInk, kLeastPaper,
                                  kWhite, kSmooth, kSmooth));
  return even ? std::move(even) : std::move(levels);
}

struct DestroyNumbers {
  void operator()(Numa* numbers) const noexcept { ::numaDestroy(&numbers); }
};
using Numbers = std::unique_ptr<Numa, DestroyNumbers>;

/// Where to cut, of `counts` (ink by row or column), between `from` and `to`: in the middle of the longest
/// run of the least.
std::uint32_t best_cut(Numa* counts, std::uint32_t from, std::uint32_t to) {
  const auto at = [&](std::uint32_t i) {
    l_int32 count = 0;
    ::numaGetIValue(counts, static_cast<l_int32>(i), &count);
    return count;
  };
  l_int32 least = at(from);
  for (std::uint32_t i = from; i < to; ++i) least = std::min(least, at(i));
  std::uint32_t best = to;
  std::uint32_t longest = 0;
  for (std::uint32_t begin = from; begin < to;) {
    std::uint32_t end = begin;
    while (end < to && at(end) == least) ++end;
    if (end - begin > longest) {
      longest = end - begin;
      best = begin + longest / 2;
    }
    begin = end + 1;
  }
  return best;
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> cut(Numa* counts, std::uint32_t length,
                                                         std::uint32_t longest) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pieces;
  std::uint32_t begin = 0;
  while (length - begin > longest) {
    const std::uint32_t end = std::max(begin + 1, best_cut(counts, begin + longest / 2, begin + longest));
    pieces.emplace_back(begin, end);
    begin = end;
  }
  pieces.emplace_back(begin, length);
  return pieces;
}

}  // namespace

LetterShapes letter_shapes(const Pixels& picture) {
  const Pixels print = black_and_white(picture);
  l_float32 upright = 0;
  l_float32 left = 0;
  if (::pixOrientDetect(print.get(), &upright, &left, 0, 0) != 0) return {};
  return {upright, left};
}

double skew_of(const Pixels& picture) {
  const Pixels print = black_and_white(picture);
  l_float32 degrees = 0;
  l_float32 sure = 0;
  if (::pixFindSkewSweepAndSearch(print.get(), &degrees, &sure, 4, 2, kSkewMost, 1, 0.01F) != 0) return 0;
  if (sure < kSureOfSkew || std::abs(degrees) < kSkewLeast) return 0;
  return degrees * std::numbers::pi / 180;
}

Pixels turned(const Pixels& picture, int quarters) {
  return checked(quarters == 0 ? ::pixClone(picture.get()) : ::pixRotateOrth(picture.get(), quarters));
}

Pixels turned_by(const Pixels& picture, double radians) {
  if (radians == 0) return turned(picture, 0);
  // White corners beside gray paper would be taken for the only paper there is.
  const Pixels levels = on_white_paper(gray(picture));
  return checked(::pixRotate(levels.get(), static_cast<l_float32>(radians), L_ROTATE_AREA_MAP,
                             L_BRING_IN_WHITE, ::pixGetWidth(levels.get()), ::pixGetHeight(levels.get())));
}

Pixels evenly_lit(const Pixels& picture) {
  constexpr std::uint32_t kUneven = 40;  // levels of gray
  if (::pixGetDepth(picture.get()) == 1) return turned(picture, 0);
  const Pixels levels = gray(picture);
  const double width = std::floor(::pixGetWidth(levels.get()) / 3.0);
  const double height = std::floor(::pixGetHeight(levels.get()) / 3.0);
  if (width < 1 || height < 1) return turned(picture, 0);
  l_uint32 darkest = 255;
  l_uint32 lightest = 0;
  for (double top = 0; top < 3 * height; top += height) {
    for (double left = 0; left < 3 * width; left += width) {
      const Pixels ninth = part(levels, {left, top, left + width, top + height});
      l_uint32 median = 255;
      ::pixGetRankValue(ninth.get(), 4, 0.5F, &median);
      darkest = std::min(darkest, median);
      lightest = std::max(lightest, median);
    }
  }
  return lightest - darkest > kUneven ? on_white_paper(gray(picture)) : turned(picture, 0);
}

Pixels dark_on_light(const Pixels& picture) {
  const Pixels levels = gray(picture);
  l_uint32 median = 255;
  ::pixGetRankValue(levels.get(), 4, 0.5F, &median);
  return checked(median < 100 ? ::pixInvert(nullptr, levels.get()) : ::pixClone(picture.get()));
}

std::vector<Box> parts_of(const Pixels& picture, std::uint32_t longest) {
  const auto width = static_cast<std::uint32_t>(::pixGetWidth(picture.get()));
  const auto height = static_cast<std::uint32_t>(::pixGetHeight(picture.get()));
  if (width <= longest && height <= longest)
    return {{0, 0, static_cast<double>(width), static_cast<double>(height)}};
  const Pixels print = black_and_white(picture);
  const Numbers rows(::pixCountPixelsByRow(print.get(), nullptr));
  const Numbers columns(::pixCountPixelsByColumn(print.get()));
  if (!rows || !columns) throw std::bad_alloc();
  std::vector<Box> parts;
  for (const auto& [top, bottom] : cut(rows.get(), height, longest))
    for (const auto& [left, right] : cut(columns.get(), width, longest))
      parts.push_back({static_cast<double>(left), static_cast<double>(top), static_cast<double>(right),
                       static_cast<double>(bottom)});
  return parts;
}

Pixels part(const Pixels& picture, const Box& box) {
  ::Box* const clip = ::boxCreate(static_cast<l_int32>(box.left), static_cast<l_int32>(box.top),
                                  static_cast<l_int32>(box.width()), static_cast<l_int32>(box.height()));
  Pix* const clipped = ::pixClipRectangle(picture.get(), clip, nullptr);
  ::Box* done = clip;
  ::boxDestroy(&done);
  return checked(clipped);
}

}  // namespace chunkrd::local
