#include "local/server/signer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <charconv>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "core/durable.h"

namespace chunkrd::local::server {
namespace {

constexpr std::size_t kSecretBytes = 32;

std::string read_or_make_secret(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string secret((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (secret.size() == kSecretBytes) return secret;
  secret.resize(kSecretBytes);
  if (RAND_bytes(reinterpret_cast<unsigned char*>(secret.data()), static_cast<int>(kSecretBytes)) != 1) {
    throw std::runtime_error("OpenSSL has no random numbers");
  }
  durable::remove_file(file);
  const auto out = durable::open(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
  durable::write_all(out.get(), secret, file);
  return secret;
}

}  // namespace

Signer::Signer(const std::filesystem::path& key_file, std::chrono::seconds lifetime)
    : secret_(read_or_make_secret(key_file)), lifetime_(lifetime) {}

std::string Signer::signature(std::string_view task_id, std::string_view name,
                              std::string_view expires) const {
  const std::string text = fmt::format("{}\n{}\n{}", task_id, expires, name);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

std::string Signer::sign(std::string_view task_id, std::string_view name, WallTime now) const {
  const auto expires = std::chrono::floor<std::chrono::seconds>(now) + lifetime_;
  const std::string number = fmt::format("{}", expires.time_since_epoch().count());
  const auto path_chars = boost::urls::unreserved_chars + '/';
  return fmt::format("/storage/{}/{}?expires={}&signature={}", task_id, boost::urls::encode(name, path_chars),
                     number, signature(task_id, name, number));
}

Signer::Verdict Signer::check(std::string_view task_id, std::string_view name, std::string_view expires,
                              std::string_view given, WallTime now) const {
  const std::string right = signature(task_id, name, expires);
  if (given.size() != right.size() || CRYPTO_memcmp(given.data(), right.data(), right.size()) != 0) {
    return Verdict::forged;
  }
  std::int64_t seconds = 0;
  std::from_chars(expires.data(), expires.data() + expires.size(), seconds);
  return now < WallTime(std::chrono::seconds(seconds)) ? Verdict::good : Verdict::expired;
}

}  // namespace chunkrd::local::server
