#include "local/parser/placement.h"

#include <cmath>
#include <initializer_list>

namespace chunkrd::local {
namespace {

/// Clockwise around the origin; y grows downwards.
Point turned(const Point& point, double angle) noexcept {
  return {point.x * std::cos(angle) - point.y * std::sin(angle),
          point.x * std::sin(angle) + point.y * std::cos(angle)};
}

/// Exactly.
Point quarter_turned(Point point, int quarters) noexcept {
  for (int i = 0; i < quarters; ++i) point = {-point.y, point.x};
  return point;
}

template <class Turn>
Box around(const Box& box, const Turn& turn) noexcept {
  const Point first = turn(Point{box.left, box.top});
  Box all{first.x, first.y, first.x, first.y};
  for (const Point& corner :
       {Point{box.right, box.top}, Point{box.left, box.bottom}, Point{box.right, box.bottom}}) {
    const Point point = turn(corner);
    all = join(all, {point.x, point.y, point.x, point.y});
  }
  return all;
}

}  // namespace

Point Placement::on_seen_page(const Point& upright) const noexcept {
  const Point from_middle{upright.x - upright_width / 2, upright.y - upright_height / 2};
  const Point point =
      quarter_turned(skew == 0 ? from_middle : turned(from_middle, -skew), (4 - quarters) % 4);
  return {point.x + seen_width / 2, point.y + seen_height / 2};
}

Point Placement::on_upright_page(const Point& seen) const noexcept {
  const Point from_middle = quarter_turned({seen.x - seen_width / 2, seen.y - seen_height / 2}, quarters);
  const Point point = skew == 0 ? from_middle : turned(from_middle, skew);
  return {point.x + upright_width / 2, point.y + upright_height / 2};
}

Box Placement::on_seen_page(const Box& upright) const noexcept {
  return clipped(around(upright, [this](const Point& point) { return on_seen_page(point); }), seen_width,
                 seen_height);
}

Box Placement::on_upright_page(const Box& seen) const noexcept {
  return around(seen, [this](const Point& point) { return on_upright_page(point); });
}

Placement quarter_turned(int quarters, double seen_width, double seen_height) noexcept {
  const bool lies = quarters % 2 != 0;
  return {.quarters = quarters,
          .skew = 0,
          .seen_width = seen_width,
          .seen_height = seen_height,
          .upright_width = lies ? seen_height : seen_width,
          .upright_height = lies ? seen_width : seen_height};
}

}  // namespace chunkrd::local
