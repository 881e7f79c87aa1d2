#pragma once

#include <optional>

#include "core/async.h"
#include "pipeline/context.h"
#include "pipeline/lifecycle.h"

/// The steps: each reads its row, does one thing to the outside world and says what shall become of the row.
/// A step keeps nothing between two runs but what is in the row, so running it again after a crash is the
/// same as running it. Event-loop thread. What nobody planned for is thrown; the scheduler writes it into
/// the job's story and runs the step again later.
namespace chunkrd::pipeline::steps {

/// Nothing: somebody else moved the row meanwhile.
using Outcome = std::optional<lifecycle::Decision>;

awaitable<Outcome> claim(queue::Job job, Context& context);      ///< State::claiming
awaitable<Outcome> submit(queue::Job job, Context& context);     ///< State::ready
awaitable<Outcome> reconcile(queue::Job job, Context& context);  ///< State::submitting
awaitable<Outcome> poll(queue::Job job, Context& context);       ///< State::submitted
awaitable<Outcome> collect(queue::Job job, Context& context);    ///< State::collecting
awaitable<Outcome> deliver(queue::Job job, Context& context);    ///< State::delivering
awaitable<Outcome> archive(queue::Job job, Context& context);    ///< State::delivered
awaitable<Outcome> bury(queue::Job job, Context& context);       ///< State::burying
awaitable<Outcome> remove(queue::Job job, Context& context);     ///< State::removing
awaitable<Outcome> update(queue::Job job, Context& context);     ///< State::updating
awaitable<Outcome> follow(queue::Job job, Context& context);     ///< State::reparsing
awaitable<Outcome> retrieve(queue::Job job, Context& context);   ///< State::retrying

/// State::ready, when what it has waited for is over: takes its result over, which costs nothing.
awaitable<Outcome> take_over(queue::Job job, Context& context);

/// The step for a job's state. The state must not be an end.
awaitable<Outcome> run(queue::Job job, Context& context);

}  // namespace chunkrd::pipeline::steps
