#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <string>

#include "core/errors.h"

namespace chunkrd::cli {

/// A command of the program: what reads its arguments, and what it does once they are read. The error
/// that ends it is thrown; main() turns it into a message and an exit code.
struct Command {
  CLI::App* parser;
  std::function<ExitCode()> run;
};

/// Adds a command's parser to the program. `example` is what follows `chunkrd` in the help's example, one a
/// line.
CLI::App* add_parser(CLI::App& program, const std::string& name, const std::string& description,
                     const std::string& example);

/// The options that several commands have, with the same names and help everywhere.
void add_config_option(CLI::App& parser, std::filesystem::path& config_file);
void add_json_option(CLI::App& parser, bool& json);
CLI::Option* add_limit_option(CLI::App& parser, std::size_t& limit, const std::string& description);
void add_wait_option(CLI::App& parser, double& seconds, const std::string& description);

inline constexpr const char* kDefaultConfigFile = "/etc/chunkrd/chunkrd.yaml";

}  // namespace chunkrd::cli
