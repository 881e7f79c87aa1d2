// What the scripts of all shells know of the parsers.
#include "cli/completion/scripts.h"

#include <map>

namespace chunkrd::cli::completion {

std::vector<const CLI::App*> commands_of(const CLI::App& program) {
  std::vector<const CLI::App*> commands;
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_group().empty()) commands.push_back(command);
  return commands;
}

std::string kind_of(const CLI::Option& option) {
  static const std::map<std::string, std::string> kKinds{
      {"JOB", "jobs"},         {"JOB...", "jobs"},  {"STATE,...", "states"},  {"CODE", "errors"},
      {"PROFILE", "profiles"}, {"CAUSE", "causes"}, {"INBOX", "inboxes"},     {"SHELL", "shells"},
      {"FILE", "files"},       {"PATH", "files"},   {"FILE|DIR...", "files"}, {"DIR", "files"}};
  const auto kind = kKinds.find(option.get_type_name());
  return kind == kKinds.end() ? "none" : kind->second;
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  return names;
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

std::string positional_kind_of(const CLI::App& command) {
  std::string kind = "none";
  for (const CLI::Option* option : command.get_options())
    if (names_of(*option).empty()) kind = kind_of(*option);
  return kind;
}

}  // namespace chunkrd::cli::completion
