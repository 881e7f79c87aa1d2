#pragma once

#include <openssl/evp.h>

#include <stdexcept>
#include <string>

namespace chunkrd::taskapi {

/// Decodes what a create carries; strict about length and alphabet.
inline std::string decoded(const std::string& base64) {
  if (base64.size() % 4 != 0) throw std::runtime_error("not base64: odd length");
  std::string bytes(base64.size() / 4 * 3 + 1, '\0');
  const int count =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(base64.data()), static_cast<int>(base64.size()));
  if (count < 0) throw std::runtime_error("not base64");
  const auto padding = base64.ends_with("==") ? 2u : base64.ends_with("=") ? 1u : 0u;
  bytes.resize(static_cast<std::size_t>(count) - padding);
  return bytes;
}

/// `size` bytes with every value among them, in no simple order.
inline std::string some_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  unsigned state = 12345;
  for (char& byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

}  // namespace chunkrd::taskapi
