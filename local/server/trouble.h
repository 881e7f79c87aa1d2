#pragma once

#include <exception>

namespace chunkrd::local::server {

/// What an exception says of this machine: nobody's request or document is to blame for it.
enum class Trouble {
  none,       ///< it says something else
  full_disk,  ///< until somebody frees space
  shortage    ///< of descriptors, memory, processes; a disk that fails: it may be better in a moment
};

/// Knows std::system_error, std::bad_alloc and what SQLite throws.
Trouble trouble_of(const std::exception& error) noexcept;

}  // namespace chunkrd::local::server
