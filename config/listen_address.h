#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chunkrd::config {

/// Where to listen for TCP connections.
struct ListenAddress {
  std::string host;        ///< an IPv4 or IPv6 address; empty: all of this machine's
  std::uint16_t port = 0;  ///< 0: any free one
};

/// Reads "127.0.0.1:9464", "[::1]:9464", "localhost:9464" (127.0.0.1) or ":9464" (all addresses). Host
/// names are not looked up. Nothing if it is something else.
std::optional<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace chunkrd::config
