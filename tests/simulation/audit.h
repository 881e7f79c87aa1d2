#pragma once

#include <filesystem>

#include "config/settings.h"
#include "tests/simulation/simulated_service.h"
#include "tests/simulation/world.h"

namespace chunkrd::simulation {

/// Looks at what a finished run has left: every document delivered or failed exactly once, with its own
/// content, nothing in inbox or spool, and no second paid task that could have been avoided.
void audit(const config::Inbox& inbox, const std::filesystem::path& state, int documents,
           const SimulatedService& service, Verdict& verdict);

}  // namespace chunkrd::simulation
