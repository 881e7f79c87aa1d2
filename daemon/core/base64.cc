#include "core/base64.h"

#include <openssl/evp.h>

#include <array>

namespace chunkrd {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr unsigned char kNone = 0xFF;

constexpr std::array<unsigned char, 256> kValues = [] {
  std::array<unsigned char, 256> values{};
  values.fill(kNone);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<unsigned char>(i);
  }
  return values;
}();

/// The fast way through the middle: groups without padding. Answers with how much of `text` it has taken.
std::size_t add_whole_groups(std::string_view text, std::string& bytes) {
  std::size_t out = bytes.size();
  std::size_t taken = 0;
  bytes.resize(out + text.size() / 4 * 3);
  for (; taken + 4 <= text.size(); taken += 4) {
    const unsigned char a = kValues[static_cast<unsigned char>(text[taken])];
    const unsigned char b = kValues[static_cast<unsigned char>(text[taken + 1])];
    const unsigned char c = kValues[static_cast<unsigned char>(text[taken + 2])];
    const unsigned char d = kValues[static_cast<unsigned char>(text[taken + 3])];
    if (((a | b | c | d) & 0xC0) != 0) break;  // kNone is the only value over 63
    bytes[out++] = static_cast<char>(a << 2 | b >> 4);
    bytes[out++] = static_cast<char>(b << 4 | c >> 2);
    bytes[out++] = static_cast<char>(c << 6 | d);
  }
  bytes.resize(out);
  return taken;
}

}  // namespace

bool Base64Decoder::add(std::string_view text, std::string& bytes) {
  for (std::size_t at = 0; at < text.size() && valid_; ++at) {
    if (count_ == 0 && padding_ == 0) at += add_whole_groups(text.substr(at), bytes);
    if (at == text.size()) break;
    const char c = text[at];
    const unsigned char value = kValues[static_cast<unsigned char>(c)];
    const bool is_padding = c == '=' && count_ >= 2;
    // After a '=' only another '=' of the same group may come, and nothing after that group.
    if ((value == kNone && !is_padding) || (padding_ > 0 && (!is_padding || count_ == 0))) {
      valid_ = false;
      break;
    }
    if (is_padding) ++padding_;
    group_[count_++] = is_padding ? 0 : value;
    if (count_ == 4) valid_ = end_group(bytes);
  }
  return valid_;
}

bool Base64Decoder::end_group(std::string& bytes) {
  const unsigned bits = static_cast<unsigned>(group_[0] << 18 | group_[1] << 12 | group_[2] << 6 | group_[3]);
  bytes.push_back(static_cast<char>(bits >> 16 & 0xFF));
  if (padding_ < 2) bytes.push_back(static_cast<char>(bits >> 8 & 0xFF));
  if (padding_ < 1) bytes.push_back(static_cast<char>(bits & 0xFF));
  count_ = 0;
  const unsigned unused = padding_ == 2 ? 0xFFFF : padding_ == 1 ? 0xFF : 0;
  return (bits & unused) == 0;
}

void append_base64(std::string_view bytes, std::string& text) {
  const std::size_t at = text.size();
  text.resize(at + (bytes.size() + 2) / 3 * 4 + 1);  // EVP_EncodeBlock ends with a NUL
  const int written =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data() + at),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(at + static_cast<std::size_t>(written));
}

}  // namespace chunkrd
