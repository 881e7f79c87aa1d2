#pragma once

#include <string>

#include "queue/job.h"

namespace chunkrd::pipeline {

/// The JSON that lies beside a dead letter: what failed, at which stage, after how many attempts, and what a
/// person can do about it. For machines too: the keys are stable.
std::string failure_report(const queue::Job& job, WallTime now);

}  // namespace chunkrd::pipeline
