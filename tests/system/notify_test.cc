// Who wants to know that a document has ended: a real daemon, real receivers that misbehave, kill -9.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <sstream>

#include "tests/support/http_server.h"
#include "tests/system/harness/command.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace std::chrono_literals;
using test::HttpServer;
using test::Reply;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kFakeParser = "- do: {parse: {instead: text}}\n";

class Notifications : public ::testing::Test {
 protected:
  // The members of the inbox's `notify`.
  void start(const std::string& notify) {
    set(notify);
    home.start_service(kFakeParser);
    home.start_daemon();
  }
  void set(const std::string& notify) { home.inbox_options = "settle: 50ms, notify: {" + notify + "}"; }
  void kill_daemon() {
    home.daemon().signal(SIGKILL);
    ASSERT_TRUE(home.daemon().wait(30s));
  }
  Ran chunkrd(std::vector<std::string> arguments) { return home.command(std::move(arguments)); }
  std::vector<json::object> events(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"events", "--json"});
    const Ran ran = chunkrd(std::move(arguments));
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    said = ran.err;
    std::vector<json::object> objects;
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);) objects.push_back(json::parse(line).as_object());
    return objects;
  }
  static std::string text(const json::value& value) { return json::value_to<std::string>(value); }
  json::object status_of_hook() {
    return json::parse(chunkrd({"status", "--json"}).out).at("notifications").at(0).as_object();
  }
  std::string webhook() const {
    return "webhook: {url: '" + receiver.url() + "/hook', secret_file: '" + secret() + "'}";
  }
  std::string secret() const {
    const fs::path file = home.folder() / "secret";
    write_file(file, "what only we know\n");
    fs::permissions(file, fs::perms::owner_read);
    return file.native();
  }
  // A program that writes what it gets into `got`, and what else the script says.
  std::string command(const std::string& script) {
    const fs::path program = home.folder() / "ended.sh";
    write_file(program, "#!/bin/sh\nGOT='" + got.native() + "'\n" + script);
    fs::permissions(program, fs::perms::owner_all);
    return "command: ['" + program.native() + "', 'one $HOME', \"it's\"]";
  }

  Installation home;
  HttpServer receiver;
  fs::path got = home.folder() / "got";
  std::string said;
};

TEST_F(Notifications, AWebhookGetsWhatShowSays) {
  start(webhook());
  home.drop("a.txt", "Text.");
  const auto request = receiver.wait_for_requests(1).at(0);
  EXPECT_EQ(request.headers.at("chunkrd-event"), "done");
  EXPECT_EQ(request.headers.count("chunkrd-signature"), 1u);
  const Ran shown = chunkrd({"show", "--json", (home.inbox / "a.txt").native()});
  EXPECT_EQ(json::parse(request.body), json::parse(shown.out));
  const std::string signature = request.headers.at("chunkrd-signature");
  const fs::path signed_text = home.folder() / "signed";
  write_file(signed_text, request.headers.at("chunkrd-timestamp") + "." + request.body);
  const Ran openssl = run({"openssl", "dgst", "-sha256", "-hmac", "what only we know", signed_text});
  EXPECT_THAT(openssl.out, HasSubstr(signature.substr(signature.find("v1=") + 3)));
  EXPECT_THAT(home.daemon_log(), Not(HasSubstr("what only we know")));
}

TEST_F(Notifications, AFailedDocumentIsToldWithItsReason) {
  start(webhook());
  home.drop("empty.pdf", "");
  const auto request = receiver.wait_for_requests(1).at(0);
  EXPECT_EQ(request.headers.at("chunkrd-event"), "failed");
  EXPECT_EQ(text(json::parse(request.body).at("error").at("code")), "empty_file");
}

TEST_F(Notifications, AReceiverThatRefusesIsToldAgainTheSame) {
  receiver.script(Reply::text(500, "not now"));
  receiver.script(Reply::cut());
  start(webhook());
  home.drop("a.txt", "Text.");
  const auto requests = receiver.wait_for_requests(3);
  EXPECT_EQ(requests[0].body, requests[2].body);
  EXPECT_EQ(requests[0].headers.at("chunkrd-delivery"), requests[2].headers.at("chunkrd-delivery"));
  EXPECT_EQ(requests[2].headers.at("chunkrd-attempt"), "3");
  EXPECT_TRUE(eventually([&] { return status_of_hook().at("waiting") == 0; }));
  const std::string log = home.daemon_log();
  EXPECT_THAT(log, HasSubstr("does not take notifications: it answers 500: not now"));
  EXPECT_THAT(log, HasSubstr("takes notifications again, after 2 failures"));
}

TEST_F(Notifications, AReceiverThatHangsHoldsUpNoDocument) {
  receiver.otherwise([](const auto&) { return Reply::silence(); });
  start(webhook() + ", timeout: 1h");
  for (int i = 0; i < 12; ++i) home.drop("a" + std::to_string(i) + ".txt", "Text " + std::to_string(i));
  ASSERT_TRUE(home.wait_for_ends(12));
  EXPECT_EQ(receiver.wait_for_requests(4).size(), 4u);
  EXPECT_TRUE(eventually([&] { return status_of_hook().at("waiting") == 12; }));
  // Killed in the middle of it: all of them are told by the next one.
  kill_daemon();
  receiver.otherwise([](const auto&) { return Reply::text(200, ""); });
  home.start_daemon();
  EXPECT_TRUE(eventually([&] { return status_of_hook().at("waiting") == 0; }, 60s));
  EXPECT_GE(receiver.requests().size(), 16u) << "at least once, and those that hung twice";
}

TEST_F(Notifications, AReceiverThatIsGoneIsToldOnceAndShownUntilAnotherOneIsThere) {
  start("webhook: {url: 'http://127.0.0.1:" + std::to_string(test::unused_port()) + "/geheim'}");
  home.drop("a.txt", "Text.");
  ASSERT_TRUE(home.wait_for_ends(1));
  EXPECT_TRUE(eventually([&] { return status_of_hook().at("attempts").as_int64() >= 3; }));
  EXPECT_EQ(status_of_hook().at("waiting"), 1);
  EXPECT_THAT(chunkrd({"status"}).out, HasSubstr("1 notification wait"));
  const std::string hook = "webhook of inbox " + home.inbox.native();
  EXPECT_TRUE(
      eventually([&] { return home.metric("chunkrd_notifications_waiting{hook=\"" + hook + "\"}") == 1; }));
  EXPECT_GE(home.metric("chunkrd_notifications_total{hook=\"" + hook + "\",outcome=\"refused\"}"), 3);
  const std::string log = home.daemon_log();
  const auto first = log.find("does not take notifications");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(log.find("does not take notifications", first + 1), std::string::npos) << log;
  EXPECT_THAT(log, Not(HasSubstr("geheim")));
  EXPECT_EQ(home.get_from_daemon("/readyz").status, 200)
      << "a dead hook is no reason to send nobody any more";
  // It is at another address by now.
  set(webhook());
  home.write_config();
  home.daemon().signal(SIGHUP);
  receiver.wait_for_requests(1);
  EXPECT_TRUE(eventually([&] { return status_of_hook().at("waiting") == 0; }));
}

TEST_F(Notifications, ASecretThatIsNotThereRefusesStartAndReload) {
  start("on: [done]");
  set("webhook: {url: '" + receiver.url() + "', secret_file: /no/such/secret}");
  home.write_config();
  home.daemon().signal(SIGHUP);
  EXPECT_TRUE(home.wait_for_log("webhook secret: /no/such/secret: cannot be read"));
  ASSERT_TRUE(home.stop_daemon());
  const auto [ended, output] = home.run_daemon_to_end();
  EXPECT_THAT(output, HasSubstr("webhook secret: /no/such/secret: cannot be read"));
}

TEST_F(Notifications, CheckSaysWhetherSomebodyIsThereAndWhetherTheProgramCanBeRun) {
  set(webhook() + ", " + command("exit 0\n"));
  home.write_config();
  const Ran good = chunkrd({"check"});
  EXPECT_THAT(good.out, ContainsRegex("ok +hooks +webhook of inbox [^\n]*: there is a secret to sign with"));
  EXPECT_THAT(good.out, ContainsRegex("ok +hooks +webhook of inbox [^\n]*: http://127.0.0.1:[0-9]+ answers"));
  EXPECT_THAT(good.out, ContainsRegex("ok +hooks +command of inbox [^\n]*ended.sh can be run"));
  const auto asked = receiver.requests();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].method + " " + asked[0].target, "HEAD /") << "a hook is told of documents only";

  fs::permissions(secret(), fs::perms(0644));
  fs::permissions(home.folder() / "ended.sh", fs::perms(0600));
  set("webhook: {url: 'http://127.0.0.1:" + std::to_string(test::unused_port()) + "/geheim', secret_file: '" +
      (home.folder() / "secret").native() + "'}, command: ['" + (home.folder() / "ended.sh").native() + "']");
  home.write_config();
  const Ran bad = chunkrd({"check"});
  EXPECT_THAT(bad.out,
              ContainsRegex("warning +hooks +webhook of inbox [^\n]*everybody on this machine may read it"));
  EXPECT_THAT(bad.out, ContainsRegex("warning +hooks +webhook of inbox [^\n]*Failed to connect"));
  EXPECT_THAT(bad.out,
              ContainsRegex("error +hooks +command of inbox [^\n]*ended.sh: it may not be executed"));
  EXPECT_THAT(bad.out, Not(HasSubstr("geheim")));

  set("webhook: {url: 'http://hooks.invalid/', allow_http: true, secret_file: /nowhere}, command: "
      "[no-such-program]");
  home.write_config();
  const Ran worse = chunkrd({"check"});
  EXPECT_EQ(worse.exit_code, 1);
  EXPECT_THAT(worse.out, ContainsRegex("error +hooks +webhook of inbox [^\n]*/nowhere: cannot be read"));
  EXPECT_THAT(worse.out, ContainsRegex("warning +hooks +webhook of inbox [^\n]*can be read on the way"));
  EXPECT_THAT(worse.out, ContainsRegex("error +hooks +command of inbox [^\n]*no such program in .PATH"));
}

TEST_F(Notifications, ACommandGetsTheFactsAndIsRunAgainWhenItFails) {
  start(
      command("printf '%s|' \"$@\" \"$CHUNKRD_EVENT\" \"$CHUNKRD_NAME\" \"$CHUNKRD_RESULT\" > $GOT.new\n"
              "cat >> $GOT.new; env | grep -c API_KEY >> $GOT.new\n"
              "[ $CHUNKRD_ATTEMPT = 1 ] && { echo 'the mail server is away'; exit 1; }\n"
              "mv $GOT.new $GOT; echo told everybody\n"));
  home.drop("it's; $(touch x) a.txt", "Text.");
  ASSERT_TRUE(eventually([&] { return fs::exists(got); }, 60s)) << home.daemon_log();
  const std::string facts = read_file(got);
  EXPECT_THAT(facts, HasSubstr("one $HOME|it's|done|it's; $(touch x) a.txt|" +
                               (home.outbox / "it's; $(touch x) a.txt.json").native() + "|{\"id\":"));
  EXPECT_TRUE(facts.ends_with("0\n")) << facts;
  EXPECT_TRUE(home.wait_for_log("exit code 1: the mail server is away"));
  EXPECT_TRUE(home.wait_for_log("told everybody"));
}

TEST_F(Notifications, ACommandThatHangsHoldsUpNothingAndIsKilledWithItsGroup) {
  start(command("sleep 1000 & echo $! >> $GOT; wait\n") + ", timeout: 1s");
  for (int i = 0; i < 6; ++i) home.drop("a" + std::to_string(i) + ".txt", "Text " + std::to_string(i));
  ASSERT_TRUE(home.wait_for_ends(6));
  EXPECT_TRUE(home.wait_for_log("it was not done after 1 s and was killed"));
  const std::string first = read_file(got).substr(0, read_file(got).find('\n'));
  EXPECT_TRUE(
      eventually([&] { return ::kill(std::stoi(first), 0) != 0 || !fs::exists("/proc/" + first + "/exe"); }));
}

TEST_F(Notifications, AStopDoesNotWaitForACommandAndTheNextStartRunsItAgain) {
  start(command("echo x >> $GOT; [ -e $GOT.go ] || sleep 1000\n") + ", timeout: 1h");
  home.drop("a.txt", "Text.");
  ASSERT_TRUE(eventually([&] { return fs::exists(got); }, 60s));
  EXPECT_TRUE(home.stop_daemon(15s));
  write_file(got.native() + ".go", "");
  home.start_daemon();
  EXPECT_TRUE(eventually([&] { return status_of_hook().at("waiting") == 0; }, 60s));
  EXPECT_EQ(read_file(got), "x\nx\n");
}

TEST_F(Notifications, EventsGoOnFromAnyCursorAcrossRestartsAndRetention) {
  home.top_level = "retention: {finished_keep: 1, finished_after: 1s}";
  start("on: [done]");
  for (const char* name : {"a.txt", "b.txt"}) home.drop(name, name);
  ASSERT_TRUE(home.wait_for_ends(2));
  const auto first = events();
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(text(first[0].at("state")), "done");
  kill_daemon();
  home.start_daemon();
  home.drop("empty.pdf", "");
  ASSERT_TRUE(eventually([&] { return events({"--after", text(first[1].at("cursor"))}).size() == 1; }, 60s));
  const auto failed = events({"--after", text(first[1].at("cursor"))}).at(0);
  EXPECT_EQ(text(failed.at("error").at("code")), "empty_file");
  // Their rows go, what can be told of them stays.
  EXPECT_TRUE(eventually([&] { return chunkrd({"jobs", "--ids", "--all"}).out.empty(); }, 60s));
  EXPECT_EQ(events().size(), 3u);
  EXPECT_EQ(events({"--after", "0", "-n", "1"}).at(0), first[0]);
  EXPECT_TRUE(events({"--after", "now"}).empty());
  EXPECT_EQ(chunkrd({"events", "--after", "00000000.1"}).exit_code, 66);
  EXPECT_EQ(chunkrd({"events", "--after", "999"}).exit_code, 66);
  EXPECT_EQ(chunkrd({"events", "--after", "soon"}).exit_code, 64);
}

TEST_F(Notifications, WhoFollowsSeesWhatEndsWhileItEndsAlsoAcrossARestart) {
  start("on: [done]");
  Process following({CHUNKRD_PROGRAM, "events", "--follow", "--json", "--config", home.config_file()}, got);
  home.drop("a.txt", "Text.");
  const auto lines = [&] { return std::ranges::count(read_file(got), '\n'); };
  EXPECT_TRUE(eventually([&] { return lines() == 1; }, 60s)) << read_file(got);
  kill_daemon();
  home.start_daemon();
  home.drop("b.txt", "More.");
  EXPECT_TRUE(eventually([&] { return lines() == 2; }, 60s)) << read_file(got);
  EXPECT_TRUE(following.running());
  following.signal(SIGTERM);
  EXPECT_TRUE(following.wait(10s));
}

TEST_F(Notifications, WhoIsTooFarBehindIsToldSo) {
  home.top_level = "retention: {events_keep: 1, finished_after: 1s}";
  start("on: [done]");
  for (const char* name : {"a.txt", "b.txt", "c.txt"}) home.drop(name, name);
  ASSERT_TRUE(home.wait_for_ends(3));
  ASSERT_TRUE(eventually([&] { return events().size() == 1; }, 60s));
  EXPECT_EQ(events({"--after", "1"}).size(), 1u);
  EXPECT_THAT(said, HasSubstr("1 ends after 1 are forgotten"));
}

}  // namespace
}  // namespace chunkrd::tests
