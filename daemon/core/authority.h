#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace chunkrd {

/// The host in "host:port", in lower case and without brackets; nothing if it is not a host with or without
/// a port. What a request's Host is read by.
std::optional<std::string> host_in(std::string_view authority);

}  // namespace chunkrd
