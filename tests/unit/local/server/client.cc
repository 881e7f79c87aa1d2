#include "tests/unit/local/server/client.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <chrono>

namespace chunkrd::local::server::test {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

boost::json::value Reply::json() const {
  return boost::json::parse(body);
}

Client::Client(std::uint16_t port) : port_(port), socket_(context_) {
  socket_.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port));
}

Reply Client::send(std::string_view method, std::string_view target, std::string_view body,
                   const Headers& headers) {
  http::request<http::string_body> request;
  request.method_string(method);
  request.target(target);
  request.version(11);
  request.set(http::field::host, "127.0.0.1:" + std::to_string(port_));
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  for (const auto& [name, value] : headers) request.set(name, value);
  request.body() = body;
  request.prepare_payload();
  boost::system::error_code ec;
  http::write(socket_, request, ec);
  if (ec) return {};
  return receive();
}

void Client::send_raw(std::string_view bytes) {
  boost::system::error_code ec;
  asio::write(socket_, asio::buffer(bytes), ec);
}

Reply Client::receive() {
  http::response_parser<http::string_body> parser;
  parser.body_limit(boost::none);
  boost::system::error_code ec;
  http::read(socket_, buffer_, parser, ec);
  Reply reply;
  if (!parser.is_header_done()) return reply;
  reply.status = parser.get().result_int();
  reply.body = parser.get().body();
  reply.is_whole = !ec && parser.is_done();
  for (const auto& field : parser.get()) {
    std::string name(field.name_string());
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    reply.headers[name] = field.value();
  }
  return reply;
}

bool Client::is_closed_within(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd event{.fd = socket_.native_handle(), .events = POLLIN, .revents = 0};
    if (left <= 0 || ::poll(&event, 1, static_cast<int>(left)) <= 0) return false;
    std::array<char, 4096> bytes;
    boost::system::error_code ec;
    socket_.read_some(asio::buffer(bytes), ec);
    if (ec) return true;
  }
}

}  // namespace chunkrd::local::server::test
