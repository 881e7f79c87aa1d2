#pragma once

#include <optional>
#include <string>

#include "core/async.h"
#include "pipeline/context.h"
#include "queue/job.h"

namespace chunkrd::pipeline {

/// May `job`, which is to be submitted, have the result of another one instead?
bool may_reuse(const queue::Job& job, const config::Profile& profile);

/// The latest of the earlier jobs with the same bytes and settings whose results are still in their outboxes
/// as they were delivered. All that the job's profile needs of it lies in the job's delivery folder then.
/// Nothing: it has to be paid for. Event-loop thread.
awaitable<std::optional<queue::Job>> find_reusable(const queue::Job& job, Context& context);

/// The same document, by inbox, name, bytes and settings, of an inbox that keeps its originals: a file that
/// was only touched, or restored.
struct Unchanged {
  queue::Job earlier;
  std::string delivered_name;
};
/// The earlier result is this job's from now on, wherever a reader may have taken it. Nothing: it is another
/// document. Event-loop thread.
awaitable<std::optional<Unchanged>> find_unchanged(const queue::Job& job, Context& context);

/// The job before this one that has a result of the same document in the outbox, which this one's is to
/// replace; empty if there is none, or the inbox does not keep its originals. Event-loop thread.
awaitable<std::string> superseded_by(const queue::Job& job, Context& context);

}  // namespace chunkrd::pipeline
