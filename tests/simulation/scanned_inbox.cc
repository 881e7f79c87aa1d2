#include "tests/simulation/scanned_inbox.h"

#include <boost/asio/detached.hpp>
#include <utility>

#include "inbox/scan.h"

namespace chunkrd::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto kAskAgain = 5s;

}  // namespace

ScannedInbox::ScannedInbox(inbox::Rules rules, boost::asio::io_context& loop, SimulatedClock& time,
                           inbox::OnArrival on_arrival)
    : rules_(std::move(rules)), loop_(loop), time_(time), on_arrival_(std::move(on_arrival)), gate_(rules_) {}

void ScannedInbox::scan() {
  const auto tree = inbox::Tree::open(rules_.path);
  if (!tree) return;
  auto opened = inbox::open_folder(*tree, "");
  if (!opened.listing) return;
  // Not before the queue's answer, which would make it known again.
  std::erase_if(let_go_, [this](const std::string& name) {
    if (handed_over_.contains(name)) return false;
    gate_.let_go(name);
    return true;
  });
  gate_.known().begin_sweep();
  inbox::Listing::Piece piece;
  while (!piece.last) {
    piece = opened.listing->next(gate_.names(), gate_.known(), inbox::Depth::files, 4096);
    for (const inbox::Sighting& sighting : piece.files) {
      if (!gate_.has_settled(sighting, now()) || !handed_over_.insert(sighting.name).second) continue;
      asio::co_spawn(loop_, hand_over({sighting.name, sighting.identity, sighting.sidecar}), asio::detached);
    }
  }
  gate_.known().end_sweep();
}

WallTime ScannedInbox::next() const {
  const auto next = gate_.settle().next();
  return next ? WallTime(std::chrono::ceil<Duration>(next->time_since_epoch())) : WallTime::max();
}

awaitable<void> ScannedInbox::hand_over(inbox::Arrival arrival) {
  const auto reception = co_await on_arrival_(arrival);
  handed_over_.erase(arrival.name);
  gate_.received(arrival, reception, now() + kAskAgain);
}

}  // namespace chunkrd::simulation
