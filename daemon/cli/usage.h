#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace chunkrd::cli {

/// What is wrong with a command line, in a line that says what to do: for CLI::App::failure_message().
std::string usage_error(const CLI::App* app, const CLI::Error& error);

}  // namespace chunkrd::cli
