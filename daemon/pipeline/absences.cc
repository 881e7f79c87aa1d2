#include "pipeline/absences.h"

#include <algorithm>

#include "pipeline/policy.h"

namespace chunkrd::pipeline {
namespace {

// Whoever waits looks again within kFolderPatience: without a look for so long nobody waits any more. A clock
// that was set back says nothing about that.
bool is_over(const Absences::Absence& absence, WallTime now) {
  return now - absence.seen > 4 * kFolderPatience;
}

}  // namespace

bool Absences::note(const queue::Job& job, std::string folder, std::string why, WallTime now) {
  const auto [at, added] = missed_.try_emplace({job.inbox, job.state});
  Absence& absence = at->second;
  const bool is_new = added || absence.folder != folder || is_over(absence, now);
  if (is_new) absence.since = now;
  absence.folder = std::move(folder);
  absence.why = std::move(why);
  absence.seen = now;
  return is_new;
}

bool Absences::clear(const queue::Job& job) {
  return missed_.erase({job.inbox, job.state}) > 0;
}

const Absences::Absence* Absences::of(const queue::Job& job, WallTime now) const {
  const auto found = missed_.find({job.inbox, job.state});
  return found == missed_.end() || is_over(found->second, now) ? nullptr : &found->second;
}

void Absences::hold(queue::Inboxes& held, queue::State state, WallTime now) const {
  for (const auto& [of, absence] : missed_)
    if (of.second == state && now >= absence.seen && now - absence.seen < kFolderLook) held.insert(of.first);
}

std::optional<WallTime> Absences::next_look(queue::State state, WallTime now) const {
  std::optional<WallTime> next;
  for (const auto& [of, absence] : missed_)
    if (const WallTime look = absence.seen + kFolderLook; of.second == state && look > now)
      next = std::min(next.value_or(WallTime::max()), look);
  return next;
}

std::vector<Absences::Absence> Absences::all(WallTime now) const {
  std::vector<Absence> absences;
  for (const auto& [of, absence] : missed_) {
    const auto same = std::ranges::find(absences, absence.folder, &Absence::folder);
    if (is_over(absence, now)) continue;
    if (same == absences.end())
      absences.push_back(absence);
    else
      same->since = std::min(same->since, absence.since);
  }
  return absences;
}

}  // namespace chunkrd::pipeline
