#pragma once

#include "cli/command.h"

namespace chunkrd::cli {

/// `chunkrd check`: what would go wrong, before it does. Changes nothing.
Command add_check(CLI::App& program);

}  // namespace chunkrd::cli
