#include "inbox/gate.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "core/escape.h"

namespace chunkrd::inbox {
namespace {

using namespace std::chrono_literals;

// A candidate costs some 250 bytes. More files than this wait in the folder until there is room.
constexpr std::size_t kCandidatesMax = 32768;
constexpr auto kLookAgain = 5s;  // at a file that could not be looked at

}  // namespace

Gate::Gate(const Rules& rules)
    : root_(rules.path), names_(rules.ignore), settle_(rules.settle, kCandidatesMax) {}

bool Gate::has_settled(const Sighting& sighting, Time time) {
  switch (sighting.kind) {
    case Kind::file:
      return see_file(sighting, time);
    case Kind::special:
      refuse(sighting);
      return false;
    case Kind::unclear:
      settle_.postpone(sighting.name, time + kLookAgain);
      return false;
    case Kind::folder:
    case Kind::gone:
      forget(sighting.name);
      return false;
  }
  return false;
}

bool Gate::see_file(const Sighting& file, Time time) {
  if (names_.judge(split(file.name).base) == Names::Verdict::sidecar) return false;
  if (known_.has(file.name, file.identity)) {
    settle_.forget(file.name);  // it was another one for a while, and is the old one again
    return false;
  }
  const auto verdict = settle_.see(file.name, {file.identity, file.sidecar}, time);
  if (verdict == Settle::Verdict::no_room) left_out_ = true;
  return verdict == Settle::Verdict::settled;
}

void Gate::refuse(const Sighting& special) {
  settle_.forget(special.name);
  if (known_.has(special.name, special.identity)) return;
  known_.add(special.name, special.identity);
  ++refused_;
  spdlog::warn("inbox: {} is a link or special file; only regular files are taken", place(special.name));
}

void Gate::forget(const std::string& name) {
  known_.forget(name);
  if (settle_.forget(name)) spdlog::debug("inbox: {} went away while settling", place(name));
}

void Gate::handed_over(const Arrival& arrival) {
  known_.add(arrival.name, arrival.identity);
  settle_.forget(arrival.name);
}

bool Gate::take_room_for_left_out() noexcept {
  return left_out_ && settle_.size() <= kCandidatesMax / 2 && std::exchange(left_out_, false);
}

std::string Gate::place(const std::string& name) const {
  return printable((root_ / name).native());
}

}  // namespace chunkrd::inbox
