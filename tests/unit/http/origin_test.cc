#include "http/origin.h"

#include <gtest/gtest.h>

namespace chunkrd::http {
namespace {

TEST(Origin, IsSchemeHostAndPort) {
  const auto origin = origin_of("https://api.chunkr.ai/api/v1/task?x=https://other");
  ASSERT_TRUE(origin.has_value());
  EXPECT_EQ(origin->text(), "https://api.chunkr.ai:443");
}

TEST(Origin, IsTheSameHoweverItIsWritten) {
  EXPECT_EQ(origin_of("HTTP://Example.COM/a"), origin_of("http://example.com:80"));
  EXPECT_EQ(origin_of("http://user:word@example.com/"), origin_of("http://example.com/"));
}

TEST(Origin, DiffersBySchemeHostOrPort) {
  const auto origin = origin_of("http://example.com/");
  for (const char* other :
       {"https://example.com/", "http://example.com:8080/", "http://example.com.evil.test/",
        "http://example.com@evil.test/", "http://evil.test/http://example.com/"})
    EXPECT_NE(origin_of(other), origin) << other;
}

TEST(Origin, NeedsAnAbsoluteAddress) {
  for (const char* url : {"", "/path", "example.com", "//example.com/"}) EXPECT_FALSE(origin_of(url)) << url;
}

}  // namespace
}  // namespace chunkrd::http
