#include "local/server/framing.h"

#include <boost/beast/core/string.hpp>
#include <cstddef>
#include <iterator>

namespace chunkrd::local::server {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

std::size_t count(const http::fields& fields, http::field name) {
  const auto [first, last] = fields.equal_range(name);
  return static_cast<std::size_t>(std::distance(first, last));
}

}  // namespace

std::optional<std::string_view> framing_mistake(const http::header<true, http::fields>& head) {
  const auto encodings = count(head, http::field::transfer_encoding);
  const auto lengths = count(head, http::field::content_length);
  const auto hosts = count(head, http::field::host);
  const std::string_view length = head[http::field::content_length];
  if (encodings + lengths > 1) return "Content-Length and Transfer-Encoding: one of them, and once";
  if (encodings == 1 &&
      (head.version() < 11 || !beast::iequals(head[http::field::transfer_encoding], "chunked")))
    return "Transfer-Encoding: chunked is the only one that is known here, and not in HTTP/1.0";
  if (lengths == 1 && (length.empty() || length.find_first_not_of("0123456789") != std::string_view::npos))
    return "Content-Length: not a number";
  if (hosts > 1 || (hosts == 0 && head.version() >= 11)) return "Host: must be there, and once";
  return std::nullopt;
}

}  // namespace chunkrd::local::server
