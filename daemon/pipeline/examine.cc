#include "pipeline/examine.h"

#include <system_error>
#include <utility>

#include "core/errors.h"
#include "pipeline/content_type.h"
#include "pipeline/link.h"
#include "pipeline/original.h"
#include "pipeline/sidecar.h"

namespace chunkrd::pipeline {

std::optional<lifecycle::Fault> fault_of(const Place& place, const queue::Job& job) {
  if (is_link(job.name)) {
    const auto document = document_of(place, job);
    if (!document) return lifecycle::Fault{"bad_link", document.error()};
    return std::nullopt;
  }
  if (auto why = fault_of_content(place.spool.path_of(job.id), job.name, place.rules.types))
    return lifecycle::Fault{"unsupported_type", std::move(*why)};
  return std::nullopt;
}

lifecycle::Claim examine(const Rules& rules, const Place& place, const queue::Job& job) {
  try {
    const auto reading = original::read(place, job, rules.limits.document_bytes);
    if (reading.changed)
      return lifecycle::Gone{original::give_back(place, job, "it was changed while it was taken").told};
    lifecycle::Spooled original{reading.digest.sha256, reading.digest.size_bytes};
    if (reading.digest.sha256.empty()) return original;  // too large, and nobody reads all of that to say so
    original.identity = reading.identity;
    if (sidecar::lies_in_spool(place, job)) apply_sidecar(original, sidecar::read(rules, place, job));
    if (!original.fault && original.size_bytes > 0) original.fault = fault_of(place, job);
    return original;
  } catch (const std::system_error& error) {
    if (is_shortage(error.code())) throw;
    return lifecycle::CannotRead{error.what()};
  }
}

}  // namespace chunkrd::pipeline
