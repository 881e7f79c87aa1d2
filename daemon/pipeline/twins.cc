#include "pipeline/twins.h"

#include <algorithm>

#include "pipeline/link.h"

namespace chunkrd::pipeline {

using queue::Job;

void Twins::note(const Job& job) {
  if (queue::is_end(job.state)) told_.erase(job.id);
  if (job.sha256.empty() || is_link(job.name)) return;
  if (lifecycle::is_paid_for(job)) {
    Group& group = groups_[key_of(job)];
    group.waiting.erase(job.id);
    group.paid.insert_or_assign(job.id, lifecycle::First{job.id, job.state, job.state_since});
  } else {
    leave(job);
  }
}

void Twins::begin(const Job& job, WallTime now) {
  if (job.sha256.empty() || is_link(job.name)) return;
  Group& group = groups_[key_of(job)];
  group.waiting.erase(job.id);
  group.paid.insert_or_assign(job.id, lifecycle::First{job.id, queue::State::ready, now});
}

void Twins::end(const Job& job) {
  const auto group = groups_.find(key_of(job));
  if (group == groups_.end()) return;
  const auto paid = group->second.paid.find(job.id);
  if (paid != group->second.paid.end() && paid->second.state == queue::State::ready) leave(job);
}

void Twins::leave(const Job& job) {
  const auto group = groups_.find(key_of(job));
  if (group == groups_.end()) return;
  if (job.state != queue::State::ready) group->second.waiting.erase(job.id);
  if (group->second.paid.erase(job.id) > 0)
    freed_.insert(freed_.end(), group->second.waiting.begin(), group->second.waiting.end());
  if (group->second.paid.empty()) groups_.erase(group);
}

std::optional<std::string> Twins::first_for(const Job& job, WallTime now) const {
  const auto group = groups_.find(key_of(job));
  if (group == groups_.end()) return std::nullopt;
  for (const auto& [id, first] : group->second.paid)
    if (lifecycle::is_to_wait_for(job, first, now)) return id;
  return std::nullopt;
}

bool Twins::wait(const Job& job) {
  groups_[key_of(job)].waiting.insert(job.id);
  return told_.insert(job.id).second;
}

}  // namespace chunkrd::pipeline
