#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_set>

#include "core/async.h"
#include "http/multi.h"
#include "local/server/options.h"

namespace chunkrd::local::server {

/// What came of a URL.
struct Fetched {
  enum class End {
    document,  ///< there is one, whatever it is
    failed,    ///< the server cannot be reached, stops in the middle, takes too long, or sends too much
    refused,   ///< it leads where it may not
    busy       ///< too many are being fetched
  };
  End end = End::failed;
  std::string name = {};  ///< from Content-Disposition, else the last part of the path; may be empty
};

/// Fetches documents by http and https for tasks whose `file` is a URL, directly, through no proxy, on the
/// event loop: one that hangs holds nothing up but its own request. Event-loop thread only.
class Fetcher {
 public:
  Fetcher(Executor loop, FetchLimits limits);
  /// Gives up what is under way; coroutines that wait for it need not run again.
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  /// Fetches `url` into the new file `into`, as the service does: the answer's status is not looked at
  /// (contract). `into` may be there afterwards, whatever the end. Throws std::system_error if it cannot be
  /// written.
  awaitable<Fetched> fetch(std::string url, std::filesystem::path into, std::uint64_t bytes_max);

 private:
  class Transfer;

  Executor loop_;
  FetchLimits limits_;
  http::Multi multi_;
  std::unordered_set<Transfer*> transfers_;
};

/// What an address is to the machine that fetches.
enum class Whereabouts { here, forbidden, elsewhere };
Whereabouts whereabouts_of(const asio::ip::address& address);

/// Whether a URL may lead to `there`, whose first server was at `first` (the same, unless redirected).
bool may_lead(FetchScope scope, Whereabouts first, Whereabouts there);

}  // namespace chunkrd::local::server
