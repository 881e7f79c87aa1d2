#include "cli/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "config/nearest.h"
#include "core/errors.h"
#include "core/escape.h"

namespace chunkrd::cli {
namespace {

std::vector<std::string> commands_of(const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

// How many arguments the option for the configuration takes at the beginning of the line; 0 if it is not
// there.
std::size_t config_option_at_front(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return 0;
  const std::string& first = arguments.front();
  if (first == "-c" || first == "--config") return std::min<std::size_t>(2, arguments.size());
  const bool with_value = first.starts_with("--config=") || (first.starts_with("-c") && first.size() > 2);
  return with_value ? 1 : 0;
}

bool is_negative_number(const std::string& argument) {
  return argument.size() > 1 && argument[0] == '-' &&
         std::isdigit(static_cast<unsigned char>(argument[1])) != 0;
}

// "--limit -1": the parser would take the number for an option, and say that the value is missing.
void join_negative_numbers(std::vector<std::string>& arguments) {
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    std::string& option = arguments[i - 1];
    if (!is_negative_number(arguments[i]) || !option.starts_with("--") || option.contains('=')) continue;
    option += "=" + arguments[i];
    arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace

std::vector<std::string> as_we_have_it(std::vector<std::string> arguments, const CLI::App& program) {
  if (const auto count = config_option_at_front(arguments); count > 0 && count < arguments.size())
    std::ranges::rotate(arguments, arguments.begin() + static_cast<std::ptrdiff_t>(count));
  if (arguments.empty()) return arguments;
  join_negative_numbers(arguments);
  if (arguments.front() == "help") {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  const std::string& command = arguments.front();
  const auto names = commands_of(program);
  if (command.starts_with('-') || std::ranges::find(names, command) != names.end()) return arguments;
  const std::string_view meant = config::nearest_name(command, names);
  throw UserError(ExitCode::usage,
                  meant.empty()
                      ? fmt::format("there is no command {}; chunkrd --help lists them", printable(command))
                      : fmt::format("there is no command {}; did you mean {}?", printable(command), meant));
}

}  // namespace chunkrd::cli
