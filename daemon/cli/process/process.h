#pragma once

#include "cli/command.h"

namespace chunkrd::cli {

/// chunkrd process: files and folders through the whole pipeline, once.
Command add_process(CLI::App& program);

}  // namespace chunkrd::cli
