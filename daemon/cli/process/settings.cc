#include "cli/process/settings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "cli/command.h"
#include "cli/process/display.h"
#include "config/overrides.h"
#include "config/reader.h"
#include "core/errors.h"
#include "core/escape.h"

namespace chunkrd::cli::process {
namespace {

namespace fs = std::filesystem;

// The usual file only where nothing on the command line says that another service is meant: its key is not
// for that.
config::Settings base_of(const Options& options) {
  if (!options.config_file.empty()) return config::read_settings(options.config_file);
  if (!options.local && options.api.empty() && ::access(kDefaultConfigFile, R_OK) == 0)
    return config::read_settings(kDefaultConfigFile);
  config::Settings settings;
  settings.profiles.try_emplace("default");
  return settings;
}

config::Profile profile_for(const Options& options, const config::Settings& settings,
                            const std::string& name) {
  const auto found = settings.profiles.find(name);
  if (found == settings.profiles.end())
    throw UserError(ExitCode::usage,
                    fmt::format("--profile: there is no profile \"{}\" in {}", printable(name),
                                options.config_file.empty() ? "the configuration"
                                                            : printable(options.config_file.native())));
  config::Profile profile = found->second;
  // OCR of pages that have text costs this machine minutes and gains nothing.
  if (options.local && options.profile.empty() && profile.parse == "{}")
    profile.parse = R"({"ocr_strategy":"Auto"})";
  // Its parser says of the same bytes the same, however often it is asked.
  if (options.local) profile.attempts = 1;
  profile.parse = config::with_overrides(profile.parse, options.assignments);
  if (!options.artifacts.empty()) profile.artifacts = config::artifacts_named(options.artifacts);
  return profile;
}

std::vector<config::Inbox> inboxes_of(const fs::path& out, const std::string& profile,
                                      std::span<const Document> documents) {
  std::vector<config::Inbox> inboxes;
  for (const Document& document : documents) {
    auto inbox = std::ranges::find(inboxes, fs::path(document.inbox), &config::Inbox::path);
    if (inbox == inboxes.end()) {
      inbox = inboxes.emplace(inboxes.end());
      inbox->path = document.inbox;
      inbox->outbox = out;
      inbox->failed = out / kFailedFolder;
      inbox->originals = config::Originals::keep;
      inbox->profile = profile;
    }
    if (!document.title.empty()) inbox->titles[document.arrival.name] = document.title;
  }
  return inboxes;
}

}  // namespace

fs::path state_of(const fs::path& out) {
  return out / ".chunkrd" / "process";
}

config::Settings settings_for(const Options& options, std::span<const Document> documents) {
  config::Settings settings = base_of(options);
  const std::string name = options.profile.empty() ? "default" : options.profile;
  settings.profiles[name] = profile_for(options, settings, name);
  if (!options.api.empty()) settings.api.url = config::service_address(options.api);
  const fs::path out = fs::absolute(options.out).lexically_normal();
  // Its list is never behind, and nothing hides tasks from it.
  if (options.local) settings.api.reconcile_grace = std::chrono::seconds(2);
  settings.state = state_of(out);
  settings.queue = "sqlite";
  settings.inboxes = inboxes_of(out, name, documents);
  return settings;
}

}  // namespace chunkrd::cli::process
