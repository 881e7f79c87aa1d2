#pragma once

#include <boost/json/object.hpp>
#include <string_view>
#include <vector>

#include "cli/whereabouts.h"
#include "queue/job.h"

namespace chunkrd::cli {

/// What `chunkrd jobs --json` says of a job; `show --json` adds to it. The shape is in docs/commands.md and
/// only grows. Names are bytes: they are written as printable() does.
boost::json::object to_json(const queue::Job& job);

/// All that is told of one job; times by the wall clock.
struct Story {
  queue::Job job;
  std::vector<queue::StoredEvent> events;
  std::vector<Lying> where;
};

/// What `chunkrd show --json` says, and what hooks are told.
boost::json::object to_json(const Story& story);

/// A moment as JSON has it: RFC 3339 text, or null.
boost::json::value to_json(const std::optional<WallTime>& time);

/// The step that comes next for a document in `state`, as docs/architecture.md calls it; empty at an end.
std::string_view next_step(queue::State state) noexcept;

}  // namespace chunkrd::cli
