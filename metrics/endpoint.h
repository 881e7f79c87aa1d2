#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "metrics/pages.h"

namespace chunkrd::metrics {

/// A client that is slow, silent or one of too many must not keep anybody else waiting.
struct ClientLimits {
  std::chrono::milliseconds exchange{5000};  ///< for a request to arrive, and for its answer to leave
  std::chrono::milliseconds idle{65'000};    ///< between two requests: more than a minute's scrape interval
  std::size_t connections = 32;              ///< one more, and the oldest connection is closed
};

/// Why an Endpoint could not listen at `listen` now, for people; empty if it could.
std::string fault_of_address(const std::string& listen);

/// Serves the pages over HTTP, on a thread of its own: a scrape neither waits for the event loop nor holds
/// it up, and /healthz can tell that the loop is stuck. At a loopback address it answers only to a Host that
/// is an address or localhost.
class Endpoint {
 public:
  /// Listens at `listen` ("127.0.0.1:9464", "[::1]:9464", ":9464"; port 0 takes a free one) and starts.
  /// Throws UserError: bad_config when `listen` is no address, unavailable when it cannot be listened at.
  Endpoint(const std::string& listen, Sources sources, ClientLimits limits = {});
  /// Closes all connections and ends the thread.
  ~Endpoint();

  std::uint16_t port() const noexcept;

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace chunkrd::metrics
