// What holds the service together: restarts, files, parsers, connections.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fstream>
#include <set>
#include <thread>

#include "core/errors.h"
#include "tests/unit/local/server/fixture.h"

namespace chunkrd::local::server::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kParsedOutput =
    R"sh(echo '{"page_count": 2, "chunks": [{"segments": [{"image": "chunkr-local:images/s1.png", "x": "a, ]}"}]}]}' > "$out/output.json")sh";

class Service : public ServerTest {
 protected:
  static std::string path_of(const std::string& url) { return url.substr(url.find("/storage")); }
};

TEST_F(Service, TasksOutliveARestart) {
  rules(
      "- {match: {file_name: busy.txt}, do: {parse: {stay: Processing}}}\n"
      "- {match: {file_name: wait.txt}, do: {parse: {stay: Starting}}}\n- do: {parse: {instead: text}}");
  start();
  const auto done = create("done.txt");
  const auto busy = create("busy.txt");
  const auto waiting = create("wait.txt");
  ASSERT_TRUE(reaches(done, "Succeeded"));
  ASSERT_TRUE(reaches(busy, "Processing"));
  const auto before = text(read(done).json().at("output"), "chunks");
  rules("- do: {parse: {instead: text}}");
  start();
  EXPECT_EQ(text(read(done).json().at("output"), "chunks"), before);
  EXPECT_TRUE(reaches(busy, "Succeeded"));
  EXPECT_TRUE(reaches(waiting, "Succeeded"));
}

TEST_F(Service, SignedAddressesOutliveARestartToo) {
  start();
  const auto id = create("a.txt");
  const auto url = path_of(text(read(id).json().at("configuration"), "input_file_url"));
  start();
  EXPECT_EQ(get(url).body, "a document");
}

TEST_F(Service, AnAddressInUseIsAClearError) {
  start();
  Options second = options_;
  second.state = folder_ / "second";
  second.port = port();
  try {
    const Server server(second);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ExitCode::unavailable);
    EXPECT_THAT(error.what(), HasSubstr(fmt::format("127.0.0.1:{}: Address already in use", port())));
  }
}

TEST_F(Service, AStateFolderHasOneServer) {
  start();
  try {
    const Server server(options_);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_EQ(error.code(), ExitCode::already_runs);
  }
}

TEST_F(Service, FilesWithoutATaskAreRemovedAtStart) {
  start();
  const auto id = create("a.txt");
  stop();
  const auto orphan = options_.state / "tasks" / "3f1c9c1e-6a52-4b0e-9a53-6f1c0c6a2f10";
  std::filesystem::create_directories(orphan);
  start();
  EXPECT_FALSE(std::filesystem::exists(orphan));
  EXPECT_TRUE(std::filesystem::exists(options_.state / "tasks" / id / "input"));
}

TEST_F(Service, AStorageAddressNeedsNoKeyButItsSignature) {
  options_.key = "secret";
  start();
  Client client(port());
  const auto reply =
      client.send("POST", "/api/v1/task/parse",
                  fmt::format(R"({{"file": "{}", "file_name": "a b/c.pdf"}})", base64_of("%PDF-1.4")),
                  {{"Authorization", "secret"}});
  const auto url = path_of(text(reply.json().at("configuration"), "input_file_url"));
  const Reply file = client.get(url);
  EXPECT_EQ(file.status, 200U);
  EXPECT_EQ(file.body, "%PDF-1.4");
  EXPECT_EQ(file.headers.at("content-type"), "application/pdf");
  EXPECT_EQ(client.get(path_of(text(reply.json().at("output"), "pdf_url"))).body, "%PDF-1.4");

  auto forged = url;
  forged.back() = forged.back() == '0' ? '1' : '0';
  const Reply refused = client.get(forged);
  EXPECT_EQ(refused.status, 403U);
  EXPECT_THAT(refused.body, HasSubstr("<Code>SignatureDoesNotMatch</Code>"));
  const auto expires = url.find("expires=") + 8;
  auto later = url;
  later[expires] = '9';
  EXPECT_EQ(client.get(later).status, 403U);
  EXPECT_EQ(client.get(url.substr(0, url.find('?'))).status, 403U);
  EXPECT_EQ(client.get("/storage/../../etc/passwd").status, 403U);
}

TEST_F(Service, AnExpiredStorageAddressIsRefused) {
  options_.url_lifetime = std::chrono::seconds(0);
  start();
  const auto id = create("a.txt");
  const Reply reply = get(path_of(text(read(id).json().at("configuration"), "input_file_url")));
  EXPECT_EQ(reply.status, 403U);
  EXPECT_THAT(reply.body, HasSubstr("Request has expired"));
}

TEST_F(Service, TheParsersResultComesWithImagesSigned) {
  parser(fmt::format("mkdir \"$out/images\"; printf PNG > \"$out/images/s1.png\"; {}", kParsedOutput));
  start();
  const auto id = create("a.txt");
  ASSERT_TRUE(reaches(id, "Succeeded"));
  const auto task = read(id).json();
  EXPECT_EQ(text(task.at("output"), "page_count"), "2");
  const auto& segment = task.at("output").at("chunks").at(0).at("segments").at(0);
  EXPECT_EQ(text(segment, "x"), "a, ]}");
  const Reply image = get(path_of(text(segment, "image")));
  EXPECT_EQ(image.body, "PNG");
  EXPECT_EQ(image.headers.at("content-type"), "image/png");
  const auto bare = read(id, "base64_urls=true").json();
  EXPECT_EQ(text(bare.at("output").at("chunks").at(0).at("segments").at(0), "image"), base64_of("PNG"));
  EXPECT_EQ(text(bare.at("configuration"), "input_file_url"), base64_of("a document"));
}

TEST_F(Service, Base64BeforeThereIsAPdfIsTheServersError) {
  rules("- do: {parse: {stay: Starting}}");
  start();
  const Reply reply = read(create("a.txt"), "base64_urls=true");
  EXPECT_EQ(reply.status, 500U);
  EXPECT_EQ(reply.body, "Error getting input file url");
}

TEST_F(Service, WhatTheParserPrintsIsTheMessage) {
  parser(fmt::format("echo Reading pages; until [ -e '{}' ]; do sleep 0.01; done; {}",
                     (folder_ / "go").string(), kParsedOutput));
  start();
  const auto id = create("a.txt");
  EXPECT_TRUE(becomes_true([&] { return message_of(id) == "Reading pages"; }));
  EXPECT_EQ(status_of(id), "Processing");
  std::ofstream(folder_ / "go") << "x";
  EXPECT_TRUE(reaches(id, "Succeeded"));
}

TEST_F(Service, ARefusedDocumentFailsWithTheParsersWordsAndTheNextGoesOn) {
  parser(fmt::format(
      "if grep -q bad.txt \"$order\"; then echo 'The document is encrypted' > \"$out/error.txt\"; "
      "exit 2; fi; {}",
      kParsedOutput));
  start();
  const auto bad = create("bad.txt");
  const auto good = create("good.txt");
  EXPECT_TRUE(reaches(bad, "Failed"));
  EXPECT_EQ(message_of(bad), "The document is encrypted");
  EXPECT_TRUE(reaches(good, "Succeeded"));
}

TEST_F(Service, AParserThatDiesOrLiesIsACrash) {
  parser(
      "case $(cat \"$order\") in *segv*) kill -SEGV $$;; *three*) exit 3;; *half*) printf '{\"page_count\": "
      "1, "
      "\"chunks\": [' > \"$out/output.json\";; *chatty*) yes;; esac");
  start();
  for (const auto* name : {"segv.txt", "three.txt", "half.txt", "nothing.txt", "chatty.txt"}) {
    const auto id = create(name);
    EXPECT_TRUE(reaches(id, "Failed")) << name;
    EXPECT_EQ(message_of(id), "Parser crashed") << name;
  }
}

TEST_F(Service, AParserThatHangsTimesOutWithAllItStarted) {
  options_.parser_limits.time = std::chrono::milliseconds(300);
  parser("sleep 1000 & echo $! > \"$out/../grandchild\"; wait");
  start();
  const auto id = create("a.txt");
  ASSERT_TRUE(reaches(id, "Failed"));
  EXPECT_EQ(message_of(id), "Task timed out");
  std::string pid;
  std::ifstream(options_.state / "tasks" / id / "grandchild") >> pid;
  ASSERT_FALSE(pid.empty());
  // Gone, or dead and not yet reaped by whoever inherited it.
  EXPECT_TRUE(becomes_true([&] {
    std::ifstream stat("/proc/" + pid + "/stat");
    std::string line;
    return !std::getline(stat, line) || line.contains(") Z ");
  }));
}

TEST_F(Service, AParserThatWritesTooMuchIsACrash) {
  options_.parser_limits.output_bytes = 1 << 20;
  parser(fmt::format("for i in 1 2 3 4; do head -c 500000 /dev/zero > \"$out/$i\"; done; {}", kParsedOutput));
  start();
  const auto id = create("a.txt");
  ASSERT_TRUE(reaches(id, "Failed"));
  EXPECT_EQ(message_of(id), "Parser crashed");
}

TEST_F(Service, StoppingKillsTheParserAndTheNextStartBeginsAgain) {
  parser("echo working; sleep 1000");
  start();
  const auto id = create("a.txt");
  ASSERT_TRUE(becomes_true([&] { return message_of(id) == "working"; }));
  parser(kParsedOutput);
  start();
  EXPECT_TRUE(reaches(id, "Succeeded"));
}

TEST_F(Service, AnUpdateThatFailsKeepsTheEarlierResult) {
  parser(fmt::format("if grep -q '\"high_resolution\":true' \"$order\"; then exit 3; fi; {}", kParsedOutput));
  start();
  const auto id = create("a.txt");
  ASSERT_TRUE(reaches(id, "Succeeded"));
  ASSERT_EQ(patch(id, R"({"high_resolution": true})").status, 200U);
  ASSERT_TRUE(reaches(id, "Succeeded"));
  EXPECT_EQ(read(id).json().at("output").at("chunks").as_array().size(), 1U);
}

TEST_F(Service, AHalfSentRequestIsGivenUp) {
  options_.read_timeout = std::chrono::milliseconds(200);
  start();
  for (const auto* begin :
       {"POST /api/v1/task/parse HTTP/1.1\r\nHost",
        "POST /api/v1/task/parse HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"file\": \"YWJ"}) {
    Client client(port());
    client.send_raw(begin);
    EXPECT_TRUE(client.is_closed_within(kPatience)) << begin;
  }
  EXPECT_EQ(get("/health").status, 200U);
  EXPECT_TRUE(std::filesystem::is_empty(options_.state / "incoming"))
      << "nothing is left of the half document";
}

TEST_F(Service, AnIdleConnectionIsClosedAfterItsTime) {
  options_.keep_alive = std::chrono::milliseconds(100);
  start();
  Client client(port());
  EXPECT_EQ(client.get("/health").status, 200U);
  EXPECT_TRUE(client.is_closed_within(kPatience));
}

TEST_F(Service, NonsenseInsteadOfHttpIsAnswered400) {
  start();
  Client client(port());
  client.send_raw("\x16\x03\x01 this is TLS or worse\r\n\r\n");
  EXPECT_EQ(client.receive().status, 400U);
}

TEST_F(Service, AClientThatWaitsFor100GetsItOrTheRefusal) {
  options_.body_bytes_max = 1000;
  start();
  const auto head = [](int size) {
    return fmt::format(
        "POST /api/v1/task/parse HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        "Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        size);
  };
  Client wanted(port());
  wanted.send_raw(head(16));
  EXPECT_EQ(wanted.receive().status, 100U);
  wanted.send_raw(R"({"file": "YQ=="})");
  EXPECT_EQ(wanted.receive().status, 200U);
  Client refused(port());
  refused.send_raw(head(5000));
  EXPECT_EQ(refused.receive().status, 413U);
}

TEST_F(Service, AClientThatStillSendsALotGetsTheRefusalToo) {
  options_.key = "secret";
  start();
  const Reply reply = post(R"({"file": ")" + std::string(8 << 20, 'A') + "\"}", {{"Authorization", "wrong"}});
  EXPECT_EQ(reply.status, 401U);
}

TEST_F(Service, ManyClientsAtOnceGetATaskEach) {
  start();
  std::vector<std::thread> clients;
  std::mutex mutex;
  std::set<std::string> ids;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      Client client(port());
      for (int n = 0; n < 25; ++n) {
        const Reply reply = client.send("POST", "/api/v1/task/parse", R"({"file": "YQ=="})");
        const std::scoped_lock lock(mutex);
        ids.insert(text(reply.json(), "task_id"));
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(ids.size(), 200U);
  EXPECT_TRUE(becomes_true(
      [&] { return text(get("/_chunkr-local/statistics").json(), "tasks_succeeded") == "200"; }));
}

TEST_F(Service, HundredsOfConnectionsStayOpen) {
  start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 300; ++i) clients.push_back(std::make_unique<Client>(port()));
  for (int round = 0; round < 2; ++round) {
    for (auto& client : clients) ASSERT_EQ(client->get("/health").status, 200U);
  }
}

}  // namespace
}  // namespace chunkrd::local::server::test
