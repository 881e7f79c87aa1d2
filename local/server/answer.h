#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/async.h"
#include "local/server/body_source.h"
#include "local/server/rules.h"

namespace chunkrd::local::server {

/// A request without its body.
struct Request {
  std::string method;
  std::string path;   ///< as it came, percent-encoded
  std::string query;  ///< likewise, without '?'
  std::string host;
  std::string content_type;
  std::optional<std::string> authorization;
  std::optional<std::string> origin;  ///< what browsers say of the page that asks
  std::string fetch_site;             ///< likewise: "cross-site", "same-origin", ...; empty if absent
};

/// What the paths of signed addresses begin with.
inline constexpr std::string_view kStoragePrefix = "/storage/";

/// A request's body in pieces.
class RequestBody {
 public:
  virtual ~RequestBody() = default;

  /// The next bytes, valid until the next call; empty at the end. Throws boost::system::system_error when
  /// the client stops sending.
  virtual awaitable<std::string_view> next() = 0;

  /// What Content-Length said.
  virtual std::optional<std::uint64_t> size_bytes() const = 0;
};

/// What goes back.
struct Answer {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string text;                    ///< the body, unless there is a source
  std::unique_ptr<BodySource> source;  ///< the body, if it is made while it is sent
  std::vector<std::pair<std::string, std::string>> headers;
  Delivery delivery = Delivery::whole;
};

inline Answer text_answer(unsigned status, std::string text) {
  Answer answer;
  answer.status = status;
  answer.text = std::move(text);
  return answer;
}

}  // namespace chunkrd::local::server
