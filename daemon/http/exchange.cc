#include "http/exchange.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "http/engine.h"

namespace chunkrd::http {

using SteadyClock = std::chrono::steady_clock;

Exchange::Exchange(Engine& engine, Request& request)
    : engine_(&engine),
      timeouts_(request.timeouts),
      timer_(engine.loop_, SteadyClock::time_point::max()),
      easy_(request, engine.options_.ca_file, *this) {
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
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken_early));
    if (state_ != State::running) break;
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);
    if (timer_.expiry() <= SteadyClock::now()) state_ = State::late;
  }
  using Cause = TransportError::Cause;
  if (state_ == State::abandoned)
    co_return std::unexpected(easy_.ended_by_us(Cause::abandoned, "abandoned: the program ends"));
  if (state_ == State::late)
    co_return std::unexpected(easy_.ended_by_us(
        Cause::timeout, "no answer " + std::to_string(timeouts_.answer.value_or(Duration{}).count()) +
                            " ms after the request"));
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

void Exchange::end(State how) noexcept {
  state_ = how;
  timer_.cancel();
}

void Exchange::on_body_sent(std::size_t bytes) noexcept {
  if (engine_ != nullptr) engine_->body_bytes_sent_ += bytes;
}

void Exchange::on_request_complete() noexcept {
  if (timeouts_.answer) timer_.expires_after(*timeouts_.answer);
}

void Exchange::on_request_restarted() noexcept {
  timer_.expires_at(SteadyClock::time_point::max());
}

}  // namespace chunkrd::http
