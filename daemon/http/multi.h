#pragma once

#include <curl/curl.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "core/async.h"

namespace chunkrd::http {

/// Told of the end of a transfer.
class EndListener {
 public:
  virtual ~EndListener() = default;
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

 private:
  static int on_socket(CURL*, curl_socket_t socket, int what, Multi* self, void*) noexcept;
  static int on_timeout(CURLM*, long timeout_ms, Multi* self) noexcept;

  void watch(curl_socket_t socket, int what) noexcept;
  void wait_for_sockets();
  void work_on_sockets();
  void wait_for_timeout(long timeout_ms);
  void work_on_timeout();
  void report_ends() noexcept;

  asio::posix::stream_descriptor sockets_;
  asio::steady_timer timer_;
  CURLM* const multi_;
  std::size_t running_ = 0;
  bool waiting_ = false;      ///< for sockets_
  bool kick_posted_ = false;  ///< a zero timeout is on its way through the loop

  /// Empty once this is destroyed: handlers still in the loop's queue look here first.
  std::shared_ptr<Multi*> self_ = std::make_shared<Multi*>(this);
};

}  // namespace chunkrd::http
