#pragma once

#include "cli/command.h"

namespace chunkrd::cli {

Command add_report(CLI::App& program);

}  // namespace chunkrd::cli
