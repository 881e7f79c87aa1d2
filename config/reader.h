#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/problems.h"
#include "config/settings.h"

namespace chunkrd::config {

/// Reads the configuration file. Paths in it are relative to the file's own folder; nothing but the file
/// is looked at (see check_folders() and load_api_key() for the rest). Throws ConfigErrors with everything
/// that is wrong with it.
Settings read_settings(const std::filesystem::path& file);

/// Where the file says that the state is, as far as that can be told of one with mistakes in it.
std::optional<std::filesystem::path> state_folder_in(const std::filesystem::path& file);

/// Every key that the file may have, with its whole name: "api.url", "inboxes[].path",
/// "profiles.*.parse.chunk_processing.target_length". The JSON schema and the reference are tested against
/// it.
std::vector<std::string> known_keys();

}  // namespace chunkrd::config
