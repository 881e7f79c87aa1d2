#include "core/authority.h"

#include <gtest/gtest.h>

namespace chunkrd {
namespace {

TEST(Host, IsReadStrictly) {
  EXPECT_EQ(host_in("A.example:80"), "a.example");
  EXPECT_EQ(host_in("[::1]:80"), "::1");
  for (const auto* text :
       {"", ":80", "a:", "a:b", "a:123456", "[::1]x", "[::1", "a/b", "a?b", "a@b", "::1"}) {
    EXPECT_EQ(host_in(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace chunkrd
