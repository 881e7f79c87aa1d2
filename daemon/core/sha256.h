#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace chunkrd {

/// SHA-256 of bytes that come in pieces. Throws std::runtime_error if OpenSSL fails.
class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);
  /// Lower-case hexadecimal. Ends this object's use.
  std::string finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string sha256_hex(std::string_view bytes);

struct FileDigest {
  std::string sha256;  ///< empty when there are more bytes than it was asked of
  std::uint64_t size_bytes = 0;
};

/// Blocking: file pool. Reads the open file `fd` from where it stands to its end. Throws std::system_error.
FileDigest sha256_of(int fd, const std::filesystem::path& path_for_errors,
                     std::uint64_t bytes_max = std::numeric_limits<std::uint64_t>::max());

/// Blocking: file pool. Reads `path` (never through a link) to its end, but never much more than `bytes_max`:
/// of a larger file, or one that grows to be, only the size is known. Throws std::system_error.
FileDigest sha256_file(const std::filesystem::path& path,
                       std::uint64_t bytes_max = std::numeric_limits<std::uint64_t>::max());

}  // namespace chunkrd
