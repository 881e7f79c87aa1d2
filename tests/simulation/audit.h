#pragma once

#include "tests/simulation/people.h"
#include "tests/simulation/stage.h"
#include "tests/simulation/wishes.h"

namespace chunkrd::simulation {

/// Looks at what a finished run has left and at the service: every document that was dropped is delivered or
/// failed exactly once, with its own content, nothing in inbox or spool, and after a run with retention
/// nothing of what is over but results and failures; and audit_payments().
void audit(Stage& stage, const Traffic& traffic, const Wishes& wishes);

/// No second paid task that could have been avoided, and nothing cancelled or deleted that nobody has asked
/// for.
void audit_payments(Stage& stage, const Traffic& traffic, const Wishes& wishes);

}  // namespace chunkrd::simulation
