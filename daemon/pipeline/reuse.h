#pragma once

#include <optional>

#include "core/async.h"
#include "pipeline/context.h"
#include "queue/job.h"

namespace chunkrd::pipeline {

/// May `job` have the result of another one at all? Not once something may have been paid for it.
bool may_reuse(const queue::Job& job, const config::Profile& profile);

/// An earlier job with the same bytes and settings whose result is still in its outbox as it was delivered.
/// All that the job's profile needs of it lies in the job's delivery folder then. Nothing: it has to be paid
/// for. Event-loop thread.
awaitable<std::optional<queue::Job>> find_reusable(const queue::Job& job, Context& context);

}  // namespace chunkrd::pipeline
