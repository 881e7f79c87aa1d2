#pragma once

#include "core/async.h"
#include "inbox/inbox.h"
#include "pipeline/context.h"
#include "pipeline/scheduler.h"

namespace chunkrd::pipeline {

/// A document that has settled in `inbox` becomes a row; the claim step does the rest. True when the queue
/// knows it now, also when it knew it before (an inbox that keeps its originals is scanned again and again).
awaitable<bool> take_in(inbox::Arrival arrival, std::string inbox, Context& context, Scheduler& scheduler);

}  // namespace chunkrd::pipeline
