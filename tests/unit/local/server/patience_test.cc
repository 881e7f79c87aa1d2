// Clients and servers that keep us waiting: each of them waits alone.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/asio/write.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <thread>

#include "local/server/fetcher.h"
#include "tests/support/http_server.h"
#include "tests/unit/local/server/fixture.h"

namespace chunkrd::local::server::test {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;

/// A server that takes connections and never says a word.
class Silence {
 public:
  Silence() : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}
  std::string url() const {
    return fmt::format("http://127.0.0.1:{}/x.pdf", acceptor_.local_endpoint().port());
  }
  void wait_for_one() { held_.push_back(acceptor_.accept()); }

 private:
  asio::io_context context_;
  tcp::acceptor acceptor_;
  std::vector<tcp::socket> held_;
};

class Patience : public ServerTest {
 protected:
  void ask_for(const std::string& url) {
    waiting_.push_back(std::make_unique<Client>(port()));
    const auto body = fmt::format(R"({{"file": "{}"}})", url);
    waiting_.back()->send_raw(fmt::format(
        "POST /api/v1/task/parse HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        "Content-Length: {}\r\n\r\n{}",
        body.size(), body));
  }
  std::vector<std::unique_ptr<Client>> waiting_;
};

TEST_F(Patience, LinksThatHangHoldUpNoOtherRequestAndNoEnd) {
  start();
  Silence silence;
  for (int i = 0; i < 8; ++i) {
    ask_for(silence.url());
    silence.wait_for_one();
  }
  create("inline.txt");
  EXPECT_EQ(post(fmt::format(R"({{"file": "http://127.0.0.1:{}/health"}})", port())).status, 200U);
  const auto before = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
}

TEST_F(Patience, MoreLinksThanAreFetchedAtOnceAreToldToComeAgain) {
  options_.fetch.at_once = 2;
  start();
  Silence silence;
  for (int i = 0; i < 2; ++i) {
    ask_for(silence.url());
    silence.wait_for_one();
  }
  const Reply reply = post(fmt::format(R"({{"file": "{}"}})", silence.url()));
  EXPECT_EQ(reply.status, 503U);
  EXPECT_TRUE(reply.headers.contains("retry-after"));
}

TEST_F(Patience, ALinkThatHangsIsGivenUp) {
  options_.fetch.stall = 1s;
  options_.fetch.total = 1500ms;
  start();
  Silence silence;
  const Reply reply = post(fmt::format(R"({{"file": "{}"}})", silence.url()));
  EXPECT_EQ(reply.status, 500U);
  EXPECT_EQ(reply.body, "Failed to process file");
}

TEST_F(Patience, AConnectionThatAsksNothingIsClosedSoonerThanOneThatHasAsked) {
  options_.read_timeout = 100ms;
  options_.keep_alive = 1h;
  start();
  Client silent(port());
  EXPECT_TRUE(silent.is_closed_within(kPatience));
}

TEST_F(Patience, AHeadThatComesAByteAtATimeHasAnEnd) {
  options_.read_timeout = 300ms;
  start();
  Client slow(port());
  const auto until = std::chrono::steady_clock::now() + kPatience;
  slow.send_raw("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ");
  while (!slow.is_closed_within(20ms)) {
    ASSERT_LT(std::chrono::steady_clock::now(), until);
    slow.send_raw("x");
  }
}

TEST_F(Patience, ABodyThatComesAByteAtATimeHasAnEnd) {
  options_.read_timeout = 300ms;
  start();
  for (const auto* framing : {"Content-Length: 100000\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n1;"}) {
    Client slow(port());
    const auto until = std::chrono::steady_clock::now() + kPatience;
    slow.send_raw(
        fmt::format("POST /api/v1/task/parse HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    "Content-Type: application/json\r\n{}",
                    framing));
    while (!slow.is_closed_within(20ms)) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << framing;
      slow.send_raw(" ");
    }
  }
}

TEST_F(Patience, TheConnectionThatIsIdleForLongestMakesRoomForAnother) {
  options_.connections_max = 8;
  start();
  Client first(port());
  ASSERT_EQ(first.get("/health").status, 200U);
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 7; ++i) idle.push_back(std::make_unique<Client>(port()));
  for (auto& one : idle) ASSERT_EQ(one->get("/health").status, 200U);
  EXPECT_EQ(client().get("/health").status, 200U);
  EXPECT_TRUE(first.is_closed_within(kPatience));
  for (auto& one : idle) EXPECT_EQ(one->get("/health").status, 200U);
}

TEST_F(Patience, FloodsOfConnectionsThatAskNothingKeepNobodyOut) {
  options_.connections_max = 16;
  start();
  std::vector<std::unique_ptr<Client>> flood;
  for (int i = 0; i < 200; ++i) {
    flood.push_back(std::make_unique<Client>(port()));
    if (i % 2 == 0) flood.back()->send_raw("GET /health HTTP/1.1\r\nHo");
  }
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client().get("/health").status, 200U);
}

TEST_F(Patience, WhereAllAreBusyTheNextIsTurnedAway) {
  options_.connections_max = 8;
  start();
  Silence silence;
  for (int i = 0; i < 8; ++i) {
    ask_for(silence.url());
    silence.wait_for_one();
  }
  Client next(port());
  EXPECT_EQ(next.receive().status, 503U);
}

TEST(Whereabouts, AreKnownHoweverAnAddressIsWritten) {
  EXPECT_EQ(whereabouts_of(asio::ip::make_address("127.1.2.3")), Whereabouts::here);
  for (const auto* here : {"0.0.0.0", "::1", "::", "::ffff:127.0.0.1"}) {
    EXPECT_EQ(whereabouts_of(asio::ip::make_address(here)), Whereabouts::here) << here;
  }
  for (const auto* forbidden : {"169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "fd00:ec2::254",
                                "224.0.0.1", "255.255.255.255", "ff02::1"}) {
    EXPECT_EQ(whereabouts_of(asio::ip::make_address(forbidden)), Whereabouts::forbidden) << forbidden;
  }
  for (const auto* elsewhere : {"10.0.0.1", "192.168.1.1", "93.184.216.34", "2001:db8::1"}) {
    EXPECT_EQ(whereabouts_of(asio::ip::make_address(elsewhere)), Whereabouts::elsewhere) << elsewhere;
  }
}

TEST(Whereabouts, OfThisMachineAreNotReachedByARedirectFromOutside) {
  using enum Whereabouts;
  EXPECT_TRUE(may_lead(FetchScope::any, here, here));
  EXPECT_FALSE(may_lead(FetchScope::any, elsewhere, here));
  EXPECT_FALSE(may_lead(FetchScope::others, here, here));
  EXPECT_TRUE(may_lead(FetchScope::others, elsewhere, elsewhere));
  EXPECT_FALSE(may_lead(FetchScope::none, elsewhere, elsewhere));
  for (const auto scope : {FetchScope::any, FetchScope::others})
    EXPECT_FALSE(may_lead(scope, here, forbidden));
}

TEST_F(Patience, ARedirectIsLookedAtLikeTheAddressItself) {
  start();
  ::chunkrd::test::HttpServer site;
  using Answer = ::chunkrd::test::Reply;
  const auto status_after = [&](const std::string& location) {
    site.script(Answer::redirect(302, location));
    return post(fmt::format(R"({{"file": "{}/a.pdf"}})", site.url())).status;
  };
  EXPECT_EQ(status_after("http://169.254.169.254/latest/"), 400U);
  EXPECT_EQ(status_after("file:///etc/passwd"), 500U);
  EXPECT_EQ(status_after(fmt::format("http://127.0.0.1:{}/health", port())), 200U);
}

TEST_F(Patience, AnAddressThatMayNotBeFetchedIsRefusedWithWords) {
  const auto status_of_fetching = [&](const std::string& url) {
    return post(fmt::format(R"({{"file": "{}"}})", url)).status;
  };
  start();
  EXPECT_EQ(status_of_fetching("http://169.254.169.254/latest/meta-data/"), 400U);
  options_.fetch.scope = FetchScope::others;
  start();
  for (const auto* host : {"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "127.1", "2130706433", "0x7f000001",
                           "[::ffff:127.0.0.1]"}) {
    EXPECT_EQ(status_of_fetching(fmt::format("http://{}:{}/health", host, port())), 400U) << host;
  }
  options_.fetch.scope = FetchScope::none;
  start();
  EXPECT_EQ(status_of_fetching(fmt::format("http://127.0.0.1:{}/health", port())), 400U);
  for (const auto* scheme : {"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/"}) {
    EXPECT_EQ(status_of_fetching(scheme), 500U) << "is read as base64, and is none: " << scheme;
  }
}

}  // namespace
}  // namespace chunkrd::local::server::test
