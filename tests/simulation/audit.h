#pragma once

#include <filesystem>

#include "config/settings.h"
#include "tests/simulation/simulated_service.h"
#include "tests/simulation/world.h"

namespace chunkrd::simulation {

/// Looks at what a finished run has left in `root` and at the service: every document delivered or failed
/// exactly once, with its own content, nothing in inbox or spool, no second paid task that could have been
/// avoided, and after a run with retention nothing of what is over but results and failures.
void audit(const Plan& plan, const config::Settings& settings, const SimulatedService& service,
           Verdict& verdict);

}  // namespace chunkrd::simulation
