#include "local/server/server.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <string_view>
#include <thread>

#include "core/async.h"
#include "core/errors.h"
#include "local/server/api.h"
#include "local/server/connections.h"
#include "local/server/door.h"
#include "local/server/fetcher.h"
#include "local/server/session.h"

namespace chunkrd::local::server {
namespace {

using asio::ip::tcp;

/// Documents that are looked into at the same time.
constexpr std::size_t kDetectThreads = 2;
/// Descriptors that are kept for all but connections; and what one of those takes, with its document.
constexpr std::size_t kOwnDescriptors = 64;
constexpr std::size_t kDescriptorsEach = 2;
constexpr std::size_t kLeastConnections = 8;
/// Rest after an accept that failed: for want of file descriptors, mostly.
constexpr std::chrono::milliseconds kAcceptRest{100};

tcp::acceptor listen(asio::io_context& loop, const Options& options) {
  const std::string where = fmt::format("{}:{}", options.address, options.port);
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(options.address, ec);
  if (ec) throw UserError(ExitCode::usage, "--listen " + where + ": not an address; use 127.0.0.1:8000");
  const tcp::endpoint endpoint(address, options.port);
  tcp::acceptor acceptor(loop);
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(tcp::acceptor::max_listen_connections, ec);
  if (ec) throw UserError(ExitCode::unavailable, fmt::format("cannot listen on {}: {}", where, ec.message()));
  return acceptor;
}

std::size_t connections_max(const Options& options) {
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return options.connections_max;
  const std::size_t left = descriptors.rlim_cur - std::min<rlim_t>(descriptors.rlim_cur, kOwnDescriptors);
  return std::clamp(left / kDescriptorsEach, kLeastConnections, options.connections_max);
}

/// Host names by which clients may call this server.
std::vector<std::string> hosts_of(const Options& options) {
  auto hosts = options.hosts;
  if (options.public_url.empty()) return hosts;
  const auto url = boost::urls::parse_uri(options.public_url);
  if (!url || url->host().empty()) {
    throw UserError(ExitCode::usage, "--public-url " + options.public_url + ": use http://HOST:PORT");
  }
  hosts.push_back(url->host());
  return hosts;
}

/// Who listens on this machine alone may be asked for what is on it.
FetchLimits fetch_limits(const Options& options, const asio::ip::address& address) {
  auto limits = options.fetch;
  if (!limits.scope) limits.scope = address.is_loopback() ? FetchScope::any : FetchScope::others;
  return limits;
}

/// Tells a client that there is no room, if it listens just now.
void turn_away(tcp::socket socket) {
  constexpr std::string_view kBusy =
      "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  boost::system::error_code ec;
  socket.non_blocking(true, ec);
  socket.send(asio::buffer(kBusy), 0, ec);
}

awaitable<void> accept(tcp::acceptor& acceptor, Connections& connections, Api& api, const Options& options) {
  while (acceptor.is_open()) {
    boost::system::error_code ec;
    tcp::socket socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, ec));
    if (!ec && !connections.make_room()) {
      turn_away(std::move(socket));
      continue;
    }
    if (!ec) {
      asio::co_spawn(acceptor.get_executor(), serve_connection(std::move(socket), connections, api, options),
                     [](const std::exception_ptr&) {});
      continue;
    }
    if (!acceptor.is_open()) co_return;
    spdlog::warn("a connection cannot be accepted: {}", ec.message());
    connections.close_idlest();  // its descriptor may be what is wanted
    asio::steady_timer rest(acceptor.get_executor(), kAcceptRest);
    co_await rest.async_wait(asio::use_awaitable);
  }
}

/// Files of tasks that the end of this program kept from becoming a row, or whose row went first.
void remove_orphans(const Folders& folders, Store& store) {
  for (const auto& id : folders.task_ids()) {
    if (!store.find(id)) folders.remove_task(id);
  }
}

}  // namespace

/// All that serves, in the order it needs each other.
class Server::House {
 public:
  explicit House(Options given)
      : options_(std::move(given)),
        rules_(options_.rules ? read_rules(*options_.rules) : std::vector<Rule>()),
        connections_(connections_max(options_)),
        acceptor_(listen(loop_, options_)),
        folders_(options_.state),
        store_(folders_.database()),
        signer_(folders_.signing_key(), options_.url_lifetime),
        workers_(options_, store_, folders_, rules_),
        door_(acceptor_.local_endpoint().address(), hosts_of(options_)),
        fetcher_(loop_.get_executor(), fetch_limits(options_, acceptor_.local_endpoint().address())),
        api_({.options = options_,
              .store = store_,
              .folders = folders_,
              .signer = signer_,
              .rules = rules_,
              .workers = workers_,
              .door = door_,
              .fetcher = fetcher_,
              .blocking = detectors_.get_executor()}) {
    remove_orphans(folders_, store_);
    options_.port = acceptor_.local_endpoint().port();
    asio::co_spawn(loop_, accept(acceptor_, connections_, api_, options_), [](const std::exception_ptr&) {});
    thread_ = std::thread([this] { loop_.run(); });
  }

  ~House() {
    detectors_.stop();
    loop_.stop();
    thread_.join();
    detectors_.join();
  }

  std::uint16_t port() const { return options_.port; }

 private:
  Options options_;
  Rules rules_;
  Connections connections_;  // outlives the loop, in which the connections live
  asio::io_context loop_{1};
  tcp::acceptor acceptor_;
  Folders folders_;
  Store store_;
  Signer signer_;
  asio::thread_pool detectors_{kDetectThreads};
  Workers workers_;
  Door door_;
  Fetcher fetcher_;
  Api api_;
  std::thread thread_;
};

Server::Server(Options options) : house_(std::make_unique<House>(std::move(options))) {}
Server::~Server() = default;

std::uint16_t Server::port() const noexcept {
  return house_->port();
}

}  // namespace chunkrd::local::server
