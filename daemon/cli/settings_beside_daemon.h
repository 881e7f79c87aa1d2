#pragma once

#include <filesystem>

#include "config/settings.h"

namespace chunkrd::cli {

/// The configuration, for commands that only look, or talk to the daemon. Where the file has mistakes and a
/// daemon works with what it has read before them, these are told on standard error, and the settings have
/// nothing but the state folder. Throws UserError (ConfigErrors where no daemon runs).
config::Settings settings_beside_daemon(const std::filesystem::path& config_file);

}  // namespace chunkrd::cli
