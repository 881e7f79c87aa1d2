#include "local/server/server.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <thread>

#include "core/async.h"
#include "core/errors.h"
#include "local/server/api.h"
#include "local/server/session.h"

namespace chunkrd::local::server {
namespace {

using asio::ip::tcp;

/// URLs that are fetched at the same time.
constexpr std::size_t kFetchThreads = 4;
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

awaitable<void> accept(tcp::acceptor& acceptor, Api& api, const Options& options) {
  while (acceptor.is_open()) {
    boost::system::error_code ec;
    tcp::socket socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, ec));
    if (!ec) {
      asio::co_spawn(acceptor.get_executor(), serve_connection(std::move(socket), api, options),
                     [](const std::exception_ptr&) {});
      continue;
    }
    if (!acceptor.is_open()) co_return;
    spdlog::warn("a connection cannot be accepted: {}", ec.message());
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
        acceptor_(listen(loop_, options_)),
        folders_(options_.state),
        store_(folders_.database()),
        signer_(folders_.signing_key(), options_.url_lifetime),
        workers_(options_, store_, folders_, rules_),
        api_({.options = options_,
              .store = store_,
              .folders = folders_,
              .signer = signer_,
              .rules = rules_,
              .workers = workers_,
              .blocking = fetchers_.get_executor()}) {
    remove_orphans(folders_, store_);
    options_.port = acceptor_.local_endpoint().port();
    asio::co_spawn(loop_, accept(acceptor_, api_, options_), [](const std::exception_ptr&) {});
    thread_ = std::thread([this] { loop_.run(); });
  }

  ~House() {
    fetchers_.stop();
    loop_.stop();
    thread_.join();
    fetchers_.join();
  }

  std::uint16_t port() const { return options_.port; }

 private:
  Options options_;
  Rules rules_;
  asio::io_context loop_{1};
  tcp::acceptor acceptor_;
  Folders folders_;
  Store store_;
  Signer signer_;
  asio::thread_pool fetchers_{kFetchThreads};
  Workers workers_;
  Api api_;
  std::thread thread_;
};

Server::Server(Options options) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  house_ = std::make_unique<House>(std::move(options));
}
Server::~Server() = default;

std::uint16_t Server::port() const noexcept {
  return house_->port();
}

}  // namespace chunkrd::local::server
