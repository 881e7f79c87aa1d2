#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <system_error>

#include "core/clock.h"

namespace chunkrd::http {

/// What went over the wire, heads included, TLS not.
struct Traffic {
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
};

/// A whole answer, whatever its status.
struct Response {
  int status = 0;

  /// Of a 2xx: all of it, or nothing if it went into a file. Of anything else: the first kErrorTextLimit.
  std::string body;

  /// The request's last byte has left, as far as can be known. Else the other side answered to a part of it:
  /// whatever the answer says, it cannot have carried out what it did not have.
  bool request_whole = true;

  std::uint64_t body_bytes = 0;         ///< of the body as it came, wherever it went
  std::string content_type;             ///< empty if absent
  std::string request_id;               ///< x-request-id, empty if absent
  std::optional<Duration> retry_after;  ///< from seconds or a date; never negative
  std::optional<WallTime> date;         ///< the other side's clock, in whole seconds
  Traffic traffic;
};

constexpr std::size_t kErrorTextLimit = 2048;

constexpr bool is_success(int status) noexcept {
  return status / 100 == 2;
}

/// There is no whole answer.
struct TransportError {
  enum class Sent {
    not_sent,    ///< its last byte has not left this machine: nobody can have got the whole of it
    maybe_sent,  ///< it may have arrived whole
  };
  enum class Cause {
    resolve,    ///< the host name
    connect,    ///< refused, unreachable
    tls,        ///< handshake or certificate
    timeout,    ///< of whichever kind: `message` says
    cut,        ///< the connection ended before the answer did
    local,      ///< our own file could not be read or written, or changed
    too_large,  ///< the answer is over the sink's limit
    abandoned,  ///< Engine::abandon_all()
    other,
  };
  Sent sent = Sent::maybe_sent;
  Cause cause = Cause::other;
  std::string message;  ///< "POST https://api.chunkr.ai: ..."; no path, query or header in it
  Traffic traffic;
  std::error_code local;  ///< of Cause::local, where the system gave one: core/errors says what it means
};

using Result = std::expected<Response, TransportError>;

}  // namespace chunkrd::http
