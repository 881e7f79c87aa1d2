#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <unordered_set>

#include "core/async.h"
#include "http/proxy.h"
#include "http/request.h"
#include "http/response.h"

namespace chunkrd::http {

class Exchange;
class Multi;

/// Sends HTTP requests: libcurl on the event loop, connections kept and used again.
///
/// HTTP/1.1, TLS 1.2 or later with the certificate verified; proxies as Proxies has them. What is sent packed
/// (Content-Encoding) is unpacked. A redirect is followed only for a GET, only within the origin (scheme,
/// host and port) and at most kRedirectsMax times; any other 3xx is the answer. Nothing is tried again in
/// here, except what provably was not taken: a request on a kept connection that turned out to be dead.
///
/// Event-loop thread only. The first Engine of a process makes it ignore SIGPIPE.
class Engine {
 public:
  struct Options {
    std::optional<std::filesystem::path> ca_file = std::nullopt;  ///< instead of the system's certificates
    std::size_t kept_connections = 64;
    Proxies proxies = Proxies::of_environment();
  };

  static constexpr int kRedirectsMax = 3;

  /// Throws std::system_error.
  Engine(Executor loop, Options options);

  /// Requests still under way are given up as by abandon_all(); their coroutines need not run again.
  ~Engine();

  /// Returns when the whole answer is there, or why there is none. Cancelled through the coroutine's
  /// cancellation slot it throws boost::system::system_error (operation_aborted): whether the request
  /// arrived is then unknown.
  awaitable<Result> perform(Request request);

  /// Ends every request under way: each perform() returns Cause::abandoned. Later ones work as ever.
  void abandon_all();

  std::size_t under_way() const noexcept { return exchanges_.size(); }

  /// Of request bodies, since the start; what was sent again counts again.
  std::uint64_t body_bytes_sent() const noexcept { return body_bytes_sent_; }

 private:
  friend class Exchange;

  Executor loop_;
  Options options_;
  std::unique_ptr<Multi> multi_;
  std::unordered_set<Exchange*> exchanges_;
  std::uint64_t body_bytes_sent_ = 0;
};

}  // namespace chunkrd::http
