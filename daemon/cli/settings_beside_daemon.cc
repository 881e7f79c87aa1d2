#include "cli/settings_beside_daemon.h"

#include <system_error>

#include "cli/print.h"
#include "cli/state_lock.h"
#include "config/reader.h"
#include "core/escape.h"

namespace chunkrd::cli {
namespace {

bool is_worked(const std::filesystem::path& state) {
  try {
    return StateLock::is_held(state);
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace

config::Settings settings_beside_daemon(const std::filesystem::path& config_file) {
  try {
    return config::read_settings(config_file);
  } catch (const config::ConfigErrors& errors) {
    const auto state = config::state_folder_in(config_file);
    if (!state || !is_worked(*state)) throw;
    put_to(
        stderr,
        "chunkrd: the configuration has mistakes; the daemon that runs goes on with what it read before\n");
    for (const std::string& line : errors.lines()) put_to(stderr, "chunkrd: {}\n", harmless(line));
    config::Settings settings;
    settings.state = *state;
    settings.queue = "sqlite";
    settings.profiles.try_emplace("default");
    return settings;
  }
}

}  // namespace chunkrd::cli
