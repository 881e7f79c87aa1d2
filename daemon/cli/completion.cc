#include "cli/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <map>
#include <memory>

#include "cli/open_queue.h"
#include "cli/print.h"
#include "config/reader.h"
#include "core/escape.h"
#include "pipeline/observer.h"

namespace chunkrd::cli {
namespace {

using Words = std::vector<std::string>;

// Recent ones: more are not chosen from a list.
constexpr std::size_t kJobsOffered = 50;

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

// What a value of this type is completed with: a word for `__complete`, "files", or "none".
std::string kind_of(const CLI::Option& option) {
  static const std::map<std::string, std::string> kKinds{
      {"JOB", "jobs"},         {"JOB...", "jobs"},  {"STATE,...", "states"},  {"CODE", "errors"},
      {"PROFILE", "profiles"}, {"CAUSE", "causes"}, {"INBOX", "inboxes"},     {"SHELL", "shells"},
      {"FILE", "files"},       {"PATH", "files"},   {"FILE|DIR...", "files"}, {"DIR", "files"}};
  const auto kind = kKinds.find(option.get_type_name());
  return kind == kKinds.end() ? "none" : kind->second;
}

Words names_of(const CLI::Option& option) {
  Words names;
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  return names;
}

std::vector<const CLI::App*> commands_of(const CLI::App& program) {
  std::vector<const CLI::App*> commands;
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_group().empty()) commands.push_back(command);
  return commands;
}

// The branch of the script for one command: its options, and what the word after each is.
std::string branch(const CLI::App& command) {
  Words options;
  std::string values, positional;
  for (const CLI::Option* option : command.get_options()) {
    const Words names = names_of(*option);
    options.insert(options.end(), names.begin(), names.end());
    if (names.empty()) positional = kind_of(*option);
    if (!names.empty() && option->get_items_expected_max() > 0)
      values += fmt::format("        {}) kind={} ;;\n", fmt::join(names, "|"), kind_of(*option));
  }
  std::string text = fmt::format("    {})\n      options='{}'\n      case $previous in\n{}",
                                 command.get_name(), fmt::join(options, " "), values);
  text += fmt::format("        *) [[ $current == -* ]] || kind={} ;;\n      esac ;;\n",
                      positional.empty() ? "none" : positional);
  return text;
}

std::string script(const CLI::App& program) {
  std::string branches;
  Words names;
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

Words states() {
  Words words;
  for (int i = 1; i <= queue::kStateCount; ++i) words.emplace_back(to_string(static_cast<queue::State>(i)));
  return words;
}

Words causes() {
  Words words;
  for (int i = 0; i < pipeline::kPauseCount; ++i)
    words.emplace_back(to_string(static_cast<pipeline::Pause>(i)));
  return words;
}

struct Options {
  std::filesystem::path config_file;
  std::string kind, prefix;
};

Words words_for(const Options& options) {
  if (options.kind == "states") return states();
  if (options.kind == "causes") return causes();
  if (options.kind == "shells") return {"bash"};
  const config::Settings settings = config::read_settings(options.config_file);
  Words words;
  if (options.kind == "profiles")
    for (const auto& [name, profile] : settings.profiles) words.push_back(name);
  if (options.kind == "inboxes")
    for (const config::Inbox& inbox : settings.inboxes) words.push_back(printable(inbox.path.native()));
  if (options.kind == "errors") words = open_queue(settings, queue::Access::read).error_codes();
  if (options.kind == "jobs")
    for (const auto& job :
         open_queue(settings, queue::Access::read).with_prefix(options.prefix, kJobsOffered))
      words.push_back(job.id);
  return words;
}

ExitCode complete(const Options& options) {
  try {
    for (const std::string& word : words_for(options)) put("{}\n", word);
  } catch (const std::runtime_error&) {
    // A person who is still typing is told nothing; the command itself will.
  }
  return ExitCode::ok;
}

}  // namespace

Command add_completion(CLI::App& program) {
  CLI::App* parser =
      add_parser(program, "completion", "Print a script that lets a shell complete chunkrd's commands",
                 "completion bash > /etc/bash_completion.d/chunkrd");
  auto shell = std::make_shared<std::string>();
  parser->add_option("shell", *shell, "bash")->required()->type_name("SHELL");
  return {parser, [&program, shell] {
            if (*shell != "bash")
              throw UserError(ExitCode::usage, fmt::format("completion: there is none for \"{}\"; only bash",
                                                           printable(*shell)));
            put("{}", script(program));
            return ExitCode::ok;
          }};
}

Command add_complete_words(CLI::App& program) {
  CLI::App* parser =
      add_parser(program, "__complete", "Print the words that the completion offers", "__complete jobs 01j");
  parser->group("");
  auto options = std::make_shared<Options>();
  add_config_option(*parser, options->config_file);
  parser->add_option("kind", options->kind)->required();
  parser->add_option("prefix", options->prefix);
  return {parser, [options] { return complete(*options); }};
}

}  // namespace chunkrd::cli
