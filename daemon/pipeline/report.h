#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "queue/job.h"

namespace chunkrd::pipeline {

/// The JSON that lies beside a dead letter: what failed, at which stage, after how many attempts, and what a
/// person can do about it. For machines too: the keys are stable.
std::string failure_report(const queue::Job& job, WallTime now);

/// The other way round: what a report says of its job, without its settings; nothing if `text` is no report.
std::optional<queue::Job> job_in_report(std::string_view text);

}  // namespace chunkrd::pipeline
