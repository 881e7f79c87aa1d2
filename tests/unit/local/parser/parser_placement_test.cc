#include <gtest/gtest.h>

#include <numbers>

#include "local/parser/placement.h"

namespace chunkrd::local {
namespace {

TEST(Placement, OfAPageOnItsSideIsExact) {
  // A word at the upper left of an upright page of 200 x 100 points, which lies on its left side.
  const Box word{10, 5, 40, 15};
  EXPECT_EQ(quarter_turned(1, 100, 200).on_seen_page(word), (Box{5, 160, 15, 190}));
  EXPECT_EQ(quarter_turned(2, 200, 100).on_seen_page(word), (Box{160, 85, 190, 95}));
  EXPECT_EQ(quarter_turned(3, 100, 200).on_seen_page(word), (Box{85, 10, 95, 40}));
}

TEST(Placement, GoesThereAndBack) {
  for (int quarters = 0; quarters < 4; ++quarters) {
    Placement placement = quarter_turned(quarters, 100, 200);
    placement.skew = 3 * std::numbers::pi / 180;
    const Point back = placement.on_upright_page(placement.on_seen_page(Point{20, 30}));
    EXPECT_NEAR(back.x, 20, 1e-9);
    EXPECT_NEAR(back.y, 30, 1e-9);
  }
}

TEST(Placement, KeepsBoxesOnThePage) {
  Placement placement = quarter_turned(0, 100, 200);
  placement.skew = 0.1;
  const Box corner = placement.on_seen_page(Box{0, 0, 30, 10});
  EXPECT_GE(corner.left, 0);
  EXPECT_GE(corner.top, 0);
}

}  // namespace
}  // namespace chunkrd::local
