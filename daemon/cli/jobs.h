#pragma once

#include "cli/command.h"

namespace chunkrd::cli {

/// `chunkrd jobs`: which documents there are, newest first.
Command add_jobs(CLI::App& program);

}  // namespace chunkrd::cli
