#pragma once

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "http/engine.h"
#include "tests/support/http_server.h"
#include "tests/support/loop.h"

namespace chunkrd::http {

/// An engine on a loop of its own, and requests to make with it.
class EngineTest : public testing::Test {
 protected:
  static Request get(const std::string& url) {
    Request request;
    request.url = url;
    request.timeouts.answer = Duration(10'000);
    return request;
  }

  static Request post(const std::string& url, std::string body) {
    Request request = get(url);
    request.method = Method::post;
    request.body = text_body(std::move(body));
    return request;
  }

  Result perform(Request request) { return test::run(io_, engine_.perform(std::move(request))); }

  /// For requests that should be answered.
  Response answer(Request request) {
    Result result = perform(std::move(request));
    if (result) return *result;
    ADD_FAILURE() << result.error().message;
    return {};
  }

  /// For requests that should not.
  TransportError failure(Request request) {
    Result result = perform(std::move(request));
    if (!result) return result.error();
    ADD_FAILURE() << "answered with " << result->status << " " << result->body;
    return {};
  }

  asio::io_context io_;
  Engine engine_{io_.get_executor(), {}};
};

}  // namespace chunkrd::http
