#include "http/engine.h"

#include <utility>
#include <vector>

#include "http/exchange.h"
#include "http/multi.h"
#include "http/origin.h"

namespace chunkrd::http {

Engine::Engine(Executor loop, Options options)
    : loop_(std::move(loop)),
      options_(std::move(options)),
      multi_(std::make_unique<Multi>(loop_, static_cast<long>(options_.kept_connections))) {}

Engine::~Engine() {
  for (Exchange* const exchange : std::vector(exchanges_.begin(), exchanges_.end())) {
    exchange->abandon();
    exchange->detach();
  }
}

awaitable<Result> Engine::perform(Request request) {
  const auto origin = origin_of(request.url);
  for (int redirects = 0;; ++redirects) {
    Exchange exchange(*this, request);
    Result result = co_await exchange.result();
    const std::string next = exchange.redirect_url();
    const bool follow = result && !next.empty() && request.method == Method::get &&
                        redirects < kRedirectsMax && origin && origin_of(next) == origin;
    if (!follow) co_return result;
    request.url = next;
  }
}

void Engine::abandon_all() {
  for (Exchange* const exchange : exchanges_) exchange->abandon();
}

}  // namespace chunkrd::http
