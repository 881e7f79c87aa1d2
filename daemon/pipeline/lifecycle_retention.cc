// Decisions about what is over: how long its row, and its original in the archive, are kept.
#include <algorithm>

#include "core/escape.h"
#include "pipeline/decision.h"
#include "pipeline/link.h"

namespace chunkrd::pipeline::lifecycle {

using inbox::Presence;
using outbox::Removal;
using queue::Job;
using queue::State;

Bound bound_of(std::optional<Duration> after, std::int64_t keep, std::int64_t there, WallTime now) {
  Bound bound;
  if (after) bound.before = now - *after;
  if (keep > 0) bound.excess = std::max<std::int64_t>(0, there - keep);
  return bound;
}

bool is_over(const Bound& bound, const Job& job, std::int64_t place) {
  return (bound.before && job.due <= *bound.before) || place < bound.excess;
}

bool may_be_forgotten(const Job& job, const Remains& remains, WallTime now) {
  if (!queue::is_end(job.state) || job.asked != queue::Asked::nothing || !job.wanted_settings.empty())
    return false;
  if (is_link(job.name) && job.due > now - kLinksAreKept) return false;
  if (remains.in_inbox == Presence::there || remains.in_inbox == Presence::unclear) return false;
  // Nothing at all lies where it lay: that mount may be missing, and every document of it would be paid anew.
  if (remains.in_inbox == Presence::deserted && remains.originals == config::Originals::keep) return false;
  // Nothing else knows which original in the archive is ours.
  const bool archived = job.state == State::done && !job.original_name.empty() && !job.original_pruned;
  return !(archived && remains.archive_is_pruned);
}

queue::Transition after_pruning(const Job& job, Removal removal) {
  Job after = job;
  after.original_pruned = true;
  const std::string name = printable(job.original_name);
  switch (removal) {
    case Removal::removed:
      return {job.state, std::move(after), {"original_pruned", "deleted from the archive: " + name}};
    case Removal::gone:
      return {job.state, std::move(after), {"original_pruned", "was not in the archive any more: " + name}};
    case Removal::another:
      break;
  }
  return {job.state,
          std::move(after),
          {"original_pruned", "not as it was put there; what lies there now stays: " + name}};
}

}  // namespace chunkrd::pipeline::lifecycle
