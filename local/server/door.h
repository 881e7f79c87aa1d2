#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "local/server/answer.h"

namespace chunkrd::local::server {

/// Who may ask at all. A program on this machine may; a page in somebody's browser may not, neither by a
/// form or a script that sends here nor by a name of its own that it has made lead here (DNS rebinding).
class Door {
 public:
  /// Listening on `address`; `names` are further hosts by which clients reach this server.
  Door(asio::ip::address address, std::vector<std::string> names);

  /// The answer to a request that may not come in; nothing if it may.
  std::optional<Answer> refuse(const Request& request) const;

 private:
  bool is_ours(std::string_view host) const;
  bool is_named(std::string_view host) const;
  bool is_from_foreign_page(const Request& request) const;

  asio::ip::address address_;
  std::vector<std::string> names_;
  std::string own_name_;
};

/// Whether a Content-Type is application/json, whatever its parameters. A page cannot send that to another
/// server without asking it first.
bool is_json(std::string_view content_type);

}  // namespace chunkrd::local::server
