#pragma once

#include <string>

#include "config/settings.h"
#include "core/async.h"
#include "pipeline/context.h"
#include "queue/ending.h"

namespace chunkrd::cli {

/// What hooks are told of an end: the JSON of `chunkrd show --json`, as the document is now, if it still is
/// at this end; else as it was then, as far as that is known. Waits for the files of the document, on the
/// threads of what they lie on. Event-loop thread; both must outlive it.
awaitable<std::string> ending_facts(queue::Ending ending, pipeline::Context& context,
                                    const config::Settings& settings);

}  // namespace chunkrd::cli
