#include "local/server/connections.h"

namespace chunkrd::local::server {

Connections::Place::Place(Connections& all, boost::beast::tcp_stream& stream) : all_(all), stream_(stream) {
  ++all_.open_;
  become_idle();
}

Connections::Place::~Place() {
  become_busy();
  if (state_ != State::closed) --all_.open_;
}

void Connections::Place::become_idle() {
  if (state_ != State::busy) return;
  among_idle_ = all_.idle_.insert(all_.idle_.end(), this);
  state_ = State::idle;
}

void Connections::Place::become_busy() {
  if (state_ != State::idle) return;
  all_.idle_.erase(among_idle_);
  state_ = State::busy;
}

// It counts no longer, although whoever serves it has still to learn of its end.
bool Connections::close_idlest() {
  if (idle_.empty()) return false;
  Place& idlest = *idle_.front();
  idle_.pop_front();
  idlest.state_ = Place::State::closed;
  --open_;
  idlest.stream_.close();
  return true;
}

bool Connections::make_room() {
  return open_ < most_ || close_idlest();
}

}  // namespace chunkrd::local::server
