#include "http/exchange.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "http/engine.h"

namespace chunkrd::http {

using SteadyClock = std::chrono::steady_clock;

Exchange::Exchange(Engine& engine, Request& request)
    : engine_(&engine),
      timeouts_(request.timeouts),
      request_bytes_(request.body ? request.body->size_bytes() : 0),
      answer_(std::holds_alternative<IntoFile>(request.sink) ? Pace::Answer::file : Pace::Answer::small),
      timer_(engine.loop_),
      easy_(request, engine.options_.ca_file, engine.options_.proxies.for_url(request.url), *this) {
  engine.exchanges_.insert(this);
  try {
    easy_.begin_files(engine.loop_, [self = self_] {
      if (*self != nullptr) (*self)->on_files();
    });
  } catch (...) {
    engine.exchanges_.erase(this);
    throw;
  }
}

Exchange::~Exchange() {
  *self_ = nullptr;
  leave();
}

void Exchange::leave() noexcept {
  if (engine_ == nullptr) return;
  if (pace_) engine_->multi_->remove(easy_.handle());
  engine_->exchanges_.erase(this);
  engine_ = nullptr;
}

void Exchange::detach() noexcept {
  leave();
  easy_.let_files_go();
}

awaitable<Result> Exchange::result() {
  while (true) {
    go_on();
    if (!is_under_way()) break;
    boost::system::error_code woken_early;
    timer_.expires_after(interval());
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken_early));
    if (!is_under_way()) break;
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);
    look();
  }
  using Cause = TransportError::Cause;
  if (state_ == State::abandoned)
    co_return std::unexpected(easy_.ended_by_us(Cause::abandoned, "abandoned: the program ends"));
  if (state_ == State::slow) co_return std::unexpected(easy_.ended_by_us(Cause::timeout, why_slow_));
  co_return easy_.result(code_);
}

Duration Exchange::interval() const {
  const auto of_file = std::max(timeouts_.file / 4, Duration(10));
  return pace_ ? std::min(pace_->interval(), of_file) : of_file;
}

// What was waited for may be there.
void Exchange::go_on() {
  if (state_ == State::opening && easy_.is_ready()) {
    engine_->multi_->add(easy_.handle(), *this);
    pace_.emplace(timeouts_, request_bytes_, answer_, SteadyClock::now());
    state_ = State::running;
  } else if (state_ == State::finishing && easy_.is_kept()) {
    end(State::ended);
  }
}

void Exchange::look() {
  const auto now = SteadyClock::now();
  if (easy_.files_fail(now)) {
    fail_by_file();
  } else if (state_ == State::running) {
    if (auto why = pace_->look(easy_.seen(), now)) {
      why_slow_ = std::move(*why);
      end(State::slow);
    }
  }
}

void Exchange::on_files() {
  if (state_ == State::running) {
    if (easy_.files_fail(SteadyClock::now())) return fail_by_file();
    if (const CURLcode code = easy_.go_on(); code != CURLE_OK) on_end(code);
  } else if (is_under_way()) {
    timer_.cancel();
  }
}

void Exchange::fail_by_file() {
  code_ = CURLE_ABORTED_BY_CALLBACK;
  end(State::ended);
}

void Exchange::abandon() noexcept {
  if (is_under_way()) end(State::abandoned);
}

void Exchange::on_end(CURLcode code) noexcept {
  if (state_ != State::running) return;
  code_ = code;
  end(code == CURLE_OK ? State::finishing : State::ended);
}

// A connection that is not ours any more, or never was one: nothing is known to be unsent.
std::size_t Exchange::unsent_bytes() const noexcept {
  if (unsent_at_end_) return *unsent_at_end_;
  if (engine_ == nullptr || socket_ == CURL_SOCKET_BAD) return 0;
  return engine_->multi_->unsent_bytes(socket_);
}

void Exchange::end(State how) noexcept {
  if (!unsent_at_end_) unsent_at_end_ = unsent_bytes();
  state_ = how;
  timer_.cancel();
}

void Exchange::on_body_sent(std::size_t bytes) noexcept {
  if (engine_ != nullptr) engine_->body_bytes_sent_ += bytes;
}

}  // namespace chunkrd::http
