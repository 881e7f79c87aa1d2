// No whole answer: was anything sent, and why. What decides whether a create may be sent again.
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/fd.h"
#include "http/failure.h"
#include "tests/support/crippled_kernel.h"
#include "tests/support/sanitizer.h"
#include "tests/unit/http/fixture.h"

namespace chunkrd::http {
namespace {

using test::HttpServer;
using test::Reply;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using Cause = TransportError::Cause;
using Sent = TransportError::Sent;

using Failures = EngineTest;

std::string local(std::uint16_t port) {
  return "http://127.0.0.1:" + std::to_string(port);
}

TEST_F(Failures, ARefusedPortSentNothing) {
  const TransportError error = failure(post(local(test::unused_port()) + "/secret", "x"));
  EXPECT_EQ(error.sent, Sent::not_sent);
  EXPECT_EQ(error.cause, Cause::connect);
  EXPECT_THAT(error.message, HasSubstr("POST http://127.0.0.1:"));
  EXPECT_THAT(error.message, Not(HasSubstr("secret")));
}

TEST_F(Failures, ThatThereAreNoMoreSocketsHereIsNotTheOtherSidesFault) {
  if (tests::kSanitizerNeedsDescriptors) GTEST_SKIP() << "UBSan needs a descriptor";
  HttpServer server;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  std::vector<FileDescriptor> taken;
  const rlimit few{.rlim_cur = 256, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  for (FileDescriptor next(::dup(0)); next; next = FileDescriptor(::dup(0))) taken.push_back(std::move(next));
  const TransportError error = failure(post(server.url(), "x"));
  taken.clear();
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(error.sent, Sent::not_sent);
  EXPECT_EQ(error.cause, Cause::local);
  EXPECT_EQ(error.local, std::errc::too_many_files_open) << error.message;
}

// The limit of epoll(7), max_user_watches: nobody tells then when there is something to read.
TEST_F(Failures, ASocketThatCannotBeWatchedIsAskedAfter) {
  HttpServer server;
  const pid_t child = ::fork();
  if (child == 0) {
    asio::io_context loop;
    Engine engine{loop.get_executor(), {}};
    if (!tests::let_call_fail(SYS_epoll_ctl, EPOLL_CTL_ADD, ENOSPC)) ::_exit(2);
    Request request = post(server.url(), "x");
    request.timeouts.answer = request.timeouts.connect = std::chrono::hours(1);
    bool answered = false;
    asio::co_spawn(loop, engine.perform(std::move(request)), [&](std::exception_ptr, const Result& result) {
      answered = result && result->status == 200;
      loop.stop();
    });
    loop.run_for(std::chrono::seconds(30));
    ::_exit(answered ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(Failures, AnUnknownHostSentNothing) {
  const std::string too_long(70, 'a');  // for a label, so that no name server is asked
  const TransportError error = failure(post("http://" + too_long + ".invalid/", "x"));
  EXPECT_EQ(error.sent, Sent::not_sent);
  EXPECT_EQ(error.cause, Cause::resolve);
}

TEST_F(Failures, WhatIsNoAddressSentNothing) {
  for (const char* url : {"", "http://", "ftp://127.0.0.1/", "file:///etc/passwd"})
    EXPECT_EQ(failure(get(url)).sent, Sent::not_sent) << url;
}

TEST_F(Failures, AnUntrustedCertificateSentNothing) {
  const auto directory = std::filesystem::path(testing::TempDir()) / ("tls." + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  HttpServer server({.tls = test::Certificate::make(directory)});
  const TransportError error = failure(post(server.url(), "x"));
  EXPECT_EQ(error.sent, Sent::not_sent);
  EXPECT_EQ(error.cause, Cause::tls);
  EXPECT_THAT(server.requests(), SizeIs(0));
}

TEST_F(Failures, ACertificateOfTheConfiguredFileIsTrusted) {
  const auto directory =
      std::filesystem::path(testing::TempDir()) / ("trusted." + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  const auto certificate = test::Certificate::make(directory);
  HttpServer server({.tls = certificate});
  Engine engine(io_.get_executor(), {.ca_file = certificate.certificate});
  const Result result = test::run(io_, engine.perform(post(server.url(), "x")));
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(server.requests().at(0).body, "x");
}

TEST_F(Failures, AServerThatIsNotTlsSentNothing) {
  HttpServer server;
  const TransportError error = failure(post("https://127.0.0.1:" + std::to_string(server.port()), "x"));
  EXPECT_EQ(error.sent, Sent::not_sent);
  EXPECT_EQ(error.cause, Cause::tls);
}

TEST_F(Failures, ACutAfterTheRequestMayHaveBeenSent) {
  HttpServer server;
  for (const auto after : {Reply::After::close, Reply::After::reset}) {
    server.script({.after = after, .send_only = 0});
    const TransportError error = failure(post(server.url(), "x"));
    EXPECT_EQ(error.sent, Sent::maybe_sent);
    EXPECT_EQ(error.cause, Cause::cut);
  }
}

// Who does not have the last byte has no request: also where libcurl, or the kernel, had taken all of it.
TEST_F(Failures, ACutBeforeTheLastByteHasLeftSentNothing) {
  const auto directory = std::filesystem::path(testing::TempDir()) / ("cut." + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  const auto certificate = test::Certificate::make(directory);
  HttpServer plain, tls({.tls = certificate});
  Engine engine(io_.get_executor(), {.ca_file = certificate.certificate});
  for (HttpServer* server : {&plain, &tls})
    for (const std::size_t size : {1u << 20, 32u << 20})
      for (const auto after : {Reply::After::close, Reply::After::reset}) {
        SCOPED_TRACE(server->url() + ": " + std::to_string(size));
        server->script({.after = after, .read_only = 100'000, .send_only = 0});
        const Result result = test::run(io_, engine.perform(post(server->url(), std::string(size, 'x'))));
        ASSERT_FALSE(result.has_value());
        EXPECT_EQ(result.error().sent, Sent::not_sent);
        EXPECT_EQ(result.error().cause, Cause::cut) << result.error().message;
      }
}

TEST_F(Failures, AnUploadThatStopsBeforeItsLastByteSentNothing) {
  HttpServer server;
  server.script({.read_only = 100'000, .delay = std::chrono::seconds(60)});
  Request request = post(server.url(), std::string(32 << 20, 'x'));
  request.timeouts.stall = Duration(1000);
  request.timeouts.answer = Duration(1000);
  const TransportError error = failure(std::move(request));
  EXPECT_EQ(error.sent, Sent::not_sent);
  EXPECT_EQ(error.cause, Cause::timeout);
}

TEST_F(Failures, AnUploadThatIsAbandonedHalfwaySentNothing) {
  HttpServer server;
  server.script({.read_only = 100'000, .delay = std::chrono::seconds(60)});
  std::optional<Result> result;
  asio::co_spawn(io_, engine_.perform(post(server.url(), std::string(32 << 20, 'x'))),
                 [&](const std::exception_ptr&, Result got) { result = std::move(got); });
  while (server.requests().empty()) io_.run_one_for(std::chrono::milliseconds(10));
  engine_.abandon_all();
  io_.run_for(std::chrono::seconds(10));
  ASSERT_TRUE(result && !result->has_value());
  EXPECT_EQ(result->error().sent, Sent::not_sent);
}

TEST_F(Failures, ACutAnswerIsNoAnswer) {
  HttpServer server;
  const std::string body(1000, 'x');
  for (const auto framing : {Reply::Framing::length, Reply::Framing::chunked})
    for (const std::size_t sent : {5u, 30u, 200u, 1000u}) {
      server.script({.body = body, .framing = framing, .after = Reply::After::close, .send_only = sent});
      const TransportError error = failure(post(server.url(), "x"));
      EXPECT_EQ(error.sent, Sent::maybe_sent);
      EXPECT_EQ(error.cause, Cause::cut) << error.message;
    }
}

TEST_F(Failures, AnAnswerThatComesTooLateMayHaveBeenSent) {
  HttpServer server;
  server.script(Reply::silence());
  Request request = post(server.url(), "x");
  request.timeouts.answer = Duration(100);
  const TransportError error = failure(std::move(request));
  EXPECT_EQ(error.sent, Sent::maybe_sent);
  EXPECT_EQ(error.cause, Cause::timeout);
  EXPECT_THAT(error.message, HasSubstr("no answer 100 ms after the request"));
}

TEST_F(Failures, AnAnswerThatTricklesIsTooLateToo) {
  HttpServer server;
  server.script(
      {.body = std::string(10'000, 'x'), .piece_bytes = 10, .pause = std::chrono::milliseconds(20)});
  Request request = get(server.url());
  request.timeouts.answer = Duration(300);
  EXPECT_EQ(failure(std::move(request)).cause, Cause::timeout);
}

TEST_F(Failures, TheTimeOfTheUploadDoesNotCount) {
  HttpServer server;
  server.script({.read_after = std::chrono::milliseconds(3000)});
  Request request = post(server.url(), std::string(32 << 20, 'x'));
  request.timeouts.answer = Duration(2500);
  EXPECT_EQ(answer(std::move(request)).status, 200);
}

TEST_F(Failures, ATransferThatMovesNothingIsEnded) {
  HttpServer server;
  server.script({.body = std::string(1000, 'x'), .after = Reply::After::hold, .send_only = 200});
  Request request = get(server.url());
  request.timeouts.answer.reset();
  request.timeouts.stall = Duration(1000);
  const TransportError error = failure(std::move(request));
  EXPECT_EQ(error.cause, Cause::timeout);
  EXPECT_EQ(error.sent, Sent::maybe_sent);
}

TEST_F(Failures, AnEarlyRefusalIsAnAnswer) {
  HttpServer server;
  server.script({.status = 413, .body = "too large", .after = Reply::After::hold, .read_only = 100'000});
  const Response response = answer(post(server.url(), std::string(32 << 20, 'x')));
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.body, "too large");
  EXPECT_FALSE(response.request_whole);
  server.script({.status = 413});
  EXPECT_TRUE(answer(post(server.url(), std::string(1 << 20, 'x'))).request_whole);
  EXPECT_TRUE(answer(get(server.url())).request_whole);
}

// The kept connection dies under the second request.

TEST_F(Failures, AGetOnADeadConnectionIsSentAgain) {
  HttpServer server;
  answer(get(server.url()));
  server.script(Reply::cut());
  server.script({.body = "second"});
  EXPECT_EQ(answer(get(server.url())).body, "second");
  EXPECT_THAT(server.requests(), SizeIs(3));
}

TEST_F(Failures, APostThatWasSentWholeIsNeverSentAgain) {
  HttpServer server;
  answer(get(server.url()));
  server.script(Reply::cut());
  const TransportError error = failure(post(server.url(), "pay once"));
  EXPECT_EQ(error.sent, Sent::maybe_sent);
  EXPECT_EQ(error.cause, Cause::cut);
  answer(get(server.url()));
  const auto received = server.requests();
  ASSERT_THAT(received, SizeIs(3));
  EXPECT_EQ(received[1].body, "pay once");
  EXPECT_EQ(received[2].method, "GET");
}

TEST_F(Failures, APostThatWasSentInPartIsRewoundAndSentAgain) {
  HttpServer server;
  answer(get(server.url()));
  server.script({.after = Reply::After::reset, .read_only = 100'000, .send_only = 0});
  std::string body(32 << 20, 'x');
  body.front() = '<';
  body.back() = '>';
  EXPECT_EQ(answer(post(server.url(), body)).status, 200);
  const auto received = server.requests();
  ASSERT_THAT(received, SizeIs(3));
  EXPECT_LT(received[1].body_bytes, body.size());
  EXPECT_TRUE(received[2].body == body);
  EXPECT_NE(received[1].connection, received[2].connection);
}

TEST(CauseOf, KnowsTheFamiliesOfErrors) {
  EXPECT_EQ(cause_of(CURLE_COULDNT_RESOLVE_HOST), Cause::resolve);
  EXPECT_EQ(cause_of(CURLE_SSL_CACERT_BADFILE), Cause::tls);
  EXPECT_EQ(cause_of(CURLE_PARTIAL_FILE), Cause::cut);
  EXPECT_EQ(cause_of(CURLE_OUT_OF_MEMORY), Cause::other);
}

}  // namespace
}  // namespace chunkrd::http
