#include "metrics/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <list>
#include <optional>

#include "core/errors.h"
#include "tests/unit/metrics/samples.h"

namespace chunkrd::metrics {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

class EndpointTest : public ::testing::Test {
 protected:
  EndpointTest() { health_.set_ready(); }

  Sources sources() const { return {.metrics = {&metrics_.registry()}, .health = &health_}; }

  tcp::socket connect(std::uint16_t port) {
    tcp::socket socket(loop_);
    socket.connect({asio::ip::address_v4::loopback(), port});
    return socket;
  }

  static http::response<http::string_body> ask(tcp::socket& socket, http::verb method,
                                               const std::string& target,
                                               const std::string& host = "localhost") {
    http::request<http::string_body> request(method, target, 11);
    if (!host.empty()) request.set(http::field::host, host);
    request.prepare_payload();
    http::write(socket, request);
    http::response_parser<http::string_body> parser;
    parser.skip(method == http::verb::head);
    boost::beast::flat_buffer buffer;
    http::read(socket, buffer, parser);
    EXPECT_EQ(buffer.size(), 0U) << "more than the answer came";
    return parser.release();
  }

  http::response<http::string_body> ask(std::uint16_t port, http::verb method, const std::string& target) {
    tcp::socket socket = connect(port);
    return ask(socket, method, target);
  }

  // Waits until the other side has closed; false if it sends something instead.
  static bool is_closed(tcp::socket& socket) {
    char byte = 0;
    boost::system::error_code error;
    asio::read(socket, asio::buffer(&byte, 1), error);
    return error == asio::error::eof || error == asio::error::connection_reset;
  }

  asio::io_context loop_;
  DaemonMetrics metrics_{"1.2.3"};
  Health health_;
};

TEST_F(EndpointTest, ServesTheMetricsInPrometheusFormat) {
  const Endpoint endpoint("127.0.0.1:0", sources());
  const auto answer = ask(endpoint.port(), http::verb::get, "/metrics");
  EXPECT_EQ(answer.result_int(), 200U);
  EXPECT_EQ(answer[http::field::content_type], "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(answer.body(), HasSubstr("chunkrd_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_EQ(ask(endpoint.port(), http::verb::get, "/metrics?x=1").result_int(), 200U);
}

TEST_F(EndpointTest, CountsGoUpBetweenTwoScrapesOnOneConnection) {
  const Endpoint endpoint("127.0.0.1:0", sources());
  tcp::socket socket = connect(endpoint.port());
  EXPECT_EQ(sample(ask(socket, http::verb::get, "/metrics").body(), "chunkrd_adopted_tasks_total"), "0");
  metrics_.on_adopted();
  EXPECT_EQ(sample(ask(socket, http::verb::get, "/metrics").body(), "chunkrd_adopted_tasks_total"), "1");
}

TEST_F(EndpointTest, AnswersHeadWithTheLengthAndWithoutTheBody) {
  const Endpoint endpoint("127.0.0.1:0", sources());
  tcp::socket socket = connect(endpoint.port());
  const auto head = ask(socket, http::verb::head, "/metrics");
  EXPECT_EQ(head.result_int(), 200U);
  EXPECT_EQ(head.body(), "");
  // The connection is at the right place for the next request: no body came.
  const auto get = ask(socket, http::verb::get, "/metrics");
  EXPECT_EQ(head[http::field::content_length], std::to_string(get.body().size()));
}

TEST_F(EndpointTest, HasItsPagesAndNoOthers) {
  const Endpoint endpoint("127.0.0.1:0", sources());
  EXPECT_EQ(ask(endpoint.port(), http::verb::get, "/healthz").body(), "ok\n");
  EXPECT_EQ(ask(endpoint.port(), http::verb::get, "/readyz").body(), "ready\n");
  const auto people = ask(endpoint.port(), http::verb::get, "/");
  EXPECT_THAT(people.body(), HasSubstr("chunkrd is starting"));
  EXPECT_EQ(people[http::field::content_type], "text/html; charset=utf-8");
  EXPECT_THAT(std::string(people["Content-Security-Policy"]), HasSubstr("default-src 'none'"));
  for (const char* target : {"/metric", "/metrics/", "/../metrics", "*"}) {
    EXPECT_EQ(ask(endpoint.port(), http::verb::get, target).result_int(), 404U) << target;
  }
  health_.set_not_ready({"paused: auth"});
  EXPECT_EQ(ask(endpoint.port(), http::verb::get, "/readyz").result_int(), 503U);
}

// A page whose own name was made to lead to 127.0.0.1 is let in by the browser: only the Host tells.
TEST_F(EndpointTest, ForThisMachineItAnswersToNoNameOfOthers) {
  const Endpoint endpoint("127.0.0.1:0", sources());
  const auto status = [&](const std::string& target, const std::string& host) {
    tcp::socket socket = connect(endpoint.port());
    return ask(socket, http::verb::get, target, host).result_int();
  };
  for (const char* target : {"/", "/metrics", "/healthz", "/readyz"}) {
    for (const char* host : {"evil.example", "evil.example:9464", "127.0.0.1.evil.example",
                             "localhost.evil.example", "localhost@evil.example", "evil localhost"})
      EXPECT_EQ(status(target, host), 421U) << target << " " << host;
    for (const char* host : {"localhost", "LOCALHOST:9464", "chunkrd.localhost", "127.0.0.1:9464",
                             "[::1]:9464", "10.0.0.5:9464", ""})
      EXPECT_EQ(status(target, host), 200U) << target << " " << host;
  }
}

// By which names others reach this machine is not known.
TEST_F(EndpointTest, ForOthersItAnswersToAnyName) {
  const Endpoint endpoint("0.0.0.0:0", sources());
  tcp::socket socket = connect(endpoint.port());
  EXPECT_EQ(ask(socket, http::verb::get, "/metrics", "scans.example:9464").result_int(), 200U);
}

TEST_F(EndpointTest, RefusesOtherMethods) {
  const Endpoint endpoint("127.0.0.1:0", sources());
  const auto answer = ask(endpoint.port(), http::verb::post, "/metrics");
  EXPECT_EQ(answer.result_int(), 405U);
  EXPECT_EQ(answer[http::field::allow], "GET, HEAD");
}

TEST_F(EndpointTest, ClosesOnWhatIsNoHttpOrTooLarge) {
  const Endpoint endpoint("127.0.0.1:0", sources());
  tcp::socket noise = connect(endpoint.port());
  asio::write(noise, asio::buffer(std::string("\x16\x03\x01 no http\r\n\r\n")));
  EXPECT_TRUE(is_closed(noise));
  tcp::socket large = connect(endpoint.port());
  boost::system::error_code ignored;
  asio::write(large, asio::buffer("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"), ignored);
  EXPECT_TRUE(is_closed(large));
  EXPECT_EQ(ask(endpoint.port(), http::verb::get, "/healthz").result_int(), 200U);
}

TEST_F(EndpointTest, IsNotHeldUpByClientsThatSendHalfARequestOrNothing) {
  const Endpoint endpoint("127.0.0.1:0", sources(), {.exchange = 10min, .idle = 10min, .connections = 8});
  std::list<tcp::socket> stuck;
  for (int i = 0; i < 8; ++i) {
    stuck.push_back(connect(endpoint.port()));
    asio::write(stuck.back(), asio::buffer(std::string(i % 2 == 0 ? "GET /metr" : "")));
  }
  EXPECT_EQ(ask(endpoint.port(), http::verb::get, "/metrics").result_int(), 200U);
}

TEST_F(EndpointTest, ClosesTheOldestConnectionForOneTooMany) {
  const Endpoint endpoint("127.0.0.1:0", sources(), {.exchange = 10min, .idle = 10min, .connections = 2});
  tcp::socket first = connect(endpoint.port());
  ask(first, http::verb::get, "/healthz");
  tcp::socket second = connect(endpoint.port());
  ask(second, http::verb::get, "/healthz");
  tcp::socket third = connect(endpoint.port());
  EXPECT_TRUE(is_closed(first));
  EXPECT_EQ(ask(second, http::verb::get, "/healthz").result_int(), 200U);
  EXPECT_EQ(ask(third, http::verb::get, "/healthz").result_int(), 200U);
}

TEST_F(EndpointTest, ClosesAClientThatSendsNothing) {
  const Endpoint endpoint("127.0.0.1:0", sources(), {.exchange = 20ms, .idle = 10min, .connections = 8});
  tcp::socket silent = connect(endpoint.port());
  EXPECT_TRUE(is_closed(silent));
}

TEST_F(EndpointTest, ClosesAConnectionThatIsIdleForTooLong) {
  const Endpoint endpoint("127.0.0.1:0", sources(), {.exchange = 10min, .idle = 20ms, .connections = 8});
  tcp::socket idle = connect(endpoint.port());
  ask(idle, http::verb::get, "/healthz");
  EXPECT_TRUE(is_closed(idle));
}

TEST_F(EndpointTest, ClosesItsConnectionsWhenItEnds) {
  std::optional<Endpoint> endpoint(std::in_place, "127.0.0.1:0", sources());
  tcp::socket waiting = connect(endpoint->port());
  ask(waiting, http::verb::get, "/healthz");
  tcp::socket half = connect(endpoint->port());
  asio::write(half, asio::buffer(std::string("GET /")));
  endpoint.reset();
  EXPECT_TRUE(is_closed(waiting));
  EXPECT_TRUE(is_closed(half));
}

TEST_F(EndpointTest, ListensAtIpv6AndAtAllAddresses) {
  const Endpoint all(":0", sources());
  EXPECT_EQ(ask(all.port(), http::verb::get, "/healthz").result_int(), 200U);
  tcp::socket socket(loop_);
  const Endpoint v6("[::1]:0", sources());
  socket.connect({asio::ip::address_v6::loopback(), v6.port()});
  EXPECT_EQ(ask(socket, http::verb::get, "/healthz").result_int(), 200U);
}

TEST_F(EndpointTest, NamesTheAddressThatIsInUse) {
  const Endpoint endpoint("127.0.0.1:0", sources());
  const std::string listen = "127.0.0.1:" + std::to_string(endpoint.port());
  try {
    const Endpoint second(listen, sources());
    FAIL();
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ExitCode::unavailable);
    EXPECT_EQ(error.what(), "metrics.listen: cannot listen at " + listen + ": Address already in use");
  }
}

TEST_F(EndpointTest, RefusesWhatIsNoAddress) {
  EXPECT_THROW(Endpoint("nowhere", sources()), UserError);
}

}  // namespace
}  // namespace chunkrd::metrics
