#pragma once

#include <array>
#include <cstdint>

#include "local/server/rules.h"

namespace chunkrd::local::server {

/// Counts requests since the start. Event-loop thread only.
class Statistics {
 public:
  void count(Operation operation) { ++requests_[static_cast<std::size_t>(operation)]; }
  std::uint64_t requests(Operation operation) const { return requests_[static_cast<std::size_t>(operation)]; }

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(Operation::unknown) + 1> requests_{};
};

}  // namespace chunkrd::local::server
