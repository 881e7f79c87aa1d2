#pragma once

#include "cli/command.h"

namespace chunkrd::cli {

Command add_init(CLI::App& program);

}  // namespace chunkrd::cli
