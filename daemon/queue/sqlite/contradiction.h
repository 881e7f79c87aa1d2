#pragma once

#include <string>

#include "queue/job.h"

namespace chunkrd::queue {

/// What is wrong in itself with a row of a damaged database; empty if it may be believed. A row that says
/// something false about where its document is would cost more than one that is missing.
std::string contradiction_in(const Job& job);

}  // namespace chunkrd::queue
