#include "cli/usage.h"

#include <fmt/format.h>

#include <regex>
#include <sstream>
#include <vector>

#include "config/nearest.h"
#include "core/escape.h"

namespace chunkrd::cli {
namespace {

// The parser of the command that was begun knows more than the program's.
const CLI::App* begun(const CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

std::string name_of(const CLI::App* app) {
  std::string name;
  for (; app != nullptr; app = app->get_parent()) name = app->get_name() + (name.empty() ? "" : " ") + name;
  return name;
}

std::vector<std::string> options_of(const CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app->get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

// The parser's own words, put as ours where they say too little.
std::string in_our_words(const CLI::App* app, const std::string& what) {
  static const std::regex kValue(R"(Could not convert: (\S+) = (.*))");
  static const std::regex kRange(R"((\S+): Value (.*) not in range.*)");
  static const std::regex kMissing(R"((\S+): \d+ required (\S+) missing)");
  static const std::regex kExtra(R"(The following arguments? (?:was|were) not expected: (.*))");
  std::smatch found;
  if (std::regex_match(what, found, kValue))
    return fmt::format("{}: \"{}\" is no number that can stand there; write one from 0 on", found[1].str(),
                       found[2].str());
  if (std::regex_match(what, found, kRange))
    return fmt::format("{}: \"{}\" is no number that can stand there; write one from 0 on", found[1].str(),
                       found[2].str());
  if (std::regex_match(what, found, kMissing))
    return fmt::format("{} needs a value: {} {}", found[1].str(), found[1].str(), found[2].str());
  if (!std::regex_match(what, found, kExtra)) return what;
  // All that was left over, the first one last: the value of an option that does not exist, too.
  std::istringstream left(found[1].str());
  std::string word;
  for (std::string next; !word.starts_with('-') && left >> next;) word = next.substr(0, next.find('='));
  if (!word.starts_with('-')) return fmt::format("\"{}\" is one argument too many", word);
  const auto names = options_of(app);
  const std::string_view meant = config::nearest_name(word, names);
  return meant.empty() ? fmt::format("there is no option {}", word)
                       : fmt::format("there is no option {}; did you mean {}?", word, meant);
}

}  // namespace

std::string usage_error(const CLI::App* app, const CLI::Error& error) {
  const CLI::App* const command = begun(app);
  return fmt::format("chunkrd: {}; see {} --help\n", harmless(in_our_words(command, error.what())),
                     name_of(command));
}

}  // namespace chunkrd::cli
