#pragma once

#include "cli/command.h"

namespace chunkrd::cli {

/// Adds `chunkrd events`: what has ended, from any point on.
Command add_events(CLI::App& program);

}  // namespace chunkrd::cli
