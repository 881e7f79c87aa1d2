#pragma once

#include "cli/command.h"

namespace chunkrd::cli {

/// `chunkrd run`: the daemon.
Command add_run(CLI::App& program);

}  // namespace chunkrd::cli
