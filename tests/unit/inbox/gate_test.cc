#include "inbox/gate.h"

#include <gtest/gtest.h>

namespace chunkrd::inbox {
namespace {

using namespace std::chrono_literals;

constexpr Identity kOne{.device = 1, .inode = 2, .size_bytes = 3, .mtime_ns = 4, .ctime_ns = 5};
constexpr Identity kOther{.device = 1, .inode = 9, .size_bytes = 3, .mtime_ns = 4, .ctime_ns = 5};

Gate::Time at(std::chrono::milliseconds time) {
  return Gate::Time(1h) + time;
}

Rules rules() {
  return {.path = "/inbox", .settle = 5s, .rescan = 300s, .watch = WatchMode::automatic, .ignore = {}};
}

struct GateTest : ::testing::Test {
  bool see(const Identity& identity, std::chrono::milliseconds time, Kind kind = Kind::file) {
    return gate.has_settled({"a.pdf", kind, identity}, at(time));
  }

  Gate gate{rules()};
};

TEST_F(GateTest, AFilePassesOnceWhileItStaysAsItIs) {
  EXPECT_FALSE(see(kOne, 0s));
  EXPECT_TRUE(see(kOne, 5s));
  gate.received({"a.pdf", kOne}, Reception::in_hand, {});
  EXPECT_FALSE(see(kOne, 10s));
  EXPECT_EQ(gate.settle().size(), 0u);
}

TEST_F(GateTest, AChangedFilePassesAgain) {
  gate.received({"a.pdf", kOne}, Reception::in_hand, {});
  EXPECT_FALSE(see(kOther, 0s));
  EXPECT_TRUE(see(kOther, 5s));
}

TEST_F(GateTest, AFileThatIsTheOldOneAgainNeedsNoMoreLooks) {
  gate.received({"a.pdf", kOne}, Reception::in_hand, {});
  EXPECT_FALSE(see(kOther, 0s));
  EXPECT_FALSE(see(kOne, 1s));
  EXPECT_EQ(gate.settle().next(), std::nullopt);
}

TEST_F(GateTest, AFileThatIsGoneIsForgotten) {
  gate.received({"a.pdf", kOne}, Reception::in_hand, {});
  EXPECT_FALSE(see({}, 0s, Kind::gone));
  EXPECT_EQ(gate.known().size(), 0u);
  EXPECT_FALSE(see(kOne, 1s));
  EXPECT_FALSE(see({}, 2s, Kind::gone));
  EXPECT_EQ(gate.settle().size(), 0u);
}

TEST_F(GateTest, AFileThatCannotBeLookedAtIsNotForgotten) {
  EXPECT_FALSE(see(kOne, 0s));
  EXPECT_FALSE(see({}, 5s, Kind::unclear));
  EXPECT_EQ(gate.settle().next(), at(10s));
  EXPECT_TRUE(see(kOne, 10s));
}

TEST_F(GateTest, AFileThatCannotBeLookedAtAtFirstIsLookedAtSoonAndLessAndLessOften) {
  EXPECT_FALSE(see({}, 0s, Kind::unclear));
  EXPECT_EQ(gate.unclaimed(), 1u);
  EXPECT_EQ(gate.settle().next(), at(5s));
  EXPECT_FALSE(see({}, 5s, Kind::unclear));
  EXPECT_EQ(gate.settle().next(), at(15s));
  auto time = 15s;
  for (int i = 0; i < 20; ++i, time += 320s) EXPECT_FALSE(see({}, time, Kind::unclear));
  EXPECT_EQ(gate.settle().next(), at(time)) << "at least every 320 s";
  EXPECT_FALSE(see(kOne, time));
  EXPECT_EQ(gate.unclaimed(), 0u);
  EXPECT_TRUE(see(kOne, time + 5s));
}

TEST_F(GateTest, AFileThatIsOpenForWritingBeginsAnewToBeUnchanged) {
  Sighting file{"a.pdf", Kind::file, kOne};
  EXPECT_FALSE(gate.has_settled(file, at(0s)));
  file.is_being_written = true;
  EXPECT_FALSE(gate.has_settled(file, at(5s)));
  file.is_being_written = false;
  EXPECT_FALSE(gate.has_settled(file, at(9s)));
  EXPECT_TRUE(gate.has_settled(file, at(10s)));
}

TEST_F(GateTest, WhatIsLeftOrToComeLaterIsUnclaimed) {
  gate.received({"left.pdf", kOne}, Reception::left, {});
  EXPECT_FALSE(see(kOne, 0s));
  EXPECT_TRUE(see(kOne, 5s));
  gate.received({"a.pdf", kOne}, Reception::later, at(10s));
  EXPECT_EQ(gate.unclaimed(), 2u);
  EXPECT_FALSE(see(kOne, 9s));
  EXPECT_TRUE(see(kOne, 10s));
  gate.received({"a.pdf", kOne}, Reception::in_hand, {});
  EXPECT_EQ(gate.unclaimed(), 1u);
  gate.let_go("left.pdf");
  EXPECT_EQ(gate.unclaimed(), 0u);
}

TEST_F(GateTest, ALinkIsRefusedOnceAndAnotherLinkAgain) {
  for (auto time : {0s, 5s, 10s}) EXPECT_FALSE(see(kOne, time, Kind::special));
  EXPECT_EQ(gate.refused(), 1u);
  EXPECT_FALSE(see(kOther, 15s, Kind::special));
  EXPECT_EQ(gate.refused(), 2u);
}

TEST_F(GateTest, AFileThatBecomesALinkWhileSettlingIsRefused) {
  EXPECT_FALSE(see(kOne, 0s));
  EXPECT_FALSE(see(kOther, 1s, Kind::special));
  EXPECT_EQ(gate.settle().size(), 0u);
}

TEST_F(GateTest, SidecarsAreNoDocuments) {
  EXPECT_FALSE(gate.has_settled({"a.pdf.chunkr.yaml", Kind::file, kOne}, at(0s)));
  EXPECT_EQ(gate.settle().size(), 0u);
}

TEST_F(GateTest, FilesThatFoundNoRoomAreAskedForOnceThereIsSome) {
  std::size_t count = 0;
  const auto name = [](std::size_t number) { return std::to_string(number); };
  while (!gate.has_settled({name(count), Kind::file, kOne}, at(0s)) && gate.settle().size() == count + 1)
    ++count;
  EXPECT_GE(count, 10'000u);
  EXPECT_FALSE(gate.take_room_for_left_out());
  for (std::size_t i = 0; i <= count / 2; ++i) gate.received({name(i), kOne}, Reception::in_hand, {});
  EXPECT_TRUE(gate.take_room_for_left_out());
  EXPECT_FALSE(gate.take_room_for_left_out());
}

}  // namespace
}  // namespace chunkrd::inbox
