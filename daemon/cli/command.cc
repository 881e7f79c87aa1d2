#include "cli/command.h"

#include <sstream>

namespace chunkrd::cli {

CLI::App* add_parser(CLI::App& program, const std::string& name, const std::string& description,
                     const std::string& example) {
  std::string footer = "Example:";
  std::istringstream lines(example);
  for (std::string line; std::getline(lines, line);) footer += "\n  chunkrd " + line;
  CLI::App* parser = program.add_subcommand(name, description);
  parser->footer(footer + "\n");
  return parser;
}

void add_config_option(CLI::App& parser, std::filesystem::path& config_file) {
  config_file = kDefaultConfigFile;
  parser.add_option("-c,--config", config_file, "The configuration file")
      ->capture_default_str()
      ->type_name("FILE");
}

void add_json_option(CLI::App& parser, bool& json) {
  parser.add_flag("--json", json, "Print JSON, for programs: docs/commands.md says what is in it");
}

}  // namespace chunkrd::cli
