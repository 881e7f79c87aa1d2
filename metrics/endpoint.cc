#include "metrics/endpoint.h"

#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <exception>
#include <iterator>
#include <list>
#include <thread>

#include "config/listen_address.h"
#include "core/async.h"
#include "core/authority.h"
#include "core/errors.h"

namespace chunkrd::metrics {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

constexpr std::uint32_t kMostHeaderBytes = 8 * 1024;

tcp::endpoint endpoint_of(const std::string& listen) {
  const auto address = config::parse_listen_address(listen);
  if (!address) {
    throw UserError(ExitCode::bad_config,
                    fmt::format("metrics.listen: \"{}\" is no address and port", listen));
  }
  if (address->host.empty()) return {tcp::v6(), address->port};
  return {asio::ip::make_address(address->host), address->port};
}

void open(tcp::acceptor& acceptor, const tcp::endpoint& at) {
  acceptor.open(at.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  if (at.address().is_unspecified() && at.protocol() == tcp::v6()) {
    acceptor.set_option(asio::ip::v6_only(false));
  }
  acceptor.bind(at);
  acceptor.listen();
}

void open_or_explain(tcp::acceptor& acceptor, const std::string& listen) {
  tcp::endpoint at = endpoint_of(listen);
  try {
    try {
      open(acceptor, at);
    } catch (const boost::system::system_error& error) {
      // A machine without IPv6: all addresses are then all of IPv4.
      if (error.code() != asio::error::address_family_not_supported || !listen.starts_with(':')) throw;
      open(acceptor, {tcp::v4(), at.port()});
    }
  } catch (const boost::system::system_error& error) {
    throw UserError(ExitCode::unavailable,
                    fmt::format("metrics.listen: cannot listen at {}: {}", listen, error.code().message()));
  }
}

// A page in somebody's browser can make a name of its own lead here (DNS rebinding) and read what documents
// there are. An address in figures cannot be made to lead anywhere, nor "localhost". Programs may say
// nothing.
bool is_loopback_by_name(std::string_view host_header) {
  if (host_header.empty()) return true;
  const auto host = host_in(host_header);
  if (!host) return false;
  boost::system::error_code is_name;
  asio::ip::make_address(*host, is_name);
  return !is_name || *host == "localhost" || host->ends_with(".localhost");
}

constexpr const char* kUnknownName =
    "metrics.listen is for this machine only: ask for localhost or 127.0.0.1. A reverse proxy has to send "
    "one of "
    "them as Host\n";

std::string_view without_query(std::string_view target) {
  return target.substr(0, target.find('?'));
}

http::response<http::string_body> answer(const http::request<http::empty_body>& request,
                                         const Sources& sources, bool for_this_machine) {
  const beast::string_view host = request[http::field::host];
  const bool is_called_right = !for_this_machine || is_loopback_by_name({host.data(), host.size()});
  const bool is_known = request.method() == http::verb::get || request.method() == http::verb::head;
  const beast::string_view target = request.target();
  Page page = !is_known          ? Page{.status = 405, .body = "only GET and HEAD\n"}
              : !is_called_right ? Page{.status = 421, .body = kUnknownName}
                                 : page_at(without_query({target.data(), target.size()}), sources);
  http::response<http::string_body> response(static_cast<http::status>(page.status), request.version());
  response.set(http::field::content_type, page.content_type);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  if (!page.policy.empty()) response.set("Content-Security-Policy", page.policy);
  if (!is_known) response.set(http::field::allow, "GET, HEAD");
  response.keep_alive(is_known && request.keep_alive());
  response.content_length(page.body.size());
  if (request.method() != http::verb::head) response.body() = std::move(page.body);
  return response;
}

}  // namespace

class Endpoint::Server {
 public:
  Server(const std::string& listen, Sources sources, ClientLimits limits)
      : sources_(std::move(sources)), limits_(limits), acceptor_(loop_) {
    open_or_explain(acceptor_, listen);
    port_ = acceptor_.local_endpoint().port();
    for_this_machine_ = acceptor_.local_endpoint().address().is_loopback();
    asio::co_spawn(loop_, accept(), asio::detached);
    thread_ = start_thread();
  }

  // Everything is closed, every coroutine ends on that, and with the last of them the thread.
  ~Server() {
    asio::post(loop_, [this] {
      boost::system::error_code ignored;
      acceptor_.close(ignored);
      for (beast::tcp_stream& stream : connections_) stream.close();
    });
    thread_.join();
  }

  std::uint16_t port() const noexcept { return port_; }

 private:
  using Connections = std::list<beast::tcp_stream>;

  // Signals belong to the event loop's thread.
  std::thread start_thread() {
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread thread([this] { loop_.run(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
  }

  awaitable<void> accept() {
    asio::steady_timer pause(loop_);
    while (acceptor_.is_open()) {
      boost::system::error_code error;
      tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (!error) {
        admit(std::move(socket));
      } else if (acceptor_.is_open()) {
        // Out of descriptors, most likely: it passes, but not by asking at once again.
        pause.expires_after(std::chrono::milliseconds(100));
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      }
    }
  }

  void admit(tcp::socket socket) {
    // The connection that was closed leaves the list when its coroutine notices.
    if (connections_.size() >= limits_.connections) close_oldest();
    connections_.emplace_back(std::move(socket));
    asio::co_spawn(loop_, serve(std::prev(connections_.end())), asio::detached);
  }

  void close_oldest() {
    for (beast::tcp_stream& stream : connections_) {
      if (!stream.socket().is_open()) continue;
      stream.close();
      return;
    }
  }

  awaitable<void> serve(Connections::iterator stream) {
    try {
      co_await exchange(*stream);
    } catch (const boost::system::system_error&) {
      // The client went away, was too slow, sent no HTTP or was one too many: nothing that anybody mends
      // here.
    } catch (const std::exception& error) {
      spdlog::error("metrics: a page could not be made: {}", error.what());
    }
    connections_.erase(stream);
  }

  awaitable<void> exchange(beast::tcp_stream& stream) {
    beast::flat_buffer buffer(kMostHeaderBytes);
    stream.expires_after(limits_.exchange);
    for (;;) {
      http::request_parser<http::empty_body> parser;
      parser.header_limit(kMostHeaderBytes);
      co_await http::async_read_header(stream, buffer, parser, asio::use_awaitable);
      // A body is not wanted and not read: the connection ends after the answer.
      const bool has_body = !parser.is_done();
      auto response = answer(parser.get(), sources_, for_this_machine_);
      if (has_body) response.keep_alive(false);
      stream.expires_after(limits_.exchange);
      co_await http::async_write(stream, response, asio::use_awaitable);
      if (!response.keep_alive()) break;
      stream.expires_after(limits_.idle);
    }
    stream.socket().shutdown(tcp::socket::shutdown_both);
  }

  Sources sources_;
  const ClientLimits limits_;
  asio::io_context loop_{1};
  tcp::acceptor acceptor_;
  Connections connections_;  // the endpoint's thread only
  std::uint16_t port_ = 0;
  bool for_this_machine_ = false;
  std::thread thread_;
};

std::string fault_of_address(const std::string& listen) {
  try {
    asio::io_context loop{1};
    tcp::acceptor acceptor(loop);
    open_or_explain(acceptor, listen);
    return {};
  } catch (const UserError& error) {
    return error.what();
  }
}

Endpoint::Endpoint(const std::string& listen, Sources sources, ClientLimits limits)
    : server_(std::make_unique<Server>(listen, std::move(sources), limits)) {}

Endpoint::~Endpoint() = default;

std::uint16_t Endpoint::port() const noexcept {
  return server_->port();
}

}  // namespace chunkrd::metrics
