#pragma once

#include "core/async.h"
#include "inbox/inbox.h"
#include "pipeline/context.h"
#include "pipeline/scheduler.h"

namespace chunkrd::pipeline {

/// A document that has settled in `inbox` becomes a row; the claim step does the rest. Where a row of this
/// very file, or of its name, is there already, lifecycle::meet() decides (an inbox that keeps its originals
/// is scanned again and again). Throws StoreError.
awaitable<inbox::Reception> take_in(inbox::Arrival arrival, std::string inbox, Context& context,
                                    Scheduler& scheduler);

}  // namespace chunkrd::pipeline
