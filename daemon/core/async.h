#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>
#include <utility>

namespace chunkrd {

namespace asio = boost::asio;
using asio::awaitable;

/// Where work runs: the event loop, the file pool's threads, the queue's writer thread. A simulation
/// hands the same loop to all three, which makes the whole pipeline run on one thread, in a fixed order.
using Executor = asio::any_io_executor;

/// Runs the blocking function `work` on `executor` and resumes the caller, on its own executor, with the
/// result. What `work` throws is thrown to the caller. `work` is moved: capture by value, or refer only
/// to what outlives the await.
template <class Work>
awaitable<std::invoke_result_t<Work&>> run_on(Executor executor, Work work) {
  co_return co_await asio::co_spawn(
      executor, [](Work job) -> awaitable<std::invoke_result_t<Work&>> { co_return job(); }(std::move(work)),
      asio::use_awaitable);
}

}  // namespace chunkrd
