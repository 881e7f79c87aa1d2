#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace chunkrd::http {

/// A request's body, produced piece by piece while it is sent. Its length is known from the start.
class BodySource {
 public:
  virtual ~BodySource() = default;

  virtual std::uint64_t size_bytes() const = 0;

  /// Fills the beginning of `into` (at least kSmallestPiece long) and returns how much, 0 only at the end.
  /// Called on the event loop: at most one small read. Throws std::exception to end the transfer: its
  /// text becomes the TransportError's, with Cause::local.
  virtual std::size_t read(std::span<char> into) = 0;

  /// Starts again from the first byte.
  virtual void rewind() = 0;

  static constexpr std::size_t kSmallestPiece = 64;
};

/// A body that is all there.
std::unique_ptr<BodySource> text_body(std::string text);

}  // namespace chunkrd::http
