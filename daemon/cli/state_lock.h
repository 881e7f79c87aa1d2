#pragma once

#include <filesystem>

#include "core/fd.h"

namespace chunkrd::cli {

/// Holds the state directory for this process: two daemons on one queue would submit everything twice.
/// Ends with the process, however that ends.
class StateLock {
 public:
  /// Throws UserError (already_runs) when somebody else holds it; std::system_error.
  explicit StateLock(const std::filesystem::path& state);

  /// Does any process hold it? Only asks: a daemon that starts at the same moment is not kept from it, and
  /// nothing is made. False where the folder or the lock's file is not there. Throws std::system_error.
  static bool is_held(const std::filesystem::path& state);

 private:
  FileDescriptor file_;
};

}  // namespace chunkrd::cli
