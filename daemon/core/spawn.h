#pragma once

#include <exception>

namespace chunkrd {

/// For coroutines that nobody waits for, as the completion of co_spawn(): what they throw comes out of the
/// run() of the event loop, and so ends the process with its text, instead of vanishing with them.
inline constexpr auto kOrEnd = [](const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
};

}  // namespace chunkrd
