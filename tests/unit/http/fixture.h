#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/durable.h"
#include "core/threads.h"
#include "http/engine.h"
#include "http/read_ahead.h"
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

  /// Its body is read on threads.
  Request post(const std::string& url, std::unique_ptr<BodySource> body, std::uint64_t size_bytes) {
    Request request = post(url, "");
    request.body =
        std::make_unique<ReadAhead>(std::move(body), size_bytes, "the document", files_.executor());
    return request;
  }

  /// Into a file that is written on threads.
  IntoFile into(WriteBehind::Open open) {
    return {std::make_unique<WriteBehind>(std::move(open), "the result", files_.executor())};
  }
  IntoFile into(const std::filesystem::path& path) {
    return into([path] { return durable::open(path, O_WRONLY | O_CREAT | O_TRUNC); });
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
  Threads files_{2};
  Engine engine_{io_.get_executor(), {}};
};

}  // namespace chunkrd::http
