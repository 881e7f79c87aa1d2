#pragma once

#include "local/parser/geometry.h"

namespace chunkrd::local {

struct Point {
  double x = 0;
  double y = 0;
};

/// How a page's text lies on the page that people see: pages are scanned on their side, upside down and
/// askew.
///
/// What a page says is looked for on an upright page; what is found is then told where people see it. The
/// upright page is the seen one after `quarters` quarter turns and `skew` more around its middle, both
/// clockwise, and is as large as that needs.
struct Placement {
  int quarters = 0;  ///< 0 to 3
  double skew = 0;   ///< radians
  double seen_width = 0;
  double seen_height = 0;
  double upright_width = 0;
  double upright_height = 0;

  Point on_seen_page(const Point& upright) const noexcept;
  Point on_upright_page(const Point& seen) const noexcept;

  /// The smallest box around the turned one.
  Box on_seen_page(const Box& upright) const noexcept;
  Box on_upright_page(const Box& seen) const noexcept;
};

/// A page of that size on which a quarter turn sets the text upright, or on which it is.
Placement quarter_turned(int quarters, double seen_width, double seen_height) noexcept;

}  // namespace chunkrd::local
