#include "inbox/settle.h"

#include <algorithm>
#include <tuple>

namespace chunkrd::inbox {

using namespace std::chrono_literals;

Settle::Settle(std::chrono::milliseconds settle, std::size_t candidates_max)
    : settle_(settle), candidates_max_(candidates_max) {}

bool Settle::ByTime::operator()(const Candidates::value_type* a,
                                const Candidates::value_type* b) const noexcept {
  return std::tie(a->second.ready_at, a->first) < std::tie(b->second.ready_at, b->first);
}

std::chrono::milliseconds Settle::wait_for(const Looks& looks) const noexcept {
  if (looks.document.size_bytes > 0 && (!looks.sidecar || looks.sidecar->size_bytes > 0)) return settle_;
  return std::max(settle_, std::min(10 * settle_, std::chrono::milliseconds(60s)));
}

Settle::Verdict Settle::see(const std::string& name, const Looks& looks, Time now) {
  const auto found = candidates_.find(name);
  if (found == candidates_.end()) {
    if (candidates_.size() >= candidates_max_) return Verdict::no_room;
    const auto made = candidates_.emplace(name, Candidate{looks, now + wait_for(looks)}).first;
    order_.insert(&*made);
    return Verdict::waiting;
  }
  auto& candidate = found->second;
  if (candidate.looks == looks) return now < candidate.ready_at ? Verdict::waiting : Verdict::settled;
  candidate.looks = looks;
  reschedule(*found, now + wait_for(looks));
  return Verdict::waiting;
}

void Settle::reschedule(Candidates::value_type& candidate, Time ready_at) {
  order_.erase(&candidate);
  candidate.second.ready_at = ready_at;
  order_.insert(&candidate);
}

void Settle::postpone(const std::string& name, Time time) {
  if (const auto found = candidates_.find(name); found != candidates_.end()) reschedule(*found, time);
}

bool Settle::forget(const std::string& name) {
  const auto found = candidates_.find(name);
  if (found == candidates_.end()) return false;
  order_.erase(&*found);
  candidates_.erase(found);
  return true;
}

std::optional<Settle::Time> Settle::next() const {
  if (order_.empty()) return std::nullopt;
  return (*order_.begin())->second.ready_at;
}

std::vector<std::string> Settle::due(Time now, std::size_t limit) const {
  std::vector<std::string> names;
  for (const auto* candidate : order_) {
    if (candidate->second.ready_at > now || names.size() == limit) break;
    names.push_back(candidate->first);
  }
  return names;
}

}  // namespace chunkrd::inbox
