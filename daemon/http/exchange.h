#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "core/async.h"
#include "http/easy.h"
#include "http/multi.h"
#include "http/pace.h"

namespace chunkrd::http {

class Engine;

/// One request under way and the coroutine that waits for it. Lives in that coroutine's frame; being
/// destroyed, for whatever reason, ends the transfer.
///
/// libcurl begins when the beginning of a body is there, and is told to go on each time that a file it stands
/// still for has gone on. A file that the answer goes into is closed before there is a result.
class Exchange final : public EndListener, public Progress {
 public:
  /// `request` must outlive this.
  Exchange(Engine& engine, Request& request);
  ~Exchange() override;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Waits for the end. Once.
  awaitable<Result> result();

  /// The address of the redirect that result() was; empty if it was none.
  std::string redirect_url() const { return easy_.redirect_url(); }

  void abandon() noexcept;

  /// The engine goes away: gives up what belongs to it.
  void detach() noexcept;

  void on_connection(curl_socket_t socket) noexcept override { socket_ = socket; }
  void on_end(CURLcode code) noexcept override;
  void on_body_sent(std::size_t bytes) noexcept override;
  std::size_t unsent_bytes() const noexcept override;

 private:
  enum class State {
    opening,    ///< the beginning of the body is not there yet
    running,    ///< libcurl works
    finishing,  ///< libcurl has ended well; its answer is still written into its file
    ended,
    slow,
    abandoned,
  };

  bool is_under_way() const noexcept { return state_ <= State::finishing; }
  Duration interval() const;
  void go_on();
  void look();
  void on_files();
  void fail_by_file();
  void leave() noexcept;
  void end(State how) noexcept;

  Engine* engine_;
  const Timeouts timeouts_;
  const std::uint64_t request_bytes_;
  const Pace::Answer answer_;
  std::optional<Pace> pace_;  ///< once libcurl works
  asio::steady_timer timer_;  ///< rings at the end, and when it is time to look how it gets on
  Easy easy_;
  State state_ = State::opening;
  CURLcode code_ = CURLE_OK;
  std::string why_slow_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  std::optional<std::size_t> unsent_at_end_;  ///< once it has ended: others may use the connection then

  /// Empty once this is destroyed: files that have gone on look here first.
  std::shared_ptr<Exchange*> self_ = std::make_shared<Exchange*>(this);
};

}  // namespace chunkrd::http
