// What hooks are told, and by whom: webhooks over real sockets, programs as real processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "hooks/notifier.h"
#include "hooks/program.h"
#include "hooks/webhook.h"
#include "tests/support/http_server.h"
#include "tests/support/loop.h"

namespace chunkrd::hooks {
namespace {

using namespace std::chrono_literals;
using test::HttpServer;
using test::Reply;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Message message() {
  Message message{.delivery = "5f0c2a91.7",
                  .attempt = 2,
                  .at = WallTime(std::chrono::seconds(1'732'790'000)),
                  .ending = {},
                  .body = R"({"id":"01job","where":[{"what":"result","path":"/out/a%0Ab.pdf.json"}]})"};
  queue::Job& job = message.ending.job;
  job.id = "01job";
  job.name = "a\nb.pdf";
  job.inbox = "/srv/in";
  job.profile = "default";
  job.state = queue::State::done;
  job.pages = 3;
  return message;
}

config::Webhook at(std::string url) {
  config::Webhook settings;
  settings.url = std::move(url);
  return settings;
}

Answer post(const HttpServer& server, const std::string& secret = "", Duration timeout = 5s) {
  asio::io_context loop;
  Webhook hook(loop.get_executor(), at(server.url() + "/hook?token=geheim"), secret, timeout);
  return test::run(loop, hook.tell(message()));
}

Answer execute(const std::string& script, Duration timeout = 20s) {
  asio::io_context loop;
  Program hook({"sh", "-c", script}, timeout, 1);
  return test::run(loop, hook.tell(message()));
}

TEST(AWebhook, IsToldWithASignatureThatOpensslComputesAlike) {
  // printf '1732790000.{"a":1}' | openssl dgst -sha256 -hmac 'what only we know'
  EXPECT_EQ(signature("what only we know", 1'732'790'000, R"({"a":1})"),
            "t=1732790000,v1=3faedbace54a97ce58172daaa1e835d319bfebff8e0add743b3772fe9aeca4da");
}

TEST(AWebhook, GetsTheBodyAndWhatItNeedsToTrustIt) {
  HttpServer server;
  EXPECT_EQ(post(server, "secret").kind, Answer::Kind::taken);
  const auto got = server.requests().at(0);
  EXPECT_EQ(got.method, "POST");
  EXPECT_EQ(got.target, "/hook?token=geheim");
  EXPECT_EQ(got.body, message().body);
  EXPECT_EQ(got.headers.at("content-type"), "application/json");
  EXPECT_EQ(got.headers.at("chunkrd-event"), "done");
  EXPECT_EQ(got.headers.at("chunkrd-delivery"), "5f0c2a91.7");
  EXPECT_EQ(got.headers.at("chunkrd-attempt"), "2");
  EXPECT_EQ(got.headers.at("chunkrd-timestamp"), "1732790000");
  EXPECT_EQ(got.headers.at("chunkrd-signature"), signature("secret", 1'732'790'000, got.body));
}

TEST(AWebhook, WithoutASecretIsNotSigned) {
  HttpServer server;
  post(server);
  EXPECT_EQ(server.requests().at(0).headers.count("chunkrd-signature"), 0u);
}

TEST(AWebhook, HasTakenItWithAnySuccessHoweverLongItGoesOn) {
  HttpServer server;
  server.script(Reply::text(204, ""));
  EXPECT_EQ(post(server).kind, Answer::Kind::taken);
  server.script(Reply::text(200, std::string(3 << 20, 'x')));
  EXPECT_EQ(post(server).kind, Answer::Kind::taken);
}

TEST(AWebhook, IsNotFollowedElsewhere) {
  HttpServer elsewhere, server;
  server.script(Reply::redirect(307, elsewhere.url() + "/steal"));
  const Answer answer = post(server);
  EXPECT_EQ(answer.kind, Answer::Kind::refused);
  EXPECT_THAT(answer.said, HasSubstr("redirect"));
  EXPECT_TRUE(elsewhere.requests().empty());
}

TEST(AWebhook, ThatRefusesSaysWhyButNoSecretOfItsAddress) {
  HttpServer server;
  Reply busy = Reply::text(503, "come back later");
  busy.headers.emplace_back("Retry-After", "120");
  server.script(busy);
  const Answer answer = post(server);
  EXPECT_EQ(answer.kind, Answer::Kind::refused);
  EXPECT_THAT(answer.said, HasSubstr("503: come back later"));
  EXPECT_EQ(answer.retry_after, 2min);
  asio::io_context loop;
  Webhook nobody(loop.get_executor(),
                 at("http://127.0.0.1:" + std::to_string(test::unused_port()) + "/geheim"), "", 5s);
  const Answer none = test::run(loop, nobody.tell(message()));
  EXPECT_EQ(none.kind, Answer::Kind::refused);
  EXPECT_THAT(none.said, Not(HasSubstr("geheim")));
}

TEST(AWebhook, ThatHangsOrTricklesIsGivenUpInTime) {
  HttpServer server;
  server.script(Reply::silence());
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(post(server, "", 300ms).kind, Answer::Kind::refused);
  Reply trickle = Reply::text(200, std::string(2000, 'x'));
  trickle.piece_bytes = 1;
  trickle.pause = 20ms;
  server.script(trickle);
  EXPECT_EQ(post(server, "", 300ms).kind, Answer::Kind::refused);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST(AProgram, HasTheFactsInItsEnvironmentAndOnItsInput) {
  const Answer answer =
      execute("cat; echo; echo \"$CHUNKRD_EVENT $CHUNKRD_JOB $CHUNKRD_PAGES $CHUNKRD_DELIVERY\"; pwd");
  EXPECT_EQ(answer.kind, Answer::Kind::taken);
  EXPECT_THAT(answer.said, HasSubstr("01job"));
  EXPECT_THAT(answer.said, HasSubstr("done 01job 3 5f0c2a91.7"));
}

TEST(AProgram, SeesNamesAsTheyAreAndNothingOfTheDaemons) {
  const auto environment =
      environment_for(message(), {"PATH=/bin", "SMTP=mail", "CHUNKRD_API_KEY=geheim", "NOTIFY_SOCKET=/run/x",
                                  "CREDENTIALS_DIRECTORY=/run/c", "WATCHDOG_USEC=1"});
  EXPECT_THAT(environment, Contains("CHUNKRD_NAME=a\nb.pdf"));
  EXPECT_THAT(environment, Contains("CHUNKRD_RESULT=/out/a\nb.pdf.json"));
  EXPECT_THAT(environment, Contains("SMTP=mail"));
  EXPECT_THAT(environment, Not(Contains(HasSubstr("geheim"))));
  EXPECT_THAT(environment, Not(Contains(StartsWith("NOTIFY_SOCKET"))));
  EXPECT_THAT(environment, Not(Contains(StartsWith("CREDENTIALS_DIRECTORY"))));
  EXPECT_THAT(environment, Not(Contains(StartsWith("WATCHDOG_USEC"))));
  EXPECT_THAT(environment, Not(Contains(StartsWith("CHUNKRD_ERROR"))));
}

TEST(AProgram, ThatFailsSaysHow) {
  const Answer answer = execute("echo 'no mail server' >&2; exit 3");
  EXPECT_EQ(answer.kind, Answer::Kind::refused);
  EXPECT_EQ(answer.said, "it ended with exit code 3: no mail server");
  EXPECT_THAT(execute("kill -9 $$").said, HasSubstr("signal 9"));
  EXPECT_THAT(execute("sleep 60", 200ms).said, HasSubstr("killed"));
}

TEST(AProgram, ThatIsNotThereIsAFailureThatIsTriedAgain) {
  asio::io_context loop;
  Program hook({"/no/such/program"}, 1s, 1);
  EXPECT_THROW(test::run(loop, hook.tell(message())), std::system_error);
}

TEST(AProgram, IsKilledWhenWeEnd) {
  asio::io_context loop;
  Program hook({"sleep", "600"}, 600s, 1);
  asio::co_spawn(
      loop,
      [&]() -> awaitable<void> {
        hook.give_up();
        co_return;
      },
      [](std::exception_ptr) {});
  EXPECT_EQ(test::run(loop, hook.tell(message())).kind, Answer::Kind::abandoned);
}

Route route_of(std::string name, std::string destination) {
  Route route;
  route.name = std::move(name);
  route.on = {config::End::done, config::End::failed};
  route.destination = std::move(destination);
  return route;
}

TEST(WhoIsTold, IsWhomInboxAndProfileNameOnceEach) {
  Route inbox = route_of("webhook of inbox /srv/in", "POST x"), other = route_of("other", "POST y"),
        profile = route_of("webhook of profile default", "POST x"), mail = route_of("mail", "mail");
  inbox.inbox = "/srv/in";
  other.inbox = "/srv/other";
  profile.profile = mail.profile = "default";
  EXPECT_THAT(told_of(message().ending, {inbox, other, profile, mail}),
              ElementsAre("webhook of inbox /srv/in", "mail"));
  queue::Ending cancelled = message().ending;
  cancelled.job.state = queue::State::cancelled;
  EXPECT_TRUE(told_of(cancelled, {inbox, other, profile, mail}).empty()) << "not asked for";
}

TEST(ThePause, GrowsToTenMinutesAndIsSpread) {
  EXPECT_EQ(pause_after(1, 1.0), 1s);
  EXPECT_EQ(pause_after(4, 1.0), 8s);
  EXPECT_EQ(pause_after(1000, 1.0), 10min);
  EXPECT_LT(pause_after(4, 0.0), pause_after(4, 0.9));
}

}  // namespace
}  // namespace chunkrd::hooks
