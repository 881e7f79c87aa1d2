#include "config/listen_address.h"

#include <arpa/inet.h>

#include <charconv>

namespace chunkrd::config {
namespace {

bool is_address(int family, const std::string& host) {
  unsigned char bytes[16];
  return ::inet_pton(family, host.c_str(), bytes) == 1;
}

std::optional<std::uint16_t> port_from(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = port_from(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::string host(text.substr(0, colon));
  if (host.empty()) return ListenAddress{"", *port};
  if (host == "localhost") return ListenAddress{"127.0.0.1", *port};
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    return is_address(AF_INET6, host) ? std::optional(ListenAddress{host, *port}) : std::nullopt;
  }
  return is_address(AF_INET, host) ? std::optional(ListenAddress{host, *port}) : std::nullopt;
}

}  // namespace chunkrd::config
