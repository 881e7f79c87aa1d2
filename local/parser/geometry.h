#pragma once

#include <algorithm>

namespace chunkrd::local {

/// A rectangle on a page. Points (1/72 inch), from the page's upper left corner.
struct Box {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;

  double width() const noexcept { return right - left; }
  double height() const noexcept { return bottom - top; }
  double area() const noexcept { return std::max(0.0, width()) * std::max(0.0, height()); }
  double middle_x() const noexcept { return (left + right) / 2; }
  double middle_y() const noexcept { return (top + bottom) / 2; }
  bool operator==(const Box&) const = default;
};

/// The smallest box around both.
inline Box join(const Box& a, const Box& b) noexcept {
  return {std::min(a.left, b.left), std::min(a.top, b.top), std::max(a.right, b.right),
          std::max(a.bottom, b.bottom)};
}

/// How much of the height (width) two boxes have in common; negative: the space between them.
inline double common_height(const Box& a, const Box& b) noexcept {
  return std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
}
inline double common_width(const Box& a, const Box& b) noexcept {
  return std::min(a.right, b.right) - std::max(a.left, b.left);
}

inline bool holds_middle_of(const Box& outer, const Box& inner) noexcept {
  return inner.middle_x() >= outer.left && inner.middle_x() <= outer.right && inner.middle_y() >= outer.top &&
         inner.middle_y() <= outer.bottom;
}

inline Box scaled(const Box& box, double factor_x, double factor_y) noexcept {
  return {box.left * factor_x, box.top * factor_y, box.right * factor_x, box.bottom * factor_y};
}

inline Box shifted(const Box& box, double right, double down) noexcept {
  return {box.left + right, box.top + down, box.right + right, box.bottom + down};
}

/// What of the box lies on a page of this size.
inline Box clipped(const Box& box, double width, double height) noexcept {
  return {std::clamp(box.left, 0.0, width), std::clamp(box.top, 0.0, height),
          std::clamp(box.right, 0.0, width), std::clamp(box.bottom, 0.0, height)};
}

}  // namespace chunkrd::local
