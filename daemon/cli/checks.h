#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"

namespace chunkrd::cli {

/// A line of `chunkrd check`.
struct Finding {
  enum class Level { ok, warning, error };
  std::string check;  ///< what was looked at: config, user, folders, inboxes, space, key, api, clock, queue,
                      ///< daemon, tools, hooks
  Level level = Level::ok;
  std::string text;    ///< what was found
  std::string advice;  ///< what to do about it; empty if nothing
};
using Findings = std::vector<Finding>;

std::string_view to_string(Finding::Level level) noexcept;

/// What can be said without the network: the user, the folders, disk space, the key, the queue, the daemon,
/// the programs we need. Changes nothing. Blocking.
Findings check_this_machine(const config::Settings& settings);

/// Where documents are taken to from each inbox, and how. Part of check_this_machine().
void check_taking(const config::Settings& settings, Findings& findings);

/// What lies in the inboxes and that nobody takes, or can take. Part of check_this_machine().
void check_inboxes(const config::Settings& settings, Findings& findings);

/// Whether what signs notifications is there, and what they run. Part of check_this_machine().
void check_hooks(const config::Settings& settings, Findings& findings);

/// Whether somebody answers where webhooks are sent; they are not called. Blocking, a few seconds at most.
Findings check_receivers(const config::Settings& settings);

/// Where a program is found as execvp(3) does it: as it is with a slash in it, else through $PATH. Nothing if
/// it is not found, or is nothing that we may execute.
std::optional<std::filesystem::path> find_program(const std::string& program);

/// Whether the service can be reached, what version it has, whether it takes the key, and whether its clock
/// and ours agree. Blocking, for as long as the service takes to answer, a few seconds at most.
Findings check_service(const config::Settings& settings);

}  // namespace chunkrd::cli
