#include "pipeline/absences.h"

#include <algorithm>

#include "pipeline/policy.h"

namespace chunkrd::pipeline {
namespace {

// Whoever waits looks again within kFolderPatience: without a look for so long nobody waits any more. A clock
// that was set back says nothing about that.
constexpr Duration kForgotten = 4 * kFolderPatience;

bool is_over(const Absences::Absence& absence, WallTime now) {
  return now - absence.seen > kForgotten;
}

// Nothing is paid for whose result, or original, cannot be put where it belongs.
bool waits_for_steps_in(queue::State missed_in, queue::State state) {
  using queue::State;
  const bool is_paid = state == State::ready || state == State::updating;
  return is_paid && (missed_in == State::collecting || missed_in == State::delivering ||
                     missed_in == State::delivered || missed_in == State::burying);
}

// How long rows in `state` are passed over after a step on one in `missed_in` has missed its folder.
Duration held_for(queue::State missed_in, queue::State state) {
  if (missed_in == state) return kFolderLook;
  return waits_for_steps_in(missed_in, state) ? kForgotten : Duration::zero();
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
    if (now >= absence.seen && now - absence.seen < held_for(of.second, state)) held.insert(of.first);
}

std::optional<WallTime> Absences::next_look(queue::State state, WallTime now) const {
  std::optional<WallTime> next;
  for (const auto& [of, absence] : missed_)
    if (const WallTime look = absence.seen + held_for(of.second, state); look > now)
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
