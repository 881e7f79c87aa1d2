#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>

#include "config/api_key.h"
#include "config/settings.h"
#include "core/async.h"
#include "http/engine.h"
#include "taskapi/http_client.h"

namespace chunkrd::cli {

/// Asks the service one thing, on an event loop of its own. `request` gets a taskapi::Client& and gives the
/// awaitable of an answer. Throws UserError where there is no usable key.
template <class Request>
auto one_request(const config::Settings& settings, Request request) {
  using Awaitable = std::invoke_result_t<Request, taskapi::Client&>;
  using Answer = typename Awaitable::value_type;
  asio::io_context loop(1);
  http::Engine engine(loop.get_executor(), {.ca_file = settings.api.ca_file});
  taskapi::HttpClient::Options options;
  options.url = settings.api.url;
  // A person waits for it.
  options.connect_timeout = options.answer_timeout = options.stall_timeout = std::chrono::seconds(10);
  taskapi::HttpClient client(engine, options, config::load_api_key(settings.api), nullptr);
  std::optional<Answer> answer;
  std::exception_ptr failure;
  asio::co_spawn(loop, request(client), [&](std::exception_ptr error, Answer result) {
    failure = error;
    answer = std::move(result);
  });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  return std::move(*answer);
}

}  // namespace chunkrd::cli
