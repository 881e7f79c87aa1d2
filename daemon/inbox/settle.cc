#include "inbox/settle.h"

#include <algorithm>
#include <tuple>

namespace chunkrd::inbox {

using namespace std::chrono_literals;

namespace {

constexpr auto kFirstDoubt = 5s, kLongestDoubt = 320s;

// 5 s, then twice as long each time.
std::chrono::seconds pause_after(unsigned doubts) {
  return std::min<std::chrono::seconds>(kFirstDoubt * (1u << std::min(doubts - 1, 6u)), kLongestDoubt);
}

}  // namespace

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
  auto* const found = find_or_make(name, now + wait_for(looks));
  if (found == nullptr) return Verdict::no_room;
  Candidate& candidate = found->second;
  if (candidate.looks == looks) {
    if (candidate.doubts > 0) reschedule(*found, std::min(candidate.ready_at, now + wait_for(looks)));
    mark(candidate, 0, candidate.left);
    return now < candidate.ready_at ? Verdict::waiting : Verdict::settled;
  }
  mark(candidate, 0, false);
  candidate.looks = looks;
  reschedule(*found, now + wait_for(looks));
  return Verdict::waiting;
}

Settle::Verdict Settle::doubt(const std::string& name, Time now) {
  auto* const found = find_or_make(name, now);
  if (found == nullptr) return Verdict::no_room;
  mark(found->second, found->second.doubts + 1, found->second.left);
  reschedule(*found, now + pause_after(found->second.doubts));
  return Verdict::waiting;
}

Settle::Candidates::value_type* Settle::find_or_make(const std::string& name, Time ready_at) {
  const auto found = candidates_.find(name);
  if (found != candidates_.end()) return &*found;
  if (candidates_.size() >= candidates_max_) return nullptr;
  const auto made = candidates_.emplace(name, Candidate{.looks = {}, .ready_at = ready_at}).first;
  order_.insert(&*made);
  return &*made;
}

void Settle::mark(Candidate& candidate, unsigned doubts, bool left) noexcept {
  unclaimed_ -= candidate.is_unclaimed();
  candidate.doubts = doubts;
  candidate.left = left;
  unclaimed_ += candidate.is_unclaimed();
}

void Settle::reschedule(Candidates::value_type& candidate, Time ready_at) {
  order_.erase(&candidate);
  candidate.second.ready_at = ready_at;
  order_.insert(&candidate);
}

void Settle::leave(const std::string& name, Time time) {
  const auto found = candidates_.find(name);
  if (found == candidates_.end()) return;
  mark(found->second, found->second.doubts, true);
  reschedule(*found, time);
}

void Settle::begin_anew(const std::string& name, Time now) {
  const auto found = candidates_.find(name);
  if (found != candidates_.end() && found->second.looks)
    reschedule(*found, now + wait_for(*found->second.looks));
}

bool Settle::forget(const std::string& name) {
  const auto found = candidates_.find(name);
  if (found == candidates_.end()) return false;
  mark(found->second, 0, false);
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
