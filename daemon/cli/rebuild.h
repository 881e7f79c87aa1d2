#pragma once

#include "cli/command.h"

namespace chunkrd::cli {

/// `chunkrd rebuild`: the queue made anew from what can still be read.
Command add_rebuild(CLI::App& program);

}  // namespace chunkrd::cli
