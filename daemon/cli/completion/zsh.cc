#include <fmt/format.h>

#include "cli/completion/scripts.h"

namespace chunkrd::cli::completion {
namespace {

// `@NAMES@`: command and description, a line each; `@BRANCHES@`: what _arguments is told of each command.
constexpr std::string_view kScript = R"zsh(#compdef chunkrd
# zsh completion for chunkrd: save as _chunkrd in a folder of $fpath; chunkrd completion zsh
_chunkrd_words() {
  local -a words config=()
  (( $+opt_args[--config] )) && config=(--config "${(Q)opt_args[--config]}")
  (( $+opt_args[-c] )) && config=(--config "${(Q)opt_args[-c]}")
  words=(${(f)"$($_chunkrd_program __complete $1 "$PREFIX" $config 2>/dev/null)"})
  compadd -V chunkrd -- $words
}
_chunkrd_list() { compset -P '*,'; _chunkrd_words $1 }
_chunkrd_jobs() { _chunkrd_words jobs || _files }

_chunkrd() {
  local curcontext=$curcontext state line _chunkrd_program=${(Q)words[1]}
  typeset -A opt_args
  _arguments -C '(- : *)'{-h,--help}'[Print this help message and exit]' \
    '(- : *)'{-V,--version}'[Display program version information and exit]' \
    '1:command:->command' '*::argument:->argument'
  case $state in
    command)
      local -a commands=(
@NAMES@      )
      _describe -t commands command commands ;;
    argument)
      curcontext=${curcontext%:*:*}:chunkrd-$words[1]:
      case $words[1] in
@BRANCHES@      esac ;;
  esac
}
if [[ $funcstack[1] == _chunkrd ]]; then _chunkrd "$@"; else compdef _chunkrd chunkrd; fi
)zsh";

// Inside single quotes, in a description of _describe or a specification of _arguments.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += ' ';
    } else if (c == '\'') {
      out += "'\\''";
    } else {
      if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out;
}

std::string action_for(const std::string& kind) {
  if (kind == "none") return " ";
  if (kind == "files") return "_files";
  if (kind == "jobs") return "_chunkrd_jobs";
  if (kind == "states") return "_chunkrd_list states";
  return "_chunkrd_words " + kind;
}

std::string specifications_of(const CLI::Option& option) {
  const auto names = names_of(option);
  if (names.empty())
    return fmt::format(" \\\n          '*:{}:{}'", escaped(option.get_type_name()),
                       action_for(kind_of(option)));
  std::string text;
  for (const std::string& name : names)
    text += fmt::format(
        " \\\n          '*{}{}[{}]{}'", name, takes_value(option) && name.starts_with("--") ? "=" : "",
        escaped(option.get_description()),
        takes_value(option)
            ? fmt::format(":{}:{}", escaped(option.get_type_name()), action_for(kind_of(option)))
            : "");
  return text;
}

}  // namespace

std::string zsh_script(const CLI::App& program) {
  std::string names, branches;
  for (const CLI::App* command : commands_of(program)) {
    names += fmt::format("        '{}:{}'\n", command->get_name(), escaped(command->get_description()));
    branches += fmt::format("        {}) _arguments", command->get_name());
    for (const CLI::Option* option : command->get_options()) branches += specifications_of(*option);
    branches += " ;;\n";
  }
  std::string text(kScript);
  const auto put = [&text](std::string_view place, const std::string& what) {
    text.replace(text.find(place), place.size(), what);
  };
  put("@NAMES@", names);
  put("@BRANCHES@", branches);
  return text;
}

}  // namespace chunkrd::cli::completion
