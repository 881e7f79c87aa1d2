#pragma once

#include <string>
#include <vector>

#include "config/settings.h"

namespace chunkrd::cli {

/// A line of `chunkrd check`.
struct Finding {
  enum class Level { ok, warning, error };
  std::string check;  ///< what was looked at: config, user, folders, inboxes, space, key, api, clock, queue,
                      ///< daemon, tools
  Level level = Level::ok;
  std::string text;    ///< what was found
  std::string advice;  ///< what to do about it; empty if nothing
};
using Findings = std::vector<Finding>;

std::string_view to_string(Finding::Level level) noexcept;

/// What can be said without the network: the user, the folders, disk space, the key, the queue, the daemon,
/// the programs we need. Changes nothing. Blocking.
Findings check_this_machine(const config::Settings& settings);

/// What lies in the inboxes and that nobody takes, or can take. Part of check_this_machine().
void check_inboxes(const config::Settings& settings, Findings& findings);

/// Whether the service can be reached, what version it has, whether it takes the key, and whether its clock
/// and ours agree. Blocking, for as long as the service takes to answer, a few seconds at most.
Findings check_service(const config::Settings& settings);

}  // namespace chunkrd::cli
