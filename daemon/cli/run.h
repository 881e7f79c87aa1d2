#pragma once

#include <filesystem>

namespace chunkrd::cli {

/// `chunkrd run --config FILE`. Returns after a clean stop; throws UserError and what else ends a daemon.
void run(const std::filesystem::path& config_file);

}  // namespace chunkrd::cli
