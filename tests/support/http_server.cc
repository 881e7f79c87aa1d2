#include "tests/support/http_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "core/async.h"

namespace chunkrd::test {

namespace beast = boost::beast;
using asio::ip::tcp;
using TlsStream = asio::ssl::stream<tcp::socket>;
using Parser = beast::http::request_parser<beast::http::buffer_body>;

namespace {

constexpr std::size_t kReadPiece = std::size_t{64} << 10;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

std::string written(const Reply& reply) {
  std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " Scripted\r\n";
  for (const auto& [name, value] : reply.headers) text += name + ": " + value + "\r\n";
  switch (reply.framing) {
    case Reply::Framing::length:
      return text + "Content-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n" + reply.body;
    case Reply::Framing::chunked: {
      char length[32];
      std::snprintf(length, sizeof length, "%zx\r\n", reply.body.size());
      return text + "Transfer-Encoding: chunked\r\n\r\n" + length + reply.body + "\r\n0\r\n\r\n";
    }
    case Reply::Framing::until_close:
      return text + "\r\n" + reply.body;
  }
  return text;
}

tcp::socket& socket_of(tcp::socket& stream) {
  return stream;
}
tcp::socket& socket_of(TlsStream& stream) {
  return stream.next_layer();
}

Received head_of(const Parser& parser, int connection) {
  Received request;
  request.connection = connection;
  request.method = std::string(parser.get().method_string());
  request.target = std::string(parser.get().target());
  for (const auto& field : parser.get())
    request.headers[lower(field.name_string())] = std::string(field.value());
  return request;
}

}  // namespace

Reply Reply::text(int status, std::string body) {
  return {.status = status, .headers = {{"Content-Type", "text/plain"}}, .body = std::move(body)};
}

Reply Reply::json(std::string body) {
  return {.headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}

Reply Reply::redirect(int status, std::string location) {
  return {.status = status, .headers = {{"Location", std::move(location)}}};
}

Reply Reply::cut() {
  return {.after = After::close, .send_only = 0};
}

Reply Reply::silence() {
  return {.after = After::hold, .send_only = 0};
}

Certificate Certificate::make(const std::filesystem::path& directory) {
  const Certificate made{directory / "certificate.pem", directory / "key.pem"};
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
      " -addext subjectAltName=IP:127.0.0.1 -out '" +
      made.certificate.string() + "' -keyout '" + made.key.string() + "' 2>/dev/null";
  if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl made no certificate: " + command);
  return made;
}

std::uint16_t unused_port() {
  asio::io_context io;
  return tcp::acceptor(io, {asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
}

struct HttpServer::Server {
  explicit Server(Options chosen)
      : options(std::move(chosen)), acceptor(io, {asio::ip::address_v4::loopback(), 0}) {
    if (options.tls) {
      tls.use_certificate_file(options.tls->certificate.string(), asio::ssl::context::pem);
      tls.use_private_key_file(options.tls->key.string(), asio::ssl::context::pem);
    }
    asio::co_spawn(io, accept(), [](const std::exception_ptr&) {});
    thread = std::thread([this] { io.run(); });
  }

  ~Server() {
    io.stop();
    thread.join();
  }

  awaitable<void> accept() {
    for (;;) {
      tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
      const int number = [this] {
        const std::lock_guard lock(mutex);
        return ++connection_count;
      }();
      if (options.tls)
        asio::co_spawn(io, serve_tls(TlsStream(std::move(socket), tls), number),
                       [](const std::exception_ptr&) {});
      else
        asio::co_spawn(io, serve(std::move(socket), number), [](const std::exception_ptr&) {});
    }
  }

  awaitable<void> serve_tls(TlsStream stream, int number) {
    co_await stream.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
    co_await serve(std::move(stream), number);
  }

  template <class Stream>
  awaitable<void> serve(Stream stream, int number) {
    beast::flat_buffer buffer;
    for (;;) {
      Parser parser;
      parser.body_limit(boost::none);
      co_await beast::http::async_read_header(stream, buffer, parser, asio::use_awaitable);
      Received request = head_of(parser, number);
      const Reply reply = next_reply(request);
      co_await read_body(stream, buffer, parser, request, reply);
      if (reply.read_only && reply.after == Reply::After::reset) co_await until_stuck(socket_of(stream));
      remember(std::move(request));
      co_await answer(stream, reply);
      if (reply.after == Reply::After::keep) continue;
      if (reply.after == Reply::After::hold) co_await until_closed(stream);
      if (reply.after == Reply::After::reset) socket_of(stream).set_option(tcp::socket::linger(true, 0));
      co_return;
    }
  }

  template <class Stream>
  awaitable<void> read_body(Stream& stream, beast::flat_buffer& buffer, Parser& parser, Received& request,
                            const Reply& reply) {
    if (reply.read_after.count() > 0) co_await wait(reply.read_after);
    std::vector<char> piece(kReadPiece);
    while (!parser.is_done() && (!reply.read_only || request.body_bytes < *reply.read_only)) {
      parser.get().body().data = piece.data();
      parser.get().body().size = piece.size();
      boost::system::error_code error;
      co_await beast::http::async_read_some(stream, buffer, parser,
                                            asio::redirect_error(asio::use_awaitable, error));
      if (error && error != beast::http::error::need_buffer) throw boost::system::system_error(error);
      const std::size_t count = piece.size() - parser.get().body().size;
      request.body_bytes += count;
      if (options.bodies == Bodies::keep) request.body.append(piece.data(), count);
    }
  }

  template <class Stream>
  awaitable<void> answer(Stream& stream, const Reply& reply) {
    if (reply.delay.count() > 0) co_await wait(reply.delay);
    std::string text = written(reply);
    if (reply.send_only) text.resize(std::min(text.size(), *reply.send_only));
    const std::size_t piece = reply.piece_bytes == 0 ? text.size() : reply.piece_bytes;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      if (at > 0 && reply.pause.count() > 0) co_await wait(reply.pause);
      const std::size_t count = std::min(piece, text.size() - at);
      co_await asio::async_write(stream, asio::buffer(text.data() + at, count), asio::use_awaitable);
    }
  }

  template <class Stream>
  awaitable<void> until_closed(Stream& stream) {
    char ignored[256];
    for (;;) co_await stream.async_read_some(asio::buffer(ignored), asio::use_awaitable);
  }

  // Until the client cannot send on: it waits then, and is not in the middle of a send() when the reset
  // comes, for which libcurl has another error (and other ideas of what to do).
  awaitable<void> until_stuck(tcp::socket& socket) {
    constexpr int kLooks = 10;
    for (std::size_t last = 0, same = 0; same < kLooks;) {
      co_await wait(std::chrono::milliseconds(20));
      const std::size_t now = socket.available();
      same = now == last ? same + 1 : 0;
      last = now;
    }
  }

  awaitable<void> wait(std::chrono::milliseconds duration) {
    asio::steady_timer timer(io, duration);
    co_await timer.async_wait(asio::use_awaitable);
  }

  Reply next_reply(const Received& head) {
    const std::lock_guard lock(mutex);
    if (scripted.empty()) return decide ? decide(head) : Reply{};
    Reply next = std::move(scripted.front());
    scripted.pop_front();
    return next;
  }

  void remember(Received request) {
    const std::lock_guard lock(mutex);
    received.push_back(std::move(request));
    arrived.notify_all();
  }

  Options options;
  asio::io_context io;
  asio::ssl::context tls{asio::ssl::context::tls_server};
  tcp::acceptor acceptor;

  mutable std::mutex mutex;  // guards all below but the thread
  mutable std::condition_variable arrived;
  std::deque<Reply> scripted;
  Decide decide;
  std::vector<Received> received;
  int connection_count = 0;

  std::thread thread;
};

HttpServer::HttpServer() : HttpServer(Options{}) {}
HttpServer::HttpServer(Options options) : server_(std::make_unique<Server>(std::move(options))) {}
HttpServer::~HttpServer() = default;

std::string HttpServer::url() const {
  return (server_->options.tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port());
}

std::uint16_t HttpServer::port() const {
  return server_->acceptor.local_endpoint().port();
}

void HttpServer::script(Reply next) {
  const std::lock_guard lock(server_->mutex);
  server_->scripted.push_back(std::move(next));
}

void HttpServer::otherwise(Decide decide) {
  const std::lock_guard lock(server_->mutex);
  server_->decide = std::move(decide);
}

std::vector<Received> HttpServer::requests() const {
  const std::lock_guard lock(server_->mutex);
  return server_->received;
}

std::vector<Received> HttpServer::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(server_->mutex);
  const bool enough = server_->arrived.wait_for(lock, std::chrono::seconds(10),
                                                [&] { return server_->received.size() >= count; });
  if (!enough)
    throw std::runtime_error("only " + std::to_string(server_->received.size()) + " of " +
                             std::to_string(count) + " requests arrived");
  return server_->received;
}

int HttpServer::connections() const {
  const std::lock_guard lock(server_->mutex);
  return server_->connection_count;
}

}  // namespace chunkrd::test
