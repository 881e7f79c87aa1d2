#include "queue/sqlite/contradiction.h"

#include <algorithm>
#include <array>

#include "core/ids.h"
#include "core/sha256.h"

namespace chunkrd::queue {
namespace {

bool is_one_of(State state, std::initializer_list<State> states) {
  return std::ranges::find(states, state) != states.end();
}

bool is_digest(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Ids and names that are ours or the service's.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// What stood on a page that was overwritten or cut off reads as zeros.
bool is_folder(std::string_view path) {
  return path.empty() || (path.starts_with('/') && !path.contains('\0'));
}

bool has_other_folder(const Job& job) {
  const bool is_bound =
      is_folder(job.bound_for) || job.bound_for == kBoundForDeletion || job.bound_for == kBoundForInbox;
  return !is_folder(job.spool) || !is_folder(job.outbox) || !is_folder(job.shelf) || !is_bound;
}

bool has_negative(const Job& job) {
  return job.lease < 0 || job.attempts < 0 || job.transient_failures < 0 || job.possible_duplicates < 0 ||
         job.polls < 0 || job.not_found < 0 || job.empty_reads < 0 || job.revision < 0 ||
         job.pages.value_or(0) < 0;
}

}  // namespace

std::string contradiction_in(const Job& job) {
  using enum State;
  const auto number = static_cast<int>(job.state);
  if (number < 1 || number > kStateCount) return "a state that there is not";
  // An id is made of the moment at which its document was found.
  if (time_of_job_id(job.id) != job.found_at) return "an id of another moment";
  if (job.inbox.empty() || job.name.empty() || job.name.contains('\0')) return "no name";
  // A row that was made from a manifest has the digest alone: see pipeline/rebuild.
  if (job.settings != "{}" && job.settings_hash != sha256_hex(job.settings))
    return "settings of another digest";
  if (!job.sha256.empty() && !is_digest(job.sha256)) return "a digest that is none";
  if (!is_plain(job.tag) || !is_plain(job.task_id) || !is_plain(job.task_status) || !is_plain(job.profile))
    return "control characters";
  if (!is_plain(job.earlier_tasks) || !is_plain(job.wanted_profile) || !is_plain(job.reused_from))
    return "control characters";
  if (has_other_folder(job)) return "a folder that is none";
  if (job.delivered_name.contains('\0') || job.original_name.contains('\0')) return "a name that is none";
  if (has_negative(job)) return "a number below zero";
  if (static_cast<int>(job.asked) < 0 || job.asked > Asked::cancel_and_remove) return "an unknown wish";
  if (job.sha256.empty() &&
      is_one_of(job.state, {ready, submitting, submitted, collecting, delivering, delivered, done}))
    return "no digest of what is in the spool";
  if (job.task_id.empty() && is_one_of(job.state, {submitted, collecting, updating, reparsing}))
    return "no task";
  if (job.state == submitting && (job.tag.empty() || !job.intent_at)) return "no intent";
  if (job.delivered_name.empty() && is_one_of(job.state, {delivered, done})) return "no result";
  return {};
}

}  // namespace chunkrd::queue
