#include "config/listen_address.h"

#include <gtest/gtest.h>

namespace chunkrd::config {
namespace {

TEST(AListenAddress, IsAnAddressAndAPort) {
  const auto reads_as = [](const char* text, const char* host, std::uint16_t port) {
    const auto address = parse_listen_address(text);
    return address && address->host == host && address->port == port;
  };
  EXPECT_TRUE(reads_as("127.0.0.1:9464", "127.0.0.1", 9464));
  EXPECT_TRUE(reads_as("[::1]:9464", "::1", 9464));
  EXPECT_TRUE(reads_as(":9464", "", 9464));
  EXPECT_TRUE(reads_as("localhost:0", "127.0.0.1", 0));
}

TEST(AListenAddress, IsNothingElse) {
  for (const char* text : {"", "9464", "127.0.0.1", "::1:9464", "[::1]", "127.0.0.1:", "127.0.0.1:65536",
                           "a.b:80", "127.0.0.1:-1", "[127.0.0.1]:80", "256.0.0.1:80", "127.0.0.1:80x"}) {
    EXPECT_FALSE(parse_listen_address(text)) << text;
  }
}

}  // namespace
}  // namespace chunkrd::config
