#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "http/body.h"
#include "http/write_behind.h"

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

/// Write the body of a success (2xx) to a file while it arrives; it is closed when there is an answer.
struct IntoFile {
  std::unique_ptr<WriteBehind> file;
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

  /// A body whose file has not answered for so long ends the transfer with Cause::local and
  /// std::errc::timed_out: the other side would not wait much longer either. One that writes a file waits for
  /// it; if it is cut after so long, that is said to be the file's fault, too.
  Duration file{10'000};
};

/// One HTTP request. Header values may be secrets: they are never part of a message or a log line.
struct Request {
  Method method = Method::get;
  std::string url;  ///< absolute, http or https
  std::vector<Header> headers;
  std::unique_ptr<Body> body;  ///< for post and patch
  std::variant<IntoText, IntoFile, IntoNothing> sink = IntoText{};
  Timeouts timeouts;
};

}  // namespace chunkrd::http
