#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <optional>
#include <string_view>

namespace chunkrd::local::server {

/// What makes it unclear where a request ends or whom it is for: somebody before this server may have read it
/// otherwise, and what follows on the connection would be taken for another request (smuggling). Such a
/// request is answered 400 and the connection closed. Nothing if all is clear.
std::optional<std::string_view> framing_mistake(
    const boost::beast::http::header<true, boost::beast::http::fields>& head);

}  // namespace chunkrd::local::server
