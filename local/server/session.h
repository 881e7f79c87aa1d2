#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "core/async.h"
#include "local/server/api.h"
#include "local/server/connections.h"
#include "local/server/options.h"

namespace chunkrd::local::server {

/// One connection: reads requests and sends answers until the client, a timeout or a rule ends it.
/// Never throws. Event-loop thread only; all references must outlive it.
awaitable<void> serve_connection(asio::ip::tcp::socket socket, Connections& connections, Api& api,
                                 const Options& options);

}  // namespace chunkrd::local::server
