#pragma once

#include <string>
#include <string_view>

namespace chunkrd {

/// Strict base64 that comes in pieces: the standard alphabet, padding needed, nothing else allowed, unused
/// bits zero (contract: "standard alphabet, padding needed, no line breaks").
class Base64Decoder {
 public:
  /// Appends the bytes that `text` completes to `bytes`. Returns false once the text is no base64; it stays
  /// so.
  [[nodiscard]] bool add(std::string_view text, std::string& bytes);

  /// Whether what came so far is complete.
  bool is_complete() const noexcept { return valid_ && count_ == 0; }

 private:
  bool end_group(std::string& bytes);

  unsigned char group_[4] = {};
  unsigned count_ = 0;
  unsigned padding_ = 0;
  bool valid_ = true;
};

/// Appends `bytes` as base64 with padding. To encode in pieces, give multiples of 3 bytes but for the last.
void append_base64(std::string_view bytes, std::string& text);

}  // namespace chunkrd
