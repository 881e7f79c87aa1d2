#pragma once

#include <vector>

#include "cli/command.h"

namespace chunkrd::cli {

/// Adds every command of the program to it, in the order of `chunkrd --help`.
std::vector<Command> add_commands(CLI::App& program);

}  // namespace chunkrd::cli
