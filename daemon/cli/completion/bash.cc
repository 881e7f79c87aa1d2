#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/completion/scripts.h"

namespace chunkrd::cli::completion {
namespace {

// The function of bash. `@WORDS@`: what the parsers say of each command.
constexpr std::string_view kScript = R"bash(# bash completion for chunkrd: source <(chunkrd completion bash)
_chunkrd() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  # bash takes the = of --state=done for a word of its own.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}
  fi
  local i command= options= kind= config=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${COMP_WORDS[i]} in
      -c|--config)
        ((++i)); [[ ${COMP_WORDS[i]} == = ]] && ((++i))
        ((i < COMP_CWORD)) && config=(--config "${COMP_WORDS[i]}") ;;
      -*) ;;
      *) [[ $command ]] || command=${COMP_WORDS[i]} ;;
    esac
  done
  case $command in
@WORDS@  esac
  local IFS=$'\n' before=
  case $kind in
    '') [[ $current == -* || ! $command ]] && COMPREPLY=($(IFS=' '; compgen -W "$options" -- "$current")) || COMPREPLY=()
        return ;;
    none) COMPREPLY=(); return ;;
    files) COMPREPLY=($(compgen -f -- "$current")); compopt -o filenames 2>/dev/null; return ;;
    states) if [[ $current == *,* ]]; then before=${current%,*},; current=${current##*,}; fi ;;
  esac
  COMPREPLY=($(compgen -P "$before" -W "$("${COMP_WORDS[0]}" __complete "$kind" "$current" "${config[@]}" 2>/dev/null)" -- "$current"))
  if [[ $kind == jobs ]]; then
    compopt -o nosort 2>/dev/null
    # A job may be named by a path, too.
    ((${#COMPREPLY[@]})) || { COMPREPLY=($(compgen -f -- "$current")); compopt -o filenames 2>/dev/null; }
  fi
}
complete -F _chunkrd chunkrd
)bash";

// The branch of the script for one command: its options, and what the word after each is.
std::string branch(const CLI::App& command) {
  std::vector<std::string> options;
  std::string values;
  for (const CLI::Option* option : command.get_options()) {
    const auto names = names_of(*option);
    options.insert(options.end(), names.begin(), names.end());
    if (!names.empty() && takes_value(*option))
      values += fmt::format("        {}) kind={} ;;\n", fmt::join(names, "|"), kind_of(*option));
  }
  std::string text = fmt::format("    {})\n      options='{}'\n      case $previous in\n{}",
                                 command.get_name(), fmt::join(options, " "), values);
  text += fmt::format("        *) [[ $current == -* ]] || kind={} ;;\n      esac ;;\n",
                      positional_kind_of(command));
  return text;
}

}  // namespace

std::string bash_script(const CLI::App& program) {
  std::string branches;
  std::vector<std::string> names;
  for (const CLI::App* command : commands_of(program)) {
    names.push_back(command->get_name());
    branches += branch(*command);
  }
  names.insert(names.end(), {"--help", "--version"});
  branches += fmt::format("    '') options='{}' ;;\n    *) kind=none ;;\n", fmt::join(names, " "));
  constexpr std::string_view kPlace = "@WORDS@";
  std::string text(kScript);
  return text.replace(text.find(kPlace), kPlace.size(), branches);
}

}  // namespace chunkrd::cli::completion
