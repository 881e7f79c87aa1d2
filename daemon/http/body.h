#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "core/async.h"
#include "http/off_loop.h"

namespace chunkrd::http {

/// Not there yet.
struct NotYet {};

/// A request's body as it is sent, piece by piece, on the event loop. Its length is known from the start.
class Body {
 public:
  virtual ~Body() = default;

  virtual std::uint64_t size_bytes() const = 0;

  /// Gets the beginning ready; `more` is called on `loop` when that, and later each time something more, is
  /// there. Before anything else.
  virtual void begin(Executor loop, std::function<void()> more) = 0;

  /// May it be sent from now on? The beginning is there, or why it is not.
  virtual bool is_ready() const = 0;

  /// How many bytes of the beginning of `into` were filled, 0 only at the end.
  using Taken = std::variant<std::size_t, NotYet, FileTrouble>;
  virtual Taken take(std::span<char> into) = 0;

  /// Starts again from the first byte.
  virtual void rewind() = 0;

  /// Why it cannot be sent to its end.
  virtual std::optional<FileTrouble> trouble() const { return std::nullopt; }

  /// Since when something is waited for that the sending cannot go on without.
  virtual std::optional<OffLoop::Clock::time_point> waits_since() const { return std::nullopt; }

  /// What is waited for: for people.
  virtual std::string name() const { return {}; }

  /// It is not sent any further: gives up its file.
  virtual void let_go() noexcept {}
};

/// A body that is all there.
std::unique_ptr<Body> text_body(std::string text);

/// What a body is read from. All of it may block.
class BodySource {
 public:
  virtual ~BodySource() = default;

  /// Fills the beginning of `into` (at least kSmallestPiece long) and returns how much, 0 only at the end.
  /// Throws std::exception to end the transfer: its text becomes the TransportError's, with Cause::local.
  virtual std::size_t read(std::span<char> into) = 0;

  /// Starts again from the first byte.
  virtual void rewind() = 0;

  static constexpr std::size_t kSmallestPiece = 64;
};

}  // namespace chunkrd::http
