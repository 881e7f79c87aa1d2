#include "core/sha256.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "core/cut.h"
#include "core/durable.h"
#include "core/escape.h"

namespace chunkrd {

void Sha256::Free::operator()(evp_md_ctx_st* context) const noexcept {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("OpenSSL: SHA-256 is not available");
}

void Sha256::add(std::string_view bytes) {
  if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1)
    throw std::runtime_error("OpenSSL: SHA-256 failed");
}

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned length = 0;
  if (EVP_DigestFinal_ex(context_.get(), digest.data(), &length) != 1)
    throw std::runtime_error("OpenSSL: SHA-256 failed");
  std::string hex;
  for (unsigned i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.finish();
}

FileDigest sha256_of(int fd, const std::filesystem::path& path, std::uint64_t bytes_max) {
  struct stat status{};
  if (::fstat(fd, &status) == 0 && std::cmp_greater(status.st_size, bytes_max))
    return {{}, static_cast<std::uint64_t>(status.st_size)};
  Sha256 hash;
  std::vector<char> buffer(128 * 1024);
  std::uint64_t total = 0;
  while (true) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category(), "read " + printable(path.native()));
    if (got == 0) break;
    look_whether_cut();
    hash.add({buffer.data(), static_cast<std::size_t>(got)});
    total += static_cast<std::uint64_t>(got);
    if (total > bytes_max) return {{}, total};
  }
  return {hash.finish(), total};
}

FileDigest sha256_file(const std::filesystem::path& path, std::uint64_t bytes_max) {
  const auto fd = durable::open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  return sha256_of(fd.get(), path, bytes_max);
}

}  // namespace chunkrd
