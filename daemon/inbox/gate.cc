#include "inbox/gate.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "core/escape.h"

namespace chunkrd::inbox {
namespace {

// A candidate costs some 250 bytes. More files than this wait in the folder until there is room.
constexpr std::size_t kCandidatesMax = 32768;
// A disk that fails does so for many files at once.
constexpr std::size_t kDoubtsTold = 10;

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
      doubt(sighting, time);
      return false;
    case Kind::folder:
    case Kind::gone:
      forget(sighting.name);
      return false;
  }
  return false;
}

bool Gate::see_file(const Sighting& file, Time time) {
  if (names_.judge(split(file.name).base) != Names::Verdict::document) return false;
  if (known_.has(file.name, file.identity)) {
    settle_.forget(file.name);  // it was another one for a while, and is the old one again
    return false;
  }
  const auto verdict = settle_.see(file.name, {file.identity, file.sidecar}, time);
  if (verdict == Settle::Verdict::no_room) left_out_ = true;
  if (settle_.unclaimed() == 0) doubts_told_ = 0;
  if (file.is_being_written) settle_.begin_anew(file.name, time);
  return verdict == Settle::Verdict::settled && !file.is_being_written;
}

void Gate::doubt(const Sighting& unclear, Time time) {
  if (names_.judge(split(unclear.name).base) != Names::Verdict::document) return;
  if (settle_.doubt(unclear.name, time) == Settle::Verdict::no_room) left_out_ = true;
  const bool told = doubts_told_ < kDoubtsTold;
  spdlog::log(told ? spdlog::level::warn : spdlog::level::debug,
              "inbox: {} cannot be looked at: {}; it is tried again", place(unclear.name),
              unclear.error.message());
  doubts_told_ += told;
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

void Gate::received(const Arrival& arrival, Reception reception, Time again) {
  switch (reception) {
    case Reception::in_hand:
      known_.add(arrival.name, arrival.identity);
      break;
    case Reception::left:
      known_.add_unclaimed(arrival.name, arrival.identity);
      spdlog::warn(
          "inbox: {} lies there although its document has ended; it is not taken again unless it changes",
          place(arrival.name));
      break;
    case Reception::later:
      return settle_.leave(arrival.name, again);
  }
  settle_.forget(arrival.name);
}

bool Gate::take_room_for_left_out() noexcept {
  return left_out_ && settle_.size() <= kCandidatesMax / 2 && std::exchange(left_out_, false);
}

std::string Gate::place(const std::string& name) const {
  return printable((root_ / name).native());
}

}  // namespace chunkrd::inbox
