#pragma once

#include <string>
#include <vector>

#include "core/child.h"
#include "local/needs.h"

namespace chunkrd::local {

/// Runs one of the programs that the parser needs.
///
/// Blocking. Throws InstallationFault, which names its package, if it is missing or cannot be run;
/// std::system_error if the system refuses a process.
ChildResult run_tool(const Need& program, const std::vector<std::string>& arguments,
                     const ChildLimits& limits = {});

}  // namespace chunkrd::local
