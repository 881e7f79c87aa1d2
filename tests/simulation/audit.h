#pragma once

#include <filesystem>

#include "config/settings.h"
#include "tests/simulation/simulated_service.h"
#include "tests/simulation/world.h"

namespace chunkrd::simulation {

/// Whether originals are still in the archive at the end of a run.
enum class Archive { kept, pruned };

/// Looks at what a finished run has left: every document delivered or failed exactly once, with its own
/// content, nothing in inbox or spool, and no second paid task that could have been avoided.
void audit(const config::Inbox& inbox, const std::filesystem::path& state, int documents,
           const SimulatedService& service, Archive archive, Verdict& verdict);

/// After a run with retention: of what is over, nothing is left but results and failures. To be called after
/// audit().
void audit_what_is_left(const config::Inbox& inbox, const std::filesystem::path& state, Verdict& verdict);

}  // namespace chunkrd::simulation
