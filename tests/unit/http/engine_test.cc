// What an answered request is: sent as asked, read whole, connections used again.
#include "http/engine.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <ctime>
#include <fstream>
#include <sstream>

#include "core/durable.h"
#include "core/fd.h"
#include "tests/unit/http/fixture.h"

namespace chunkrd::http {
namespace {

using test::HttpServer;
using test::Reply;
using testing::HasSubstr;
using testing::SizeIs;

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::filesystem::path temporary_file(const std::string& name) {
  return std::filesystem::path(testing::TempDir()) / (name + "." + std::to_string(::getpid()));
}

/// Counts the bytes of a long body, and hands out odd pieces.
class LongBody final : public BodySource {
 public:
  explicit LongBody(std::uint64_t size) : size_(size) {}
  std::size_t read(std::span<char> into) override {
    const std::size_t count = std::min<std::uint64_t>({into.size(), size_ - at_, 7001});
    for (std::size_t i = 0; i < count; ++i) into[i] = at(at_ + i);
    at_ += count;
    return count;
  }
  void rewind() override { at_ = 0; }

  static char at(std::uint64_t place) { return static_cast<char>('a' + place % 23); }
  static bool is(const std::string& text) {
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] != at(i)) return false;
    return true;
  }

 private:
  std::uint64_t size_;
  std::uint64_t at_ = 0;
};

class BrokenBody final : public BodySource {
 public:
  std::size_t read(std::span<char> into) override {
    if (read_) throw std::runtime_error("the disk fell off");
    read_ = true;
    into[0] = 'x';
    return 1;
  }
  void rewind() override {}

 private:
  bool read_ = false;
};

TEST_F(EngineTest, SendsWhatItWasAskedTo) {
  HttpServer server;
  Request request = post(server.url() + "/a/b?c=d", "hello");
  request.headers = {{"Authorization", "key"}, {"Content-Type", "text/x"}};
  EXPECT_EQ(answer(std::move(request)).status, 200);
  const auto received = server.requests().at(0);
  EXPECT_EQ(received.method, "POST");
  EXPECT_EQ(received.target, "/a/b?c=d");
  EXPECT_EQ(received.body, "hello");
  EXPECT_EQ(received.headers.at("authorization"), "key");
  EXPECT_EQ(received.headers.at("content-type"), "text/x");
  EXPECT_EQ(received.headers.at("content-length"), "5");
  EXPECT_FALSE(received.headers.contains("expect"));
  EXPECT_FALSE(received.headers.contains("upgrade"));
}

TEST_F(EngineTest, KnowsTheFourMethods) {
  HttpServer server;
  answer(get(server.url()));
  answer(post(server.url(), "p"));
  Request patch = post(server.url(), "q");
  patch.method = Method::patch;
  answer(std::move(patch));
  Request del = get(server.url());
  del.method = Method::del;
  answer(std::move(del));
  const auto received = server.requests();
  ASSERT_THAT(received, SizeIs(4));
  EXPECT_EQ(received[0].method, "GET");
  EXPECT_EQ(received[1].method, "POST");
  EXPECT_EQ(received[2].method, "PATCH");
  EXPECT_EQ(received[2].body, "q");
  EXPECT_EQ(received[3].method, "DELETE");
}

TEST_F(EngineTest, UsesAConnectionAgain) {
  HttpServer server;
  for (int i = 0; i < 5; ++i) answer(i % 2 == 0 ? get(server.url()) : post(server.url(), "x"));
  EXPECT_THAT(server.requests(), SizeIs(5));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(EngineTest, SendsALongBodyWithItsLengthAndWithoutExpect) {
  HttpServer server;
  const Response response = answer(post(server.url(), std::make_unique<LongBody>(3'000'001), 3'000'001));
  EXPECT_GT(response.traffic.bytes_up, 3'000'001u);
  EXPECT_LT(response.traffic.bytes_up, 3'001'000u);
  const auto received = server.requests().at(0);
  EXPECT_EQ(received.headers.at("content-length"), "3000001");
  EXPECT_FALSE(received.headers.contains("transfer-encoding"));
  EXPECT_FALSE(received.headers.contains("expect"));
  EXPECT_EQ(received.body.size(), 3'000'001u);
  EXPECT_TRUE(LongBody::is(received.body));
}

TEST_F(EngineTest, GivesTheHeadersThatMatter) {
  HttpServer server;
  server.script({.status = 429,
                 .headers = {{"content-type", "text/plain"},
                             {"X-Request-ID", "r-1"},
                             {"Retry-After", "7"},
                             {"Date", "Tue, 24 Nov 2026 03:04:05 GMT"}},
                 .body = "slow down"});
  const Response response = answer(get(server.url()));
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.body, "slow down");
  EXPECT_EQ(response.content_type, "text/plain");
  EXPECT_EQ(response.request_id, "r-1");
  EXPECT_EQ(response.retry_after, std::chrono::seconds(7));
  ASSERT_TRUE(response.date);
  EXPECT_EQ(response.date->time_since_epoch(), std::chrono::seconds(1'795'489'445));
}

TEST_F(EngineTest, ReadsRetryAfterAsADateByTheClockThatDatesTheAnswer) {
  HttpServer server;
  server.script({.status = 503,
                 .headers = {{"Date", "Sat, 06 Feb 2106 00:00:00 GMT"},
                             {"Retry-After", "Sat, 06 Feb 2106 00:01:30 GMT"}}});
  EXPECT_EQ(answer(get(server.url())).retry_after, std::chrono::seconds(90));
}

TEST_F(EngineTest, ReadsRetryAfterAsADate) {
  HttpServer server;
  const auto reply_with_date = [](std::time_t when) {
    char text[64];
    std::tm parts{};
    ::gmtime_r(&when, &parts);
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return Reply{.status = 503, .headers = {{"Retry-After", text}}};
  };
  server.script(reply_with_date(std::time(nullptr) + 100));
  server.script(reply_with_date(std::time(nullptr) - 100));
  const Response later = answer(get(server.url()));
  ASSERT_TRUE(later.retry_after.has_value());
  EXPECT_GE(*later.retry_after, std::chrono::seconds(60));
  EXPECT_LE(*later.retry_after, std::chrono::seconds(100));
  EXPECT_EQ(answer(get(server.url())).retry_after, Duration::zero());
  EXPECT_FALSE(answer(get(server.url())).retry_after.has_value());
}

TEST_F(EngineTest, ReadsEveryFraming) {
  HttpServer server;
  server.script({.body = "length"});
  server.script({.body = "chunked", .framing = Reply::Framing::chunked});
  server.script({.body = "close", .framing = Reply::Framing::until_close, .after = Reply::After::close});
  EXPECT_EQ(answer(get(server.url())).body, "length");
  EXPECT_EQ(answer(get(server.url())).body, "chunked");
  EXPECT_EQ(answer(get(server.url())).body, "close");
}

TEST_F(EngineTest, WritesA200IntoAFile) {
  HttpServer server;
  const std::string body(700'001, 'z');
  server.script({.body = body});
  const auto path = temporary_file("result");
  Request request = get(server.url());
  request.sink = into(path);
  const Response response = answer(std::move(request));
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(response.body_bytes, body.size());
  EXPECT_EQ(content(path), body);
}

TEST_F(EngineTest, KeepsAnErrorOutOfTheFile) {
  HttpServer server;
  server.script(Reply::text(404, "Task not found"));
  const auto path = temporary_file("error");
  Request request = get(server.url());
  request.sink = into(path);
  const Response response = answer(std::move(request));
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, "Task not found");
  EXPECT_EQ(content(path), "");
}

TEST_F(EngineTest, KeepsTheBeginningOfALongErrorText) {
  HttpServer server;
  server.script(Reply::text(500, std::string(100'000, 'e')));
  server.script(Reply::text(500, std::string(5'000'000, 'f')));
  EXPECT_EQ(answer(get(server.url())).body, std::string(kErrorTextLimit, 'e'));
  const Response endless = answer(get(server.url()));
  EXPECT_EQ(endless.status, 500);
  EXPECT_EQ(endless.body, std::string(kErrorTextLimit, 'f'));
}

TEST_F(EngineTest, RefusesAnAnswerOverTheLimit) {
  HttpServer server;
  for (const auto framing : {Reply::Framing::length, Reply::Framing::chunked}) {
    server.script({.body = std::string(10'001, 'x'), .framing = framing});
    Request request = get(server.url());
    request.sink = IntoText{.limit_bytes = 10'000};
    const TransportError error = failure(std::move(request));
    EXPECT_EQ(error.cause, TransportError::Cause::too_large);
    EXPECT_THAT(error.message, HasSubstr("larger than 10000 bytes"));
  }
  server.script({.body = std::string(10'000, 'x')});
  Request request = get(server.url());
  request.sink = IntoText{.limit_bytes = 10'000};
  EXPECT_EQ(answer(std::move(request)).body.size(), 10'000u);
}

TEST_F(EngineTest, RefusesAFileOverTheLimit) {
  HttpServer server;
  server.script({.body = std::string(10'001, 'x')});
  Request request = get(server.url());
  request.sink = IntoFile{.file = into("/dev/null").file, .limit_bytes = 10'000};
  EXPECT_EQ(failure(std::move(request)).cause, TransportError::Cause::too_large);
}

TEST_F(EngineTest, SaysWhenTheFileCannotBeWritten) {
  HttpServer server;
  server.script({.body = "x"});
  Request request = get(server.url());
  request.sink = into("/dev/full");
  const TransportError error = failure(std::move(request));
  EXPECT_EQ(error.cause, TransportError::Cause::local);
  EXPECT_THAT(error.message, HasSubstr("No space left"));
}

TEST_F(EngineTest, EndsATransferWhoseBodyCannotBeRead) {
  HttpServer server;
  const TransportError error = failure(post(server.url(), std::make_unique<BrokenBody>(), 1'000'000));
  EXPECT_EQ(error.cause, TransportError::Cause::local);
  EXPECT_EQ(error.sent, TransportError::Sent::not_sent) << "all but its last byte is nothing";
  EXPECT_THAT(error.message, HasSubstr("the disk fell off"));
}

TEST_F(EngineTest, CarriesAHundredRequestsAtOnce) {
  HttpServer server;
  server.otherwise([](const test::Received& head) {
    return Reply{.body = head.target, .delay = std::chrono::milliseconds(50)};
  });
  int right = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string target = "/" + std::to_string(i);
    asio::co_spawn(io_, engine_.perform(post(server.url() + target, std::string(10'000, 'b'))),
                   [&right, target](const std::exception_ptr& error, const Result& result) {
                     if (!error && result && result->body == target) ++right;
                   });
  }
  io_.run_for(std::chrono::seconds(30));
  EXPECT_EQ(right, 100);
  EXPECT_TRUE(io_.stopped()) << "an idle engine keeps the loop running";
}

TEST_F(EngineTest, AbandonsEverythingUnderWay) {
  HttpServer server;
  server.otherwise([](const test::Received&) { return Reply::silence(); });
  int abandoned = 0;
  for (int i = 0; i < 3; ++i)
    asio::co_spawn(io_, engine_.perform(post(server.url(), "x")),
                   [&](const std::exception_ptr& error, const Result& result) {
                     if (!error && !result && result.error().cause == TransportError::Cause::abandoned &&
                         result.error().sent == TransportError::Sent::maybe_sent)
                       ++abandoned;
                   });
  while (server.requests().size() < 3) io_.run_one_for(std::chrono::milliseconds(10));
  engine_.abandon_all();
  io_.run_for(std::chrono::seconds(10));
  EXPECT_EQ(abandoned, 3);
  EXPECT_EQ(engine_.under_way(), 0u);
}

TEST_F(EngineTest, ACancelledCoroutineEndsItsTransfer) {
  HttpServer server;
  server.otherwise([](const test::Received&) { return Reply::silence(); });
  asio::cancellation_signal cancel;
  bool thrown = false;
  asio::co_spawn(
      io_, engine_.perform(get(server.url())),
      asio::bind_cancellation_slot(
          cancel.slot(), [&](const std::exception_ptr& error, const Result&) { thrown = error != nullptr; }));
  while (server.requests().empty()) io_.run_one_for(std::chrono::milliseconds(10));
  EXPECT_EQ(engine_.under_way(), 1u);
  cancel.emit(asio::cancellation_type::terminal);
  io_.run_for(std::chrono::seconds(10));
  EXPECT_TRUE(thrown);
  EXPECT_EQ(engine_.under_way(), 0u);
}

TEST(EngineEnd, MayComeWhileRequestsAreUnderWay) {
  HttpServer server;
  server.otherwise([](const test::Received&) { return Reply::silence(); });
  asio::io_context io;
  {
    Engine engine(io.get_executor(), {});
    Request request;
    request.url = server.url();
    asio::co_spawn(io, engine.perform(std::move(request)), [](const std::exception_ptr&, const Result&) {});
    while (server.requests().empty()) io.run_one_for(std::chrono::milliseconds(10));
  }
}

}  // namespace
}  // namespace chunkrd::http
