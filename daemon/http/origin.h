#pragma once

#include <optional>
#include <string>

namespace chunkrd::http {

/// Scheme, host and port of a URL: what a key may be sent to.
struct Origin {
  std::string scheme;  ///< lower case
  std::string host;    ///< lower case
  std::string port;    ///< the scheme's own if the URL has none

  std::string text() const { return scheme + "://" + host + ":" + port; }
  bool operator==(const Origin&) const = default;
};

/// Read by libcurl's own parser, so that what is compared is what would be connected to. Nothing if it is
/// no absolute URL.
std::optional<Origin> origin_of(const std::string& url);

}  // namespace chunkrd::http
