// The client against a real server: every operation's request, and what each answer becomes.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <boost/json/parse.hpp>

#include "core/threads.h"
#include "taskapi/http_client.h"
#include "taskapi/link.h"
#include "tests/contract/openapi.h"
#include "tests/support/http_server.h"
#include "tests/support/loop.h"
#include "tests/unit/taskapi/base64.h"
#include "tests/unit/taskapi/folder.h"

namespace chunkrd::taskapi {
namespace {

using test::HttpServer;
using test::Reply;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kKey = "the-secret-key";

Reply example(const std::string& name) {
  return Reply::json(contract::OpenApi().example(name));
}

class Exchanges final : public Observer {
 public:
  void on_exchange(const Exchange& exchange) override { all.push_back(exchange); }
  std::vector<Exchange> all;
};

class ClientTest : public testing::Test {
 protected:
  HttpClient::Options options() const {
    return {.url = server_.url(), .answer_timeout = Duration(10'000), .answer_bytes_max = 100'000};
  }

  template <class Good>
  Answer<Good> wait(awaitable<Answer<Good>> work) {
    return test::run(io_, std::move(work));
  }

  CreateRequest document(const std::string& bytes, const std::string& settings = "{}") {
    return {.document = LocalFile{.path = folder_.write("document", bytes), .size_bytes = bytes.size()},
            .file_name = "report-tag.pdf",
            .settings = settings,
            .threads = threads_.executor()};
  }
  NewFile to(const std::filesystem::path& path) { return {path, threads_.executor()}; }

  template <class Good>
  static std::string outcome(const Answer<Good>& answer) {
    if (const auto* refusal = std::get_if<Refusal>(&answer))
      return std::to_string(refusal->http_status) + " " + refusal->text;
    if (const auto* none = std::get_if<NoAnswer>(&answer)) return "no answer: " + none->message;
    if (const auto* unreadable = std::get_if<Unreadable>(&answer))
      return "unreadable: " + unreadable->message;
    return "good";
  }

  std::string packed(const std::string& text) const {
    const std::string file = folder_.write("to-pack", text).native();
    EXPECT_EQ(std::system(("gzip -9f '" + file + "'").c_str()), 0);
    return content(file + ".gz");
  }

  Folder folder_;
  HttpServer server_;
  asio::io_context io_;
  Threads threads_{2};
  http::Engine engine_{io_.get_executor(), {}};
  Exchanges exchanges_;
  HttpClient client_{engine_, options(), kKey, &exchanges_};
};

class CreateOfSize : public ClientTest, public testing::WithParamInterface<std::size_t> {};

TEST_P(CreateOfSize, CarriesTheDocumentsBytes) {
  server_.script(example("TaskStarting"));
  const std::string bytes = some_bytes(GetParam());
  const auto answer =
      wait(client_.create(document(bytes, R"({"high_resolution":true,"ocr_strategy":"All"})")));
  ASSERT_EQ(outcome(answer), "good");
  EXPECT_EQ(std::get<Task>(answer).status, Status::Starting);

  const auto received = server_.requests().at(0);
  EXPECT_EQ(received.method, "POST");
  EXPECT_EQ(received.target, "/api/v1/task/parse");
  EXPECT_EQ(received.headers.at("authorization"), kKey);
  EXPECT_EQ(received.headers.at("content-type"), "application/json");
  EXPECT_EQ(received.headers.at("content-length"), std::to_string(received.body.size()));
  EXPECT_FALSE(received.headers.contains("expect"));
  const boost::json::object form = boost::json::parse(received.body).as_object();
  EXPECT_EQ(form.size(), 4u);
  EXPECT_EQ(form.at("file_name"), "report-tag.pdf");
  EXPECT_EQ(form.at("high_resolution"), true);
  EXPECT_EQ(form.at("ocr_strategy"), "All");
  EXPECT_TRUE(decoded(std::string(form.at("file").as_string())) == bytes);
}

INSTANTIATE_TEST_SUITE_P(Sizes, CreateOfSize, testing::Values(0, 1, 2, 3, 65535, 65536, 65537, 5 << 20),
                         testing::PrintToStringParamName());

TEST_F(ClientTest, CreateCanSendAnAddress) {
  server_.script(example("TaskStarting"));
  const auto answer =
      wait(client_.create({.document = WebAddress{"https://example.com/annual.pdf?page=\"1\""},
                           .file_name = std::nullopt,
                           .settings = R"({"expires_in":60})"}));
  ASSERT_EQ(outcome(answer), "good");
  const auto received = server_.requests().at(0);
  EXPECT_EQ(received.body, R"({"file":"https://example.com/annual.pdf?page=\"1\"","expires_in":60})");
  EXPECT_EQ(received.headers.at("content-type"), "application/json");
}

TEST_F(ClientTest, CreateCanSendADataUrlFromAFile) {
  server_.script(example("TaskStarting"));
  const std::string base64 = std::string(1 << 20, 'Q') + "Qw==";
  const auto link = read_link(folder_.write("a.url", "data:application/pdf;base64," + base64 + "\n"));
  ASSERT_TRUE(link.has_value()) << link.error();
  const auto answer = wait(client_.create({.document = std::get<DataUrl>(*link),
                                           .file_name = "report-tag.pdf",
                                           .settings = "{}",
                                           .threads = threads_.executor()}));
  ASSERT_EQ(outcome(answer), "good");
  EXPECT_TRUE(server_.requests().at(0).body ==
              R"({"file":"data:application/pdf;base64,)" + base64 + R"(","file_name":"report-tag.pdf"})");
}

TEST_F(ClientTest, GetAsksWithoutChunks) {
  server_.script(example("TaskProcessing"));
  const auto answer = wait(client_.get("3f1c"));
  ASSERT_EQ(outcome(answer), "good");
  EXPECT_EQ(std::get<Task>(answer).message, "Processing segments");
  const auto received = server_.requests().at(0);
  EXPECT_EQ(received.method, "GET");
  EXPECT_EQ(received.target, "/api/v1/task/3f1c?include_chunks=false");
  EXPECT_EQ(received.headers.at("authorization"), kKey);
  EXPECT_EQ(received.headers.at("accept"), "application/json, text/plain");
  EXPECT_FALSE(received.headers.contains("content-type"));
}

TEST_F(ClientTest, GetResultWritesTheAnswerAsItCame) {
  server_.script(example("TaskSucceeded"));
  const auto answer = wait(client_.get_result("3f1c", to(folder_.path("result"))));
  ASSERT_EQ(outcome(answer), "good");
  EXPECT_EQ(content(folder_.path("result")), contract::OpenApi().example("TaskSucceeded"));
  EXPECT_EQ(std::get<Saved>(answer).size_bytes, content(folder_.path("result")).size());
  EXPECT_EQ(server_.requests().at(0).target, "/api/v1/task/3f1c?include_chunks=true");
}

TEST_F(ClientTest, UpdateSendsTheSettings) {
  server_.script(example("TaskPreviousState"));
  const auto answer = wait(client_.update("3f1c", R"({"chunk_processing":{"target_length":2048}})"));
  ASSERT_EQ(outcome(answer), "good");
  const auto received = server_.requests().at(0);
  EXPECT_EQ(received.method, "PATCH");
  EXPECT_EQ(received.target, "/api/v1/task/3f1c/parse");
  EXPECT_EQ(received.headers.at("content-type"), "application/json");
  EXPECT_EQ(received.body, R"({"chunk_processing":{"target_length":2048}})");
}

TEST_F(ClientTest, CancelIsAGet) {
  server_.script(Reply::text(200, "Task cancelled"));
  const auto answer = wait(client_.cancel("3f1c"));
  EXPECT_EQ(std::get<Accepted>(answer).text, "Task cancelled");
  EXPECT_EQ(server_.requests().at(0).method, "GET");
  EXPECT_EQ(server_.requests().at(0).target, "/api/v1/task/3f1c/cancel");
}

TEST_F(ClientTest, RemoveIsADelete) {
  server_.script(Reply::text(200, "Task deleted"));
  const auto answer = wait(client_.remove("3f1c"));
  EXPECT_EQ(std::get<Accepted>(answer).text, "Task deleted");
  EXPECT_EQ(server_.requests().at(0).method, "DELETE");
  EXPECT_EQ(server_.requests().at(0).target, "/api/v1/task/3f1c");
}

TEST_F(ClientTest, ListReadsAPage) {
  server_.script(example("TaskList"));
  const auto answer = wait(client_.list({.start = WallTime(std::chrono::milliseconds(1'745'485'200'123))}));
  ASSERT_EQ(outcome(answer), "good");
  EXPECT_EQ(std::get<TaskPage>(answer).tasks.size(), 2u);
  EXPECT_EQ(server_.requests().at(0).target,
            "/api/v1/tasks?page=1&limit=100&start=2025-04-24T09:00:00.123Z&include_chunks=false");
}

TEST_F(ClientTest, HealthReadsTheText) {
  server_.script(Reply::text(200, "OK - Version 1.14.2"));
  const auto answer = wait(client_.health());
  EXPECT_EQ(std::get<Accepted>(answer).text, "OK - Version 1.14.2");
  EXPECT_EQ(server_.requests().at(0).target, "/health");
}

TEST_F(ClientTest, AnAddressMayHaveAPath) {
  HttpClient::Options behind_proxy = options();
  behind_proxy.url += "/chunkr//";
  HttpClient client(engine_, behind_proxy, kKey, nullptr);
  wait(client.health());
  EXPECT_EQ(server_.requests().at(0).target, "/chunkr/health");
}

TEST_F(ClientTest, ANewKeyIsUsedFromTheNextRequestOn) {
  wait(client_.health());
  client_.set_key("new");
  wait(client_.health());
  client_.set_key("");
  wait(client_.health());
  EXPECT_EQ(server_.requests().at(0).headers.at("authorization"), kKey);
  EXPECT_EQ(server_.requests().at(1).headers.at("authorization"), "new");
  EXPECT_FALSE(server_.requests().at(2).headers.contains("authorization"));
  EXPECT_THROW(client_.set_key("a\r\nX-Evil: b"), std::invalid_argument);
}

TEST_F(ClientTest, ARefusalKeepsStatusTextAndWait) {
  server_.script({.status = 429,
                  .headers = {{"Retry-After", "3"}, {"X-Request-Id", "r-9"}},
                  .body = "Usage limit exceeded"});
  const auto answer = wait(client_.create(document("x")));
  const auto& refusal = std::get<Refusal>(answer);
  EXPECT_EQ(refusal.http_status, 429);
  EXPECT_EQ(refusal.text, "Usage limit exceeded");
  EXPECT_EQ(refusal.retry_after, std::chrono::seconds(3));
  EXPECT_EQ(refusal.request_id, "r-9");
}

TEST_F(ClientTest, WhatIsNoSuccessIsARefusal) {
  for (const int status :
       {300, 301, 302, 303, 304, 307, 308, 400, 401, 404, 408, 413, 418, 451, 499, 500, 503, 599}) {
    server_.script({.status = status});
    const auto answer = wait(client_.create(document("x")));
    ASSERT_TRUE(std::holds_alternative<Refusal>(answer)) << status << ": " << outcome(answer);
    EXPECT_EQ(std::get<Refusal>(answer).http_status, status);
    EXPECT_TRUE(std::get<Refusal>(answer).request_whole);
  }
}

TEST_F(ClientTest, ATaskInAnySuccessIsATask) {
  for (const int status : {200, 201, 202, 203, 206, 207, 299}) {
    SCOPED_TRACE(status);
    Reply reply = example("TaskStarting");
    reply.status = status;
    for (int i = 0; i < 3; ++i) server_.script(reply);
    EXPECT_EQ(outcome(wait(client_.create(document("x")))), "good");
    EXPECT_EQ(outcome(wait(client_.get("3f1c"))), "good");
    EXPECT_EQ(outcome(wait(client_.update("3f1c", "{}"))), "good");
    server_.script({.status = status, .body = "[]"});
    EXPECT_EQ(outcome(wait(client_.list({}))), "good");
    for (int i = 0; i < 3; ++i) server_.script({.status = status, .body = "as you like"});
    EXPECT_EQ(outcome(wait(client_.cancel("3f1c"))), "good");
    EXPECT_EQ(outcome(wait(client_.remove("3f1c"))), "good");
    EXPECT_EQ(outcome(wait(client_.health())), "good");
  }
}

// Something was done, nobody knows what: not a refusal, after which a document would be sent again.
TEST_F(ClientTest, ASuccessWithoutATaskIsUnreadable) {
  for (const int status : {200, 201, 202, 203, 204, 205, 206, 299})
    for (const char* body : {"", "<html>", "{}"}) {
      server_.script({.status = status, .body = status == 204 || status == 205 ? "" : body});
      const auto answer = wait(client_.create(document("x")));
      EXPECT_TRUE(std::holds_alternative<Unreadable>(answer)) << status << ": " << outcome(answer);
    }
}

TEST_F(ClientTest, APartOfAFileIsNoFile) {
  for (const int status : {201, 202, 204, 205, 206, 226}) {
    server_.script(
        {.status = status, .body = status == 204 || status == 205 ? "" : "%PDF https://s/?sig=s3cret"});
    const auto answer =
        wait(client_.download(server_.url() + "/a.pdf?sig=s3cret", to(folder_.path("a.pdf"))));
    ASSERT_TRUE(std::holds_alternative<Unreadable>(answer)) << status << ": " << outcome(answer);
    EXPECT_THAT(outcome(answer), Not(HasSubstr("s3cret")));
    Reply reply = example("TaskSucceeded");
    reply.status = status;
    if (status == 204 || status == 205) reply.body.clear();
    server_.script(reply);
    EXPECT_TRUE(
        std::holds_alternative<Unreadable>(wait(client_.get_result("3f1c", to(folder_.path("result"))))));
  }
}

TEST_F(ClientTest, AnAnswerToAPartOfADocumentSaysSo) {
  server_.script({.status = 503, .after = Reply::After::hold, .read_only = 100'000});
  const auto answer = wait(client_.create(document(some_bytes(20 << 20))));
  ASSERT_TRUE(std::holds_alternative<Refusal>(answer)) << outcome(answer);
  EXPECT_FALSE(std::get<Refusal>(answer).request_whole);
}

TEST_F(ClientTest, NothingOfTheServicesIsTakenWhole) {
  const std::string task = contract::OpenApi().example("TaskProcessing");
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = task;
    changed.replace(changed.find(from), from.size(), to);
    return Reply::json(changed);
  };
  HttpClient::Options large = options();
  large.answer_bytes_max = 16 << 20;
  HttpClient client(engine_, large, kKey, nullptr);
  server_.script(with("Processing segments", std::string(2 << 20, 'm')));
  const auto answer = wait(client.get("3f1c"));
  ASSERT_EQ(outcome(answer), "good");
  EXPECT_LE(std::get<Task>(answer).message.size(), 1003u);
  const std::string id = "\"" + std::get<Task>(answer).task_id + "\"";
  for (const std::string& other : {std::string(7 << 20, 'i'), std::string("../../x"), std::string(".."),
                                   std::string("a b"), std::string("a/b"), std::string("a?b")}) {
    server_.script(with(id, "\"" + other + "\""));
    const auto odd = wait(client.create(document("x")));
    EXPECT_TRUE(std::holds_alternative<Unreadable>(odd)) << other.substr(0, 20);
    EXPECT_LE(outcome(odd).size(), 500u);
  }
}

TEST_F(ClientTest, NoTextOfTheServicesHoldsASignedAddressOrTheKey) {
  const std::string body =
      std::string("no: https://s3.example.com/b/k?X-Amz-Signature=s3cret\x1b[2J ") + kKey;
  server_.script(Reply::text(500, body));
  const std::string said = outcome(wait(client_.get("3f1c")));
  EXPECT_THAT(said, HasSubstr("no: https://s3.example.com/..."));
  EXPECT_THAT(said, Not(HasSubstr("s3cret")));
  EXPECT_THAT(said, Not(HasSubstr("\x1b")));
  EXPECT_THAT(said, Not(HasSubstr(kKey)));
}

TEST_F(ClientTest, WhatIsPackedOnTheWayIsUnpacked) {
  server_.script({.headers = {{"Content-Encoding", "gzip"}}, .body = packed("%PDF-1.7 plain")});
  ASSERT_EQ(outcome(wait(client_.download(server_.url() + "/a", to(folder_.path("a.pdf"))))), "good");
  EXPECT_EQ(content(folder_.path("a.pdf")), "%PDF-1.7 plain");
  EXPECT_EQ(server_.requests().at(0).headers.at("accept-encoding"), "identity");
  server_.script({.headers = {{"Content-Encoding", "gzip"}},
                  .body = packed(contract::OpenApi().example("TaskStarting"))});
  EXPECT_EQ(outcome(wait(client_.get("3f1c"))), "good");
  server_.script({.headers = {{"Content-Encoding", "unheard-of"}}, .body = "x"});
  EXPECT_NE(outcome(wait(client_.download(server_.url() + "/a", to(folder_.path("a.pdf"))))), "good");
}

TEST_F(ClientTest, ABombIsNotUnpacked) {
  server_.script({.headers = {{"Content-Encoding", "gzip"}}, .body = packed(std::string(160 << 20, '\0'))});
  const auto answer = wait(client_.download(server_.url() + "/a", to(folder_.path("a.pdf"))));
  EXPECT_THAT(outcome(answer), HasSubstr("times its packed size"));
  EXPECT_LE(std::filesystem::file_size(folder_.path("a.pdf")), 80u << 20);
}

TEST_F(ClientTest, AnswersThatAreNotTheContractsAreUnreadable) {
  for (const char* body : {"", "<html>", "[]", R"({"task_id":"t"})"}) {
    server_.script(Reply::json(body));
    const auto answer = wait(client_.get("3f1c"));
    EXPECT_TRUE(std::holds_alternative<Unreadable>(answer)) << body << ": " << outcome(answer);
  }
  server_.script(Reply::json("{}"));
  EXPECT_THAT(outcome(wait(client_.list({}))), HasSubstr("tasks: missing"));
}

TEST_F(ClientTest, AnAnswerOverTheLimitIsUnreadable) {
  server_.script(Reply::json(std::string(100'001, ' ')));
  EXPECT_THAT(outcome(wait(client_.get("3f1c"))), HasSubstr("unreadable: "));
}

TEST_F(ClientTest, AResultMayBeLargerThanOtherAnswers) {
  server_.script(Reply::json(std::string(3'000'000, ' ')));
  const auto answer = wait(client_.get_result("3f1c", to(folder_.path("result"))));
  EXPECT_EQ(std::get<Saved>(answer).size_bytes, 3'000'000u);
}

TEST_F(ClientTest, AResultOverItsLimitIsUnreadable) {
  HttpClient::Options small = options();
  small.result_bytes_max = 1000;
  HttpClient client(engine_, small, kKey, nullptr);
  server_.script(Reply::json(std::string(1001, ' ')));
  EXPECT_THAT(outcome(wait(client.get_result("3f1c", to(folder_.path("result"))))),
              HasSubstr("unreadable: "));
}

TEST_F(ClientTest, ACutResultIsNoAnswer) {
  Reply reply = example("TaskSucceeded");
  reply.send_only = 2000;
  reply.after = Reply::After::close;
  server_.script(reply);
  const auto answer = wait(client_.get_result("3f1c", to(folder_.path("result"))));
  EXPECT_EQ(std::get<NoAnswer>(answer).cause, NoAnswer::Cause::cut);
}

TEST_F(ClientTest, ARefusedResultLeavesAnEmptyFile) {
  folder_.write("result", "older");
  server_.script(Reply::text(404, "Task not found"));
  EXPECT_EQ(outcome(wait(client_.get_result("3f1c", to(folder_.path("result"))))), "404 Task not found");
  EXPECT_EQ(content(folder_.path("result")), "");
}

TEST_F(ClientTest, AFileThatCannotBeMadeSendsNothing) {
  const auto answer = wait(client_.get_result("3f1c", to(folder_.path("absent/result"))));
  EXPECT_EQ(std::get<NoAnswer>(answer).cause, NoAnswer::Cause::local_file);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(ClientTest, ADocumentThatIsNotAsItWasSendsNothing) {
  CreateRequest request = document("four");
  std::get<LocalFile>(request.document).size_bytes = 5;
  const auto answer = wait(client_.create(request));
  EXPECT_EQ(std::get<NoAnswer>(answer).request, NoAnswer::Request::not_sent);
  EXPECT_EQ(std::get<NoAnswer>(answer).cause, NoAnswer::Cause::local_file);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(ClientTest, ALostAnswerToACreateMayHaveBeenSentAndIsNotRepeated) {
  wait(client_.health());
  server_.script(Reply::cut());
  const auto answer = wait(client_.create(document("x")));
  EXPECT_EQ(std::get<NoAnswer>(answer).request, NoAnswer::Request::maybe_sent);
  EXPECT_EQ(std::get<NoAnswer>(answer).cause, NoAnswer::Cause::cut);
  wait(client_.health());
  EXPECT_EQ(server_.requests().size(), 3u);
}

TEST_F(ClientTest, ACreateThatIsNotAnsweredInTimeMayHaveBeenSent) {
  HttpClient::Options hasty = options();
  hasty.answer_timeout = Duration(100);
  HttpClient client(engine_, hasty, kKey, nullptr);
  server_.script(Reply::silence());
  const auto answer = wait(client.create(document("x")));
  EXPECT_EQ(std::get<NoAnswer>(answer).request, NoAnswer::Request::maybe_sent);
  EXPECT_EQ(std::get<NoAnswer>(answer).cause, NoAnswer::Cause::timeout);
}

TEST_F(ClientTest, ACreateThatMeetsNobodyWasNotSent) {
  HttpClient::Options nobody = options();
  nobody.url = "http://127.0.0.1:" + std::to_string(test::unused_port());
  HttpClient client(engine_, nobody, kKey, nullptr);
  const auto answer = wait(client.create(document("x")));
  EXPECT_EQ(std::get<NoAnswer>(answer).request, NoAnswer::Request::not_sent);
  EXPECT_EQ(std::get<NoAnswer>(answer).cause, NoAnswer::Cause::connect);
}

TEST_F(ClientTest, TheObserverHearsOfEveryExchange) {
  server_.script(example("TaskStarting"));
  server_.script(Reply::text(429, ""));
  server_.script(Reply::text(404, ""));
  server_.script(Reply::text(500, ""));
  server_.script(Reply::json("no"));
  server_.script(Reply::cut());
  wait(client_.create(document(some_bytes(30'000))));
  wait(client_.list({}));
  wait(client_.remove("3f1c"));
  wait(client_.cancel("3f1c"));
  wait(client_.get("3f1c"));
  wait(client_.update("3f1c", "{}"));
  std::vector<std::string> seen;
  for (const Exchange& exchange : exchanges_.all)
    seen.push_back(std::string(to_string(exchange.operation)) + " " +
                   std::string(to_string(exchange.answer)));
  EXPECT_THAT(seen, ElementsAre("create 2xx", "list 429", "remove 4xx", "cancel 5xx", "get unreadable",
                                "update network"));
  EXPECT_GT(exchanges_.all[0].bytes_up, 40'000u);
  EXPECT_GT(exchanges_.all[0].bytes_down, 1000u);
  EXPECT_GE(exchanges_.all[0].took, Duration(1));
}

TEST_F(ClientTest, NoMessageHoldsTheKey) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  std::string said;
  for (const Reply& reply : {Reply::cut(), Reply::json("no"), Reply::redirect(302, "http://127.0.0.1:1/"),
                             Reply{.status = 401, .body = "Invalid or inactive API key"}}) {
    server_.script(reply);
    said += outcome(wait(client_.create(document("x")))) + "\n";
  }
  for (const char* url : {"https://127.0.0.1:1", "nonsense://x", ""}) {
    HttpClient client(engine_, {.url = url}, kKey, nullptr);
    said += outcome(wait(client.get("3f1c"))) + "\n";
  }
  said += testing::internal::GetCapturedStderr() + testing::internal::GetCapturedStdout();
  EXPECT_THAT(said, Not(HasSubstr(kKey)));
  EXPECT_THAT(said, HasSubstr("GET https://127.0.0.1:1: "));
}

TEST_F(ClientTest, AResultIsAskedForWithItsFilesInsideWhereThatIsSet) {
  HttpClient::Options inside = options();
  inside.base64_urls = true;
  HttpClient client(engine_, inside, kKey, nullptr);
  server_.script(example("TaskSucceeded"));
  wait(client.get_result("3f1c", to(folder_.write("result", ""))));
  EXPECT_EQ(server_.requests().at(0).target, "/api/v1/task/3f1c?include_chunks=true&base64_urls=true");
  server_.script(example("TaskProcessing"));
  wait(client.get("3f1c"));
  EXPECT_EQ(server_.requests().at(1).target, "/api/v1/task/3f1c?include_chunks=false") << "polls stay small";
}

TEST_F(ClientTest, ADownloadGoesIntoItsFileWithoutTheKey) {
  server_.script(Reply::text(200, "%PDF"));
  const auto into = folder_.write("document.pdf", "what was there before");
  const auto answer = wait(client_.download(server_.url() + "/files/a.pdf?X-Amz-Signature=s3cret", to(into)));
  ASSERT_EQ(outcome(answer), "good");
  EXPECT_EQ(std::get<Saved>(answer).size_bytes, 4u);
  EXPECT_EQ(content(into), "%PDF");
  const auto received = server_.requests().at(0);
  EXPECT_EQ(received.target, "/files/a.pdf?X-Amz-Signature=s3cret");
  EXPECT_FALSE(received.headers.contains("authorization"));
  EXPECT_EQ(exchanges_.all.at(0).operation, Operation::download);
}

TEST_F(ClientTest, ADownloadIsNotRedirectedToAnotherHost) {
  HttpServer other;
  server_.script(Reply::redirect(307, other.url() + "/a.pdf"));
  const auto answer = wait(client_.download(server_.url() + "/a.pdf", to(folder_.write("document.pdf", ""))));
  EXPECT_EQ(outcome(answer), "307 ");
  EXPECT_EQ(other.connections(), 0);
}

TEST_F(ClientTest, NoAnswerToADownloadRepeatsItsUrl) {
  const auto into = folder_.write("document.pdf", "");
  const std::string url = server_.url() + "/a.pdf?X-Amz-Signature=s3cret";
  server_.script(Reply::text(403, "<Error><SignatureProvided>s3cret</SignatureProvided></Error>"));
  EXPECT_EQ(outcome(wait(client_.download(url, to(into)))), "403 ");
  Reply cut = Reply::text(200, std::string(1000, 'x'));
  cut.send_only = 500;
  cut.after = Reply::After::close;
  server_.script(cut);
  const auto lost = wait(client_.download(url, to(into)));
  ASSERT_TRUE(std::holds_alternative<NoAnswer>(lost)) << outcome(lost);
  EXPECT_EQ(std::get<NoAnswer>(lost).cause, NoAnswer::Cause::cut);
  EXPECT_THAT(outcome(lost), Not(HasSubstr("s3cret")));
  EXPECT_THAT(outcome(wait(client_.download("file:///etc/passwd?s3cret", to(into)))),
              Not(HasSubstr("s3cret")));
  EXPECT_EQ(content(into).find("root"), std::string::npos) << "only http and https";
}

}  // namespace
}  // namespace chunkrd::taskapi
