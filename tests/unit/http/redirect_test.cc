// Only a GET is redirected, and only within its origin: the key must not travel.
#include "tests/unit/http/fixture.h"

namespace chunkrd::http {
namespace {

using test::HttpServer;
using test::Reply;
using testing::IsEmpty;
using testing::SizeIs;

using Redirect = EngineTest;

Request with_key(Request request) {
  request.headers = {{"Authorization", "the-key"}};
  return request;
}

TEST_F(Redirect, AGetFollowsWithinItsOrigin) {
  for (const int status : {301, 302, 303, 307, 308}) {
    HttpServer server;
    server.script(Reply::redirect(status, "/there?a=b"));
    server.script({.body = "found"});
    EXPECT_EQ(answer(with_key(get(server.url() + "/here"))).body, "found");
    const auto received = server.requests();
    ASSERT_THAT(received, SizeIs(2));
    EXPECT_EQ(received[1].target, "/there?a=b");
    EXPECT_EQ(received[1].headers.at("authorization"), "the-key");
  }
}

TEST_F(Redirect, AnotherOriginIsNotFollowedAndDoesNotLearnTheKey) {
  HttpServer server, other;
  for (const std::string& target :
       {other.url() + "/", "http://localhost:" + std::to_string(server.port()) + "/",
        "https://127.0.0.1:" + std::to_string(server.port()) + "/",
        "//127.0.0.1:" + std::to_string(other.port()) + "/"}) {
    server.script(Reply::redirect(302, target));
    EXPECT_EQ(answer(with_key(get(server.url()))).status, 302) << target;
  }
  EXPECT_THAT(server.requests(), SizeIs(4));
  EXPECT_THAT(other.requests(), IsEmpty());
  EXPECT_EQ(other.connections(), 0);
}

TEST_F(Redirect, NothingButAGetIsFollowed) {
  HttpServer server;
  for (const Method method : {Method::post, Method::patch, Method::del}) {
    server.script(Reply::redirect(307, "/there"));
    Request request = method == Method::del ? get(server.url()) : post(server.url(), "x");
    request.method = method;
    EXPECT_EQ(answer(std::move(request)).status, 307);
  }
  EXPECT_THAT(server.requests(), SizeIs(3));
}

TEST_F(Redirect, ACircleEndsAfterThree) {
  HttpServer server;
  server.otherwise([](const test::Received&) { return Reply::redirect(302, "/again"); });
  EXPECT_EQ(answer(get(server.url())).status, 302);
  EXPECT_THAT(server.requests(), SizeIs(1 + Engine::kRedirectsMax));
}

}  // namespace
}  // namespace chunkrd::http
