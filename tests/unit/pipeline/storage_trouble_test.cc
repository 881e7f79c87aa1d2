#include "pipeline/storage_trouble.h"

#include <gmock/gmock.h>

namespace chunkrd::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNow{std::chrono::milliseconds(1'764'000'000'000)};

TEST(StorageTrouble, IsToldOnceUntilItIsOver) {
  StorageTrouble storage;
  EXPECT_FALSE(storage.clear());
  EXPECT_FALSE(storage.at(kNow));
  EXPECT_TRUE(storage.note("the PDF: no connection", kNow));
  EXPECT_FALSE(storage.note("the PDF: no connection", kNow + 1min));
  const auto trouble = storage.at(kNow + 2min);
  ASSERT_TRUE(trouble);
  EXPECT_EQ(trouble->since, kNow);
  EXPECT_THAT(trouble->why,
              testing::AllOf(testing::HasSubstr("no connection"), testing::HasSubstr("api.base64_urls")));
  EXPECT_TRUE(storage.clear());
  EXPECT_FALSE(storage.at(kNow + 3min));
  EXPECT_TRUE(storage.note("again", kNow + 4min));
}

TEST(StorageTrouble, IsForgottenWhenNobodyHasTriedForLong) {
  StorageTrouble storage;
  storage.note("no connection", kNow);
  EXPECT_FALSE(storage.at(kNow + 2h));
  EXPECT_TRUE(storage.note("no connection", kNow + 2h));
  EXPECT_EQ(storage.at(kNow + 2h)->since, kNow + 2h);
}

}  // namespace
}  // namespace chunkrd::pipeline
