#pragma once

#include <string>
#include <string_view>

namespace chunkrd {

/// HMAC-SHA256 (RFC 2104) of `text` with `key`, in lower-case hexadecimal. Throws std::runtime_error if
/// OpenSSL fails.
std::string hmac_sha256_hex(std::string_view key, std::string_view text);

}  // namespace chunkrd
