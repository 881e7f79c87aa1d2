#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace chunkrd::cli {

/// The command line as the parser is to see it: what people type out of habit is put as we have it. `help
/// [COMMAND]` asks for help, and -c FILE may stand before the command, too.
/// Throws UserError (usage) for a command that does not exist, with the one that was probably meant.
std::vector<std::string> as_we_have_it(std::vector<std::string> arguments, const CLI::App& program);

}  // namespace chunkrd::cli
