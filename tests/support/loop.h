#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "core/async.h"

namespace chunkrd::test {

/// Runs `work` on `io` to its end and returns what it returns; throws what it throws. Gives up, by an
/// exception, after `limit`.
template <class Value>
Value run(asio::io_context& io, awaitable<Value> work,
          std::chrono::seconds limit = std::chrono::seconds(30)) {
  std::optional<Value> result;
  std::exception_ptr failure;
  bool ended = false;
  asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, Value value) {
    ended = true;
    failure = error;
    if (!error) result = std::move(value);
    io.stop();
  });
  io.restart();
  io.run_for(limit);
  if (!ended) throw std::runtime_error("the coroutine did not end in time");
  if (failure) std::rethrow_exception(failure);
  return std::move(*result);
}

}  // namespace chunkrd::test
