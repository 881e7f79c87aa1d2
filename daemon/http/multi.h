#pragma once

#include <curl/curl.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>

#include "core/async.h"

namespace chunkrd::http {

/// Told of a transfer's connection and of its end.
class EndListener {
 public:
  virtual ~EndListener() = default;
  /// It uses this connection, from now on.
  virtual void on_connection(curl_socket_t /*socket*/) noexcept {}
  virtual void on_end(CURLcode code) noexcept = 0;
};

/// libcurl's multi handle on an Asio event loop.
///
/// Its sockets live in an epoll set of their own; the loop waits on that set's descriptor, and only while
/// transfers are under way, so that an idle Multi does not keep the loop running. A timeout of zero, which
/// libcurl asks for all the time, is posted and coalesced: sent through a timer it costs 0.4 of the speed.
///
/// Event-loop thread only.
class Multi {
 public:
  /// Throws std::system_error. `kept_connections` bounds the cache of idle connections.
  Multi(Executor loop, long kept_connections);
  ~Multi();
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;

  /// Begins the transfer of `easy`; `listener` is told of its end, from the loop, never from in here.
  /// Throws std::bad_alloc.
  void add(CURL* easy, EndListener& listener);

  /// Ends the transfer if it still runs. Its listener is not called. Not from a libcurl callback.
  void remove(CURL* easy) noexcept;

  /// How much of what was written to a connection of ours has not been sent: now, or, for one that was closed
  /// and whose number nobody else has got since, when it was closed.
  std::size_t unsent_bytes(curl_socket_t socket) const noexcept;

 private:
  /// Connections that are closed tell what was left in them; libcurl closes some only when it ends itself.
  using Unsent = std::map<curl_socket_t, std::size_t>;
  static int on_open(void* unsent, curl_socket_t socket, curlsocktype) noexcept;
  static int on_close(void* unsent, curl_socket_t socket) noexcept;
  void prepare(CURL* easy);
  static int on_socket(CURL* easy, curl_socket_t socket, int what, Multi* self, void*) noexcept;
  static int on_timeout(CURLM*, long timeout_ms, Multi* self) noexcept;

  void watch(curl_socket_t socket, int what) noexcept;
  bool put_into_set(curl_socket_t socket, int what) noexcept;
  void ask_after_unwatched();
  void wait_for_sockets();
  void work_on_sockets();
  void wait_for_timeout(long timeout_ms);
  void work_on_timeout();
  void report_ends() noexcept;

  asio::posix::stream_descriptor sockets_;
  asio::steady_timer timer_, asking_timer_;
  Unsent unsent_when_closed_;  ///< by the numbers they had; at most as many as there were at once
  CURLM* const multi_;
  std::size_t running_ = 0;
  std::map<curl_socket_t, int> unwatched_;  ///< sockets that the kernel has no room to watch, and for what
  bool waiting_ = false;                    ///< for sockets_
  bool asking_ = false;                     ///< for asking_timer_
  bool kick_posted_ = false;                ///< a zero timeout is on its way through the loop

  /// Empty once this is destroyed: handlers still in the loop's queue look here first.
  std::shared_ptr<Multi*> self_ = std::make_shared<Multi*>(this);
};

}  // namespace chunkrd::http
