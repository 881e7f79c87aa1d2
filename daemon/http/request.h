#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "http/body.h"

namespace chunkrd::http {

enum class Method { get, head, post, patch, del };

struct Header {
  std::string name;
  std::string value;
};

/// Keep the body of a success (2xx) in Response::body; a longer one ends the transfer with Cause::too_large.
struct IntoText {
  std::size_t limit_bytes = std::size_t{8} << 20;
};

/// Write the body of a success (2xx) to an open file while it arrives. The descriptor stays the caller's.
struct IntoFile {
  int fd = -1;
  std::uint64_t limit_bytes = std::uint64_t{4} << 30;
};

/// Keep nothing of a success: only its status matters. Read so far for the connection's sake, then that is
/// given up, and the answer counts all the same.
struct IntoNothing {
  std::uint64_t limit_bytes = std::uint64_t{64} << 10;
};

/// What a transfer may take; see Pace.
struct Timeouts {
  Duration connect{10'000};         ///< until the connection is usable, TLS included
  Duration stall{60'000};           ///< nothing moves for so long ...
  std::uint64_t least_rate = 4096;  ///< ... or, on average over so long, fewer bytes a second than this

  /// From the last byte of the request to the last byte of the answer, of one that goes into a file: of its
  /// head. Absent: `stall`.
  std::optional<Duration> answer;
};

/// One HTTP request. Header values may be secrets: they are never part of a message or a log line.
struct Request {
  Method method = Method::get;
  std::string url;  ///< absolute, http or https
  std::vector<Header> headers;
  std::unique_ptr<BodySource> body;  ///< for post and patch
  std::variant<IntoText, IntoFile, IntoNothing> sink = IntoText{};
  Timeouts timeouts;
};

}  // namespace chunkrd::http
