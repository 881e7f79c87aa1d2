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
#include <optional>
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

/// The time in `expires`, if it is written just as sign() writes it.
std::optional<std::chrono::seconds> seconds_in(std::string_view expires) {
  std::int64_t seconds = 0;
  const char* const end = expires.data() + expires.size();
  const auto [stop, error] = std::from_chars(expires.data(), end, seconds);
  if (error != std::errc() || stop != end || fmt::format("{}", seconds) != expires) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace

Signer::Signer(const std::filesystem::path& key_file, std::chrono::seconds lifetime)
    : secret_(read_or_make_secret(key_file)), lifetime_(lifetime) {}

// Each part stands behind its length: no byte in one of them can move the border to the next.
std::string Signer::signature(std::string_view task_id, std::string_view name,
                              std::string_view expires) const {
  std::string text = "chunkr-local storage URL";
  for (const auto part : {task_id, expires, name}) text += fmt::format(" {}:{}", part.size(), part);
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
  const auto seconds = seconds_in(expires);
  const std::string right = signature(task_id, name, expires);
  const bool is_signed =
      given.size() == right.size() && CRYPTO_memcmp(given.data(), right.data(), right.size()) == 0;
  if (!seconds || !is_signed) return Verdict::forged;
  const auto now_s = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  return now_s < *seconds ? Verdict::good : Verdict::expired;
}

}  // namespace chunkrd::local::server
