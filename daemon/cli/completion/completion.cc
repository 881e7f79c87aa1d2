#include "cli/completion/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>
#include <map>
#include <memory>

#include "cli/completion/scripts.h"
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

const std::map<std::string, std::function<std::string(const CLI::App&)>> kScripts{
    {"bash", completion::bash_script}, {"fish", completion::fish_script}, {"zsh", completion::zsh_script}};

Words shells() {
  Words words;
  for (const auto& [shell, script] : kScripts) words.push_back(shell);
  return words;
}

struct Options {
  std::filesystem::path config_file;
  std::string kind, prefix;
};

Words words_for(const Options& options) {
  if (options.kind == "states") return states();
  if (options.kind == "causes") return causes();
  if (options.kind == "shells") return shells();
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
                 "completion bash > /etc/bash_completion.d/chunkrd\n"
                 "completion zsh > /usr/local/share/zsh/site-functions/_chunkrd\n"
                 "completion fish > ~/.config/fish/completions/chunkrd.fish");
  auto shell = std::make_shared<std::string>();
  parser->add_option("shell", *shell, fmt::format("{}", fmt::join(shells(), ", ")))
      ->required()
      ->type_name("SHELL");
  return {parser, [&program, shell] {
            const auto script = kScripts.find(*shell);
            if (script == kScripts.end())
              throw UserError(ExitCode::usage, fmt::format("completion: there is none for \"{}\"; only {}",
                                                           printable(*shell), fmt::join(shells(), ", ")));
            put("{}", script->second(program));
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
