// Who gets in: the bytes of a request that could be read in two ways, pages in a browser, names of others.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/object.hpp>

#include "tests/unit/local/server/fixture.h"

namespace chunkrd::local::server::test {
namespace {

using testing::HasSubstr;

constexpr std::string_view kPost = "POST /api/v1/task/parse HTTP/1.1\r\nHost: 127.0.0.1\r\n";
constexpr std::string_view kGet = "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n";

class Border : public ServerTest {
 protected:
  /// The status of the first answer, and whether the server then ends the connection.
  std::string answer_to(std::string_view bytes) const {
    Client client(port());
    client.send_raw(bytes);
    const Reply reply = client.receive();
    const bool is_closed = reply.headers.contains("connection") &&
                           reply.headers.at("connection") == "close" && client.is_closed_within(kPatience);
    return fmt::format("{}{}", reply.status, is_closed ? " closed" : "");
  }
  std::size_t tasks() const { return get("/api/v1/tasks").json().as_array().size(); }
};

TEST_F(Border, ARequestThatCouldEndInTwoPlacesIsRefusedAndNothingAfterItIsRead) {
  start();
  const std::string body = R"({"file": "YQ=="})";
  const auto with = [&](std::string_view head, std::string_view rest) {
    return fmt::format("{}Content-Type: application/json\r\n{}\r\n{}{}\r\n", kPost, head, rest, kGet);
  };
  const auto chunked = fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", body.size(), body);
  const auto length = fmt::format("Content-Length: {}\r\n", body.size());
  for (const auto& head :
       {std::string("Transfer-Encoding: gzip\r\n"), std::string("Transfer-Encoding: gzip, chunked\r\n"),
        std::string("Transfer-Encoding: chunked, gzip\r\n"),
        std::string("Transfer-Encoding: chunked, chunked\r\n"),
        std::string("Transfer-Encoding: identity\r\n"), std::string("Transfer-Encoding: \"chunked\"\r\n"),
        std::string("Transfer-Encoding: xchunked\r\n"), std::string("Transfer-Encoding:\r\n"),
        std::string("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n"),
        std::string("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"),
        std::string("Transfer-Encoding : chunked\r\n"), length + "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\n" + length, length + "Transfer-Encoding: gzip\r\n"}) {
    EXPECT_EQ(answer_to(with(head, chunked)), "400 closed") << head;
  }
  for (const auto& head :
       {length + length, length + "Content-Length: 0\r\n",
        fmt::format("Content-Length: {0}, {0}\r\n", body.size()),
        fmt::format("Content-Length: +{}\r\n", body.size()), std::string("Content-Length: 0x10\r\n"),
        std::string("Content-Length: -1\r\n"), std::string("Content-Length:\r\n"),
        std::string("Content-Length: 99999999999999999999\r\n")}) {
    EXPECT_EQ(answer_to(with(head, body)), "400 closed") << head;
  }
  EXPECT_EQ(tasks(), 0U);
  EXPECT_EQ(answer_to(with("Transfer-Encoding: Chunked\r\n", chunked)), "200");
  EXPECT_EQ(answer_to(with(length, body)), "200");
}

TEST_F(Border, OddEndsOfLinesAreRefused) {
  start();
  for (const std::string_view bytes : {"GET /health HTTP/1.1\nHost: 127.0.0.1\n\n",
                                       "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\nY: b\r\n\r\n",
                                       "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\rY: b\r\n\r\n"}) {
    EXPECT_EQ(answer_to(bytes), "400 closed") << bytes;
  }
}

TEST_F(Border, AHostMustBeThereOnceAndBeOurs) {
  options_.hosts = {"docs.example"};
  start();
  const auto with = [&](std::string_view hosts) {
    return fmt::format("GET /health HTTP/1.1\r\n{}\r\n", hosts);
  };
  EXPECT_EQ(answer_to(with("")), "400 closed");
  EXPECT_EQ(answer_to(with("Host: 127.0.0.1\r\nHost: localhost\r\n")), "400 closed");
  for (const auto* host :
       {"evil.example", "evil.example:8000", "127.0.0.1.evil.example", "10.0.0.1", "", "127.0.0.1:x",
        "user@127.0.0.1", "localhost.evil.example", "[::1", "127.1", "a b"}) {
    const auto answer = answer_to(with(fmt::format("Host: {}\r\n", host)));
    EXPECT_EQ(answer, "421") << host;
  }
  for (const auto* host : {"127.0.0.1", "127.0.0.1:8000", "localhost", "LocalHost:1", "[::1]:9",
                           "docs.example", "Docs.Example.:443"}) {
    EXPECT_EQ(answer_to(with(fmt::format("Host: {}\r\n", host))), "200") << host;
  }
}

TEST_F(Border, WhoListensEverywhereIsCalledByAnyAddressAndStillByNoForeignName) {
  options_.address = "0.0.0.0";
  start();
  EXPECT_EQ(client().send("GET", "/health", {}, {{"host", "10.11.12.13:8000"}}).status, 200U);
  EXPECT_EQ(client().send("GET", "/health", {}, {{"host", "evil.example:8000"}}).status, 421U);
}

TEST_F(Border, APageCannotSubmitWhateverItCallsItsForm) {
  start();
  const std::string_view body = R"({"file": "YQ=="})";
  for (const auto* type : {"text/plain; x=json", "text/json-ish", "application/x-www-form-urlencoded; json",
                           "multipart/form-data; boundary=json", "json", "", "application/jsonp",
                           "text/plain, application/json"}) {
    EXPECT_EQ(post(body, {{"content-type", type}}).status, 400U) << type;
  }
  for (const auto* origin :
       {"http://evil.example", "null", "http://localhost:1", "https://127.0.0.1", "file://", ""}) {
    EXPECT_EQ(post(body, {{"origin", origin}}).status, 403U) << origin;
  }
  for (const auto* site : {"cross-site", "same-site"}) {
    EXPECT_EQ(post(body, {{"sec-fetch-site", site}}).status, 403U) << site;
  }
  EXPECT_EQ(tasks(), 0U);
  for (const auto* type : {"application/json", "Application/JSON;charset=utf-8", "application/json ; a=b"}) {
    EXPECT_EQ(post(body, {{"content-type", type}}).status, 200U) << type;
  }
  const auto own = fmt::format("http://127.0.0.1:{}", port());
  EXPECT_EQ(post(body, {{"origin", own}, {"sec-fetch-site", "same-origin"}}).status, 200U);
}

TEST_F(Border, APageOfAnotherSiteCannotCancelOrRead) {
  rules("- {do: {parse: {stay: Starting}}}");
  start();
  const auto id = create("a.txt");
  const Headers page{{"sec-fetch-site", "cross-site"}};
  EXPECT_EQ(client().send("GET", "/api/v1/task/" + id + "/cancel", {}, page).status, 403U);
  EXPECT_EQ(client().send("GET", "/api/v1/tasks", {}, page).status, 403U);
  EXPECT_EQ(status_of(id), "Starting");
  const auto url = text(read(id).json().at("configuration"), "input_file_url");
  EXPECT_EQ(client().send("GET", url.substr(url.find("/storage")), {}, page).body, "a document")
      << "signed addresses stand in documents that browsers show";
}

TEST_F(Border, TheAddressThatClientsAreToldIsOneOfOurs) {
  options_.public_url = "https://docs.example/chunkr";
  start();
  const auto id = create("a.txt");
  EXPECT_THAT(text(read(id).json(), "task_url"), testing::StartsWith("https://docs.example/chunkr/api/"));
  EXPECT_EQ(client().send("GET", "/health", {}, {{"host", "docs.example"}}).status, 200U);
  EXPECT_EQ(post(R"({"file": "YQ=="})", {{"origin", "https://docs.example"}}).status, 200U);
}

}  // namespace
}  // namespace chunkrd::local::server::test
