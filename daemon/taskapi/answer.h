#pragma once

#include <optional>
#include <string>
#include <system_error>
#include <variant>

#include "core/clock.h"

namespace chunkrd::taskapi {

/// The service answered with something else than a success (2xx). Not always a refusal in truth: a 500 may
/// come after the task was made.
struct Refusal {
  int http_status = 0;
  std::string text;                     ///< quotation() from the body's first 2 KB
  std::optional<Duration> retry_after;  ///< from Retry-After, seconds or date
  std::string request_id;               ///< X-Request-Id, empty if absent
  bool request_whole = true;  ///< else it came before all of the request was sent: nothing came of it
};

/// No complete answer came.
struct NoAnswer {
  enum class Request {
    not_sent,    ///< nothing, or not all of the request can have reached the service: safe to send again
    maybe_sent,  ///< it may have been taken: a create must be reconciled
  };
  enum class Cause { resolve, connect, tls, timeout, cut, local_file, other };
  Request request = Request::maybe_sent;
  Cause cause = Cause::other;
  std::string message;         ///< for people: what failed, to which host
  std::error_code local = {};  ///< of Cause::local_file, where the system gave one
};

/// A success, but not what the contract says: not JSON, another shape, larger than allowed, a part of a file.
/// What was asked for may well have been done.
struct Unreadable {
  std::string message;
};

/// One of the contract's answers, or why we do not have one. Never thrown: all of it is planned for.
template <class Good>
using Answer = std::variant<Good, Refusal, NoAnswer, Unreadable>;

}  // namespace chunkrd::taskapi
