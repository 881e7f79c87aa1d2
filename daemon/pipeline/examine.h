#pragma once

#include <optional>

#include "pipeline/context.h"
#include "pipeline/lifecycle.h"
#include "pipeline/place.h"
#include "queue/job.h"

/// What can be found out about a document that lies in the spool before it is paid for. Blocking: file pool.
namespace chunkrd::pipeline {

/// Its digest, what its sidecar says if one lies there, and what is wrong with it. A file that cannot be read
/// is a claim, too; one that changes meanwhile goes back into the inbox. `place` is the document's own:
/// home_of(). Throws std::system_error where that is not the document's fault.
lifecycle::Claim examine(const Rules& rules, const Place& place, const queue::Job& job);

/// What is wrong with its content, if anything. Throws std::system_error.
std::optional<lifecycle::Fault> fault_of(const Place& place, const queue::Job& job);

/// What the sidecar in the spool says, into `original` (lifecycle::Spooled or Retrieved).
template <class Original>
void apply_sidecar(Original& original, std::variant<lifecycle::OwnSettings, lifecycle::Fault> read) {
  if (auto* own = std::get_if<lifecycle::OwnSettings>(&read)) original.own = std::move(*own);
  if (auto* fault = std::get_if<lifecycle::Fault>(&read)) original.fault = std::move(*fault);
}

}  // namespace chunkrd::pipeline
