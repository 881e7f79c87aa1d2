#include "http/exchange.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "http/engine.h"

namespace chunkrd::http {

using SteadyClock = std::chrono::steady_clock;

Exchange::Exchange(Engine& engine, Request& request)
    : engine_(&engine),
      pace_(request.timeouts, request.body ? request.body->size_bytes() : 0,
            std::holds_alternative<IntoFile>(request.sink) ? Pace::Answer::file : Pace::Answer::small,
            SteadyClock::now()),
      timer_(engine.loop_),
      easy_(request, engine.options_.ca_file, engine.options_.proxies.for_url(request.url), *this) {
  engine.exchanges_.insert(this);
  try {
    engine.multi_->add(easy_.handle(), *this);
  } catch (...) {
    engine.exchanges_.erase(this);
    throw;
  }
}

Exchange::~Exchange() {
  detach();
}

void Exchange::detach() noexcept {
  if (engine_ == nullptr) return;
  engine_->multi_->remove(easy_.handle());
  engine_->exchanges_.erase(this);
  engine_ = nullptr;
}

awaitable<Result> Exchange::result() {
  while (state_ == State::running) {
    boost::system::error_code woken_early;
    timer_.expires_after(pace_.interval());
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken_early));
    if (state_ != State::running) break;
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);
    if (auto why = pace_.look(easy_.seen(), SteadyClock::now())) {
      why_slow_ = std::move(*why);
      end(State::slow);
    }
  }
  using Cause = TransportError::Cause;
  if (state_ == State::abandoned)
    co_return std::unexpected(easy_.ended_by_us(Cause::abandoned, "abandoned: the program ends"));
  if (state_ == State::slow) co_return std::unexpected(easy_.ended_by_us(Cause::timeout, why_slow_));
  co_return easy_.result(code_);
}

void Exchange::abandon() noexcept {
  if (state_ == State::running) end(State::abandoned);
}

void Exchange::on_end(CURLcode code) noexcept {
  if (state_ != State::running) return;
  code_ = code;
  end(State::ended);
}

// A connection that is not ours any more, or never was one: nothing is known to be unsent.
std::size_t Exchange::unsent_bytes() const noexcept {
  if (unsent_at_end_) return *unsent_at_end_;
  if (engine_ == nullptr || socket_ == CURL_SOCKET_BAD) return 0;
  return engine_->multi_->unsent_bytes(socket_);
}

void Exchange::end(State how) noexcept {
  unsent_at_end_ = unsent_bytes();
  state_ = how;
  timer_.cancel();
}

void Exchange::on_body_sent(std::size_t bytes) noexcept {
  if (engine_ != nullptr) engine_->body_bytes_sent_ += bytes;
}

}  // namespace chunkrd::http
