#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace chunkrd::local::server::test {

using Headers = std::map<std::string, std::string, std::less<>>;

struct Reply {
  unsigned status = 0;  ///< 0: the connection ended without a whole header
  std::string body;
  Headers headers;        ///< names in lower case
  bool is_whole = false;  ///< the body did not end before its time

  boost::json::value json() const;
};

/// One keep-alive connection to a server on this machine; blocking.
class Client {
 public:
  explicit Client(std::uint16_t port);

  Reply send(std::string_view method, std::string_view target, std::string_view body = {},
             const Headers& headers = {});
  Reply get(std::string_view target) { return send("GET", target); }

  /// Sends bytes as they are.
  void send_raw(std::string_view bytes);
  /// Reads one answer to what was sent raw.
  Reply receive();
  /// Reads until the server closes; false if it does not within `limit`.
  bool is_closed_within(std::chrono::milliseconds limit);

 private:
  std::uint16_t port_;
  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

}  // namespace chunkrd::local::server::test
