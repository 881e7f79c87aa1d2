#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/completion/scripts.h"

namespace chunkrd::cli::completion {
namespace {

constexpr std::string_view kFunctions = R"fish(# fish completion for chunkrd: chunkrd completion fish | source
function __chunkrd_words
    set -l words (commandline -opc) (commandline -ct)
    set -l config
    for i in (seq 2 (count $words))
        switch $words[$i]
            case -c --config
                test $i -lt (count $words); and set config --config $words[(math $i + 1)]
            case '--config=*'
                set config --config (string replace -- --config= '' $words[$i])
        end
    end
    set -l current (commandline -ct | string replace -r -- '^--[a-z-]+=' '')
    if test $argv[1] = states
        # A list with commas: what stands before the last one stays.
        set -l before (string match -r -- '.*,' $current)
        $words[1] __complete states 2>/dev/null | string replace -r -- '^' "$before"
    else
        $words[1] __complete $argv[1] $current $config 2>/dev/null
    end
end
complete -c chunkrd -f
complete -c chunkrd -n __fish_use_subcommand -s h -l help -d 'Print this help message and exit'
complete -c chunkrd -n __fish_use_subcommand -s V -l version -d 'Display program version information and exit'
)fish";

std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + "'";
}

// What a value is completed with, for an option or a positional argument.
std::string values_of(const std::string& kind) {
  if (kind == "none") return "";
  if (kind == "files") return " -F";
  const std::string words = fmt::format(" -k -a '(__chunkrd_words {})'", kind);
  return kind == "jobs" ? words + " -F" : words;
}

std::string line_of(const CLI::Option& option, const std::string& condition) {
  std::string names;
  for (const std::string& name : option.get_lnames()) names += " -l " + name;
  for (const std::string& name : option.get_snames()) names += " -s " + name;
  if (names.empty()) return fmt::format("{}{}\n", condition, values_of(kind_of(option)));
  std::string values;
  if (takes_value(option)) values = (kind_of(option) == "files" ? " -r" : " -x") + values_of(kind_of(option));
  return fmt::format("{}{} -d {}{}\n", condition, names, literal(option.get_description()), values);
}

}  // namespace

std::string fish_script(const CLI::App& program) {
  std::string text(kFunctions);
  for (const CLI::App* command : commands_of(program)) {
    const std::string& name = command->get_name();
    text += fmt::format("complete -c chunkrd -n __fish_use_subcommand -a {} -d {}\n", name,
                        literal(command->get_description()));
    const std::string condition =
        fmt::format("complete -c chunkrd -n '__fish_seen_subcommand_from {}'", name);
    for (const CLI::Option* option : command->get_options()) text += line_of(*option, condition);
  }
  return text;
}

}  // namespace chunkrd::cli::completion
