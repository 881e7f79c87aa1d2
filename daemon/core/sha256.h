#pragma once

#include <filesystem>
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
  std::string sha256;
  std::uint64_t size_bytes = 0;
};

/// Blocking: file pool. Reads the open file `fd` from where it stands to its end. Throws std::system_error.
FileDigest sha256_of(int fd, const std::filesystem::path& path_for_errors);

/// Blocking: file pool. Reads `path` (never through a link) to its end. Throws std::system_error.
FileDigest sha256_file(const std::filesystem::path& path);

}  // namespace chunkrd
