#pragma once

#include <memory>

#include "local/server/options.h"

namespace chunkrd::local::server {

/// The Task API on this machine: listens, keeps tasks, has them parsed.
class Server {
 public:
  /// Opens the state, binds and starts serving on threads of its own.
  /// Throws UserError (the address is in use, the rules are wrong), std::exception for the state directory.
  explicit Server(Options options);

  /// Stops: connections are closed, parsers are killed; their tasks begin again with the next start.
  ~Server();

  /// Where it listens, also if the options asked for any free port.
  std::uint16_t port() const noexcept;

 private:
  class House;
  std::unique_ptr<House> house_;
};

}  // namespace chunkrd::local::server
