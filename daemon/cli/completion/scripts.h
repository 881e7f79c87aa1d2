#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

/// What a shell loads to complete chunkrd's command line, made from the parsers of all commands. The words
/// themselves come from `chunkrd __complete KIND` each time.
namespace chunkrd::cli::completion {

std::string bash_script(const CLI::App& program);
std::string zsh_script(const CLI::App& program);
std::string fish_script(const CLI::App& program);

/// The commands that people are told about.
std::vector<const CLI::App*> commands_of(const CLI::App& program);

/// What a value of this option is completed with: a word for `__complete`, "files", or "none".
std::string kind_of(const CLI::Option& option);

/// "--state", "-n": long ones first. None for a positional argument.
std::vector<std::string> names_of(const CLI::Option& option);

bool takes_value(const CLI::Option& option);

/// The kind of what stands on the command line without an option's name; "none" where nothing does.
std::string positional_kind_of(const CLI::App& command);

}  // namespace chunkrd::cli::completion
