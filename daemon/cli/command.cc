#include "cli/command.h"

#include <sstream>

namespace chunkrd::cli {
namespace {

// Digits, and a point: the parser's own takes "", "nan", "-1" and "0x10" for numbers.
std::string refused_number(const std::string& text) {
  const bool number = !text.empty() && text.size() < 10 && text.front() != '.' &&
                      text.find_first_not_of("0123456789.") == std::string::npos;
  return number ? std::string() : "Value " + text + " not in range";
}
const CLI::Validator kNumber(refused_number, "", "number");

}  // namespace

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

CLI::Option* add_limit_option(CLI::App& parser, std::size_t& limit, const std::string& description) {
  return parser.add_option("-n,--limit", limit, description)->check(kNumber)->capture_default_str();
}

void add_wait_option(CLI::App& parser, double& seconds, const std::string& description) {
  parser.add_option("--wait", seconds, description)
      ->check(kNumber)
      ->capture_default_str()
      ->type_name("SECONDS");
}

}  // namespace chunkrd::cli
