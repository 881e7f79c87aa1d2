#pragma once

#include <cstdint>
#include <string>

#include "config/settings.h"

namespace chunkrd::cli {

/// Open files and connections that a worker with these settings may need at once. Pure.
std::uint64_t open_files_needed(const config::Settings& settings);

/// What there is of them.
struct OpenFiles {
  std::uint64_t needed = 0;
  std::uint64_t allowed = 0;  ///< now, or as far as a process may raise it itself
  bool enough() const { return needed <= allowed; }
  /// "limits.* need 1500 open files, this process may have 1024: ..."
  std::string text() const;
};

/// What a worker with these settings would have, started as this process was.
OpenFiles look_at_open_files(const config::Settings& settings);
/// Raises what this process may have to what is needed, as far as the system allows it.
OpenFiles raise_open_files(const config::Settings& settings);

/// The API key and documents are in memory: no core dump of this process, and no other one of its user looks
/// into it. Not with CHUNKRD_CORE_DUMPS=1 in the environment, for whoever looks for a mistake of ours.
void keep_memory_private();

}  // namespace chunkrd::cli
