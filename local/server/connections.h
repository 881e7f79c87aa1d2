#pragma once

#include <boost/beast/core/tcp_stream.hpp>
#include <cstddef>
#include <list>

namespace chunkrd::local::server {

/// The open connections, so many at most: when there is no room for another, the one that has been idle for
/// longest goes. Event-loop thread only; must outlive all its Places.
class Connections {
 public:
  explicit Connections(std::size_t most) : most_(most) {}
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  /// What a connection has in here while it lives. It begins idle: a request of which not even the head is
  /// there counts as none.
  class Place {
   public:
    Place(Connections& all, boost::beast::tcp_stream& stream);
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();

    void become_idle();
    void become_busy();

   private:
    friend class Connections;
    Connections& all_;
    boost::beast::tcp_stream& stream_;
    std::list<Place*>::iterator among_idle_;
    enum class State { idle, busy, closed } state_ = State::busy;
  };

  /// Closes the connection that has been idle for longest. False if none is.
  bool close_idlest();

  /// False if there is no room for another connection, and none could be made.
  bool make_room();

 private:
  std::size_t most_;
  std::size_t open_ = 0;
  std::list<Place*> idle_;  ///< longest idle first
};

}  // namespace chunkrd::local::server
