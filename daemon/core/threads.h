#pragma once

#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <thread>
#include <vector>

#include "core/async.h"

namespace chunkrd {

/// Threads for blocking work. asio::thread_pool alone waits for ever in its constructor when the machine
/// gives it some of its threads and not all; here it is fewer then.
class Threads {
 public:
  /// Up to `wanted`, at least one. Throws std::system_error when not even one can be had.
  explicit Threads(std::size_t wanted);
  /// Joins.
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  Executor executor() { return pool_.get_executor(); }
  /// Waits for what is under way. Nothing may come after it. Not on one of the threads.
  void join();

 private:
  asio::thread_pool pool_;
  std::vector<std::jthread> more_;
};

}  // namespace chunkrd
