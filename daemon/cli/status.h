#pragma once

#include "cli/command.h"

namespace chunkrd::cli {

/// `chunkrd status`: how the daemon and its queue are doing.
Command add_status(CLI::App& program);

}  // namespace chunkrd::cli
