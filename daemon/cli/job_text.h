#pragma once

#include <string>

#include "cli/terminal.h"
#include "queue/job.h"

namespace chunkrd::cli {

Look look_of(queue::State state) noexcept;

/// "poll in 12s", "submit now", or the error code of what has failed: what a table says of a job's future.
std::string next_or_error(const queue::Job& job, WallTime now);

/// "12.3 MB".
std::string size_text(std::uint64_t bytes);

}  // namespace chunkrd::cli
