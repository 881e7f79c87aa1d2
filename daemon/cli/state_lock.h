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

 private:
  FileDescriptor file_;
};

}  // namespace chunkrd::cli
