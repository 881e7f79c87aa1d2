// The contract's rows, as a client sees them.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>

#include "core/iso_time.h"
#include "tests/unit/local/server/fixture.h"

namespace chunkrd::local::server::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kNoSuchTask = "/api/v1/task/3f1c9c1e-6a52-4b0e-9a53-6f1c0c6a2f10";

class Contract : public ServerTest {
 protected:
  /// A task that stays Starting.
  std::string create_waiting() {
    rules("- {match: {file_name: 'wait*'}, do: {parse: {stay: Starting}}}\n- do: {parse: {instead: text}}");
    start();
    return create("waiting.txt");
  }
  /// A task that stays Processing.
  std::string create_busy() {
    rules("- do: {parse: {stay: Processing}}");
    start();
    const auto id = create("busy.txt");
    EXPECT_TRUE(reaches(id, "Processing"));
    return id;
  }
  std::string create_done(std::string_view settings = {}) {
    if (!server_) start();
    const auto id = create("done.txt", settings);
    EXPECT_TRUE(reaches(id, "Succeeded"));
    return id;
  }
  std::string create_failed() {
    rules("- do: {parse: {fail: Page limit exceeded}}");
    start();
    const auto id = create("failed.txt");
    EXPECT_TRUE(reaches(id, "Failed"));
    return id;
  }
  void expect_refused(std::string_view body, unsigned status, const std::string& words) {
    const Reply reply = post(body);
    EXPECT_EQ(reply.status, status) << body;
    EXPECT_EQ(reply.body, words) << body;
  }
};

TEST_F(Contract, HealthIsOpenAndTheRootAnswersTheSame) {
  options_.key = "secret";
  start();
  for (const auto* path : {"/health", "/"}) {
    const Reply reply = get(path);
    EXPECT_EQ(reply.status, 200U);
    EXPECT_THAT(reply.body, StartsWith("OK - Version 1.14.2"));
    EXPECT_THAT(reply.headers.at("content-type"), StartsWith("text/plain"));
  }
}

TEST_F(Contract, EveryWrongAuthorizationHasItsText) {
  options_.key = "secret";
  start();
  Client client(port());
  const auto refusal = [&](const Headers& headers) {
    const Reply reply = client.send("GET", "/api/v1/tasks", {}, headers);
    return fmt::format("{} {}", reply.status, reply.body);
  };
  EXPECT_EQ(refusal({}), "401 Authorization header is missing");
  EXPECT_EQ(refusal({{"Authorization", ""}}), "401 API key is missing");
  EXPECT_EQ(refusal({{"Authorization", "other"}}), "401 Invalid or inactive API key");
  EXPECT_EQ(refusal({{"Authorization", "Bearer secret"}}), "401 Invalid token payload");
  EXPECT_EQ(refusal({{"Authorization", "secret"}}), "200 []");
}

TEST_F(Contract, WithoutAKeyNobodyIsAskedForOne) {
  start();
  EXPECT_EQ(get("/api/v1/tasks").status, 200U);
  EXPECT_EQ(client().send("GET", "/api/v1/tasks", {}, {{"Authorization", "anything"}}).status, 200U);
}

TEST_F(Contract, ANewTaskIsStartingWithAllDefaultsFilledIn) {
  start();
  const Reply reply = post(R"({"file": "aGVsbG8K", "an unknown field": [1, 2]})");
  ASSERT_EQ(reply.status, 200U) << reply.body;
  EXPECT_EQ(reply.headers.at("content-type"), "application/json");
  const auto task = reply.json();
  EXPECT_EQ(text(task, "status"), "Starting");
  EXPECT_EQ(text(task, "message"), "Task queued");
  for (const auto* name : {"started_at", "finished_at", "expires_at"}) EXPECT_EQ(text(task, name), "null");
  EXPECT_TRUE(from_iso(text(task, "created_at")));
  const auto id = text(task, "task_id");
  EXPECT_THAT(id,
              testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_EQ(text(task, "task_url"), fmt::format("http://127.0.0.1:{}/api/v1/task/{}", port(), id));
  const auto& output = task.at("output");
  EXPECT_EQ(text(output, "chunks"), "[]");
  EXPECT_EQ(text(output, "page_count"), "0");
  EXPECT_EQ(text(output, "file_name"), id + ".txt");
  const auto& settings = task.at("configuration");
  EXPECT_EQ(text(settings, "ocr_strategy"), "All");
  EXPECT_EQ(text(settings, "segmentation_strategy"), "LayoutAnalysis");
  EXPECT_EQ(text(settings, "error_handling"), "Fail");
  EXPECT_EQ(text(settings, "high_resolution"), "false");
  EXPECT_EQ(text(settings, "expires_in"), "null");
  EXPECT_EQ(settings.at("segment_processing").as_object().size(), 12U);
  EXPECT_EQ(text(settings.at("chunk_processing"), "tokenizer"), R"({"Enum":"Word"})");
}

TEST_F(Contract, TheDocumentMayBeBareBase64OrADataUrlOrAnAddress) {
  start();
  const std::string content = "the very same document";
  const auto stored = [&](const std::string& file) {
    const Reply reply = post(fmt::format(R"({{"file": "{}"}})", file));
    if (reply.status != 200) return reply.body;
    const auto url = text(reply.json().at("configuration"), "input_file_url");
    return get(url.substr(url.find("/storage"))).body;
  };
  const std::string encoded = base64_of(content);
  EXPECT_EQ(stored(encoded), content);
  EXPECT_EQ(stored("data:application/pdf;base64," + encoded), content);
  EXPECT_EQ(stored("data:;base64," + encoded), content);
  EXPECT_THAT(stored(fmt::format("http://127.0.0.1:{}/health", port())), StartsWith("OK - Version"));
}

TEST_F(Contract, TheNameOfAFetchedDocumentIsThatOfItsAddress) {
  start();
  const Reply reply =
      post(fmt::format(R"({{"file": "http://127.0.0.1:{}/health?x=1", "file_name": "mine.pdf"}})", port()));
  EXPECT_EQ(text(reply.json().at("output"), "file_name"), "health");
}

TEST_F(Contract, AFileThatCannotBeHadIsTheServersError) {
  start();
  expect_refused(R"({"file": "http://127.0.0.1:1/x.pdf"})", 500, "Failed to process file");
  for (const auto* file : {"aGVsbG8", "aGVs bG8K", "aGVsbG9=", "a===", "====", "aGVs=bG8",
                           "data:text/plain,hello", "no base64!", "aGVsbG8K\\n"}) {
    expect_refused(fmt::format(R"({{"file": "{}"}})", file), 500, "Failed to process file");
  }
}

TEST_F(Contract, AnUnknownContentIsRefusedWhateverItsName) {
  start();
  expect_refused(R"({"file": "AAAA", "file_name": "x.pdf"})", 400, "Unsupported file type");
  expect_refused(R"({"file": ""})", 400, "Unsupported file type");
}

TEST_F(Contract, BodiesThatAreNoFormSayWhatAndWhere) {
  start();
  expect_refused("{}", 400, "Json deserialize error: missing field `file` at line 1 column 2");
  expect_refused("{\n \"file\": 3}", 400,
                 "Json deserialize error: invalid type: integer `3`, expected a string at line 2 column 10");
  expect_refused(R"({"file": null})", 400,
                 "Json deserialize error: invalid type: null, expected a string at line 1 column 9");
  expect_refused(
      "[]", 400,
      "Json deserialize error: invalid type: sequence, expected struct CreateForm at line 1 column 2");
  expect_refused(R"({"file": "YQ==", "file": "YQ=="})", 400,
                 "Json deserialize error: duplicate field `file` at line 1 column 22");
  expect_refused(
      R"({"file": "YQ==", "ocr_strategy": "Maybe"})", 400,
      "Json deserialize error: unknown variant `Maybe`, expected `All` or `Auto` at line 1 column 41");
  EXPECT_THAT(post(R"({"file": "YQ==")").body, StartsWith("Json deserialize error: EOF while parsing"));
  EXPECT_THAT(post("nonsense").body, StartsWith("Json deserialize error: expected value"));
  expect_refused(R"({"file": "YQ==", "llm_processing": {"model_id": "nope"}})", 400,
                 "Unknown model_id 'nope'. Supported model IDs are: local");
}

TEST_F(Contract, ABodyThatIsNotCalledJsonIsRefused) {
  start();
  const Reply reply = post(R"({"file": "YQ=="})", {{"Content-Type", "text/plain"}});
  EXPECT_EQ(reply.status, 400U);
  EXPECT_EQ(reply.body, "Content type error");
}

TEST_F(Contract, ABodyOverTheLimitIsRefusedWithBothNumbers) {
  options_.body_bytes_max = 1000;
  start();
  const std::string body = fmt::format(R"({{"file": "{}"}})", base64_of(std::string(3000, 'x')));
  const Reply reply = post(body);
  EXPECT_EQ(reply.status, 413U);
  EXPECT_EQ(reply.body,
            fmt::format("JSON payload ({} bytes) is larger than allowed (limit: 1000 bytes).", body.size()));
}

TEST_F(Contract, AChunkedBodyOverTheLimitIsRefusedToo) {
  options_.body_bytes_max = 1000;
  start();
  Client client(port());
  client.send_raw(
      "POST /api/v1/task/parse HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  client.send_raw("800\r\n{\"file\": \"" + std::string(0x800 - 10, 'A') + "\r\n0\r\n\r\n");
  EXPECT_EQ(client.receive().status, 413U);
}

TEST_F(Contract, AFinishedTaskHasItsChunksOnlyWhenAskedFor) {
  const auto id = create_done();
  const auto whole = read(id).json();
  EXPECT_EQ(text(whole, "message"), "Task succeeded");
  EXPECT_EQ(whole.at("output").at("chunks").as_array().size(), 1U);
  EXPECT_EQ(text(whole.at("output"), "page_count"), "1");
  EXPECT_TRUE(from_iso(text(whole, "started_at")));
  EXPECT_TRUE(from_iso(text(whole, "finished_at")));
  EXPECT_EQ(text(read(id, "include_chunks=true").json(), "output"), text(whole, "output"));
  EXPECT_EQ(text(read(id, "include_chunks=false").json().at("output"), "chunks"), "[]");
}

TEST_F(Contract, AQueryThatDoesNotParseIsRefused) {
  const auto id = create_done();
  const Reply reply = read(id, "include_chunks=yes");
  EXPECT_EQ(reply.status, 400U);
  EXPECT_EQ(reply.body, "Query deserialize error: provided string was not `true` or `false`");
  EXPECT_EQ(get("/api/v1/tasks?limit=x").body, "Query deserialize error: invalid digit found in string");
  EXPECT_EQ(get("/api/v1/tasks?start=yesterday").status, 400U);
}

TEST_F(Contract, AnUnknownTaskIs404ForAllButCancel) {
  start();
  Client client(port());
  EXPECT_EQ(client.get(kNoSuchTask).status, 404U);
  EXPECT_EQ(client.get("/api/v1/task/any%20text").body, "Task not found");
  EXPECT_EQ(client.send("DELETE", kNoSuchTask).body, "Task not found");
  EXPECT_EQ(client.send("PATCH", std::string(kNoSuchTask) + "/parse", "{}").body, "Task not found");
  const Reply cancel = client.get(std::string(kNoSuchTask) + "/cancel");
  EXPECT_EQ(cancel.status, 500U);
  EXPECT_EQ(cancel.body, "query returned an unexpected number of rows");
}

TEST_F(Contract, AStartingTaskCanOnlyBeCancelled) {
  const auto id = create_waiting();
  EXPECT_EQ(patch(id, "{}").status, 400U);
  EXPECT_EQ(patch(id, "{}").body, "Task cannot be updated: status is Starting");
  const Reply refused = client().send("DELETE", "/api/v1/task/" + id);
  EXPECT_EQ(refused.status, 500U);
  EXPECT_EQ(refused.body, "Task cannot be deleted: status is Starting");
  const Reply cancel = get("/api/v1/task/" + id + "/cancel");
  EXPECT_EQ(cancel.status, 200U);
  EXPECT_EQ(cancel.body, "Task cancelled");
  const auto task = read(id).json();
  EXPECT_EQ(text(task, "status"), "Cancelled");
  EXPECT_EQ(text(task, "message"), "Task cancelled");
  EXPECT_EQ(text(task, "finished_at"), "null");
}

TEST_F(Contract, ACancelledTaskCanOnlyBeDeleted) {
  const auto id = create_waiting();
  get("/api/v1/task/" + id + "/cancel");
  EXPECT_EQ(patch(id, "{}").body, "Task cannot be updated: status is Cancelled");
  const Reply again = get("/api/v1/task/" + id + "/cancel");
  EXPECT_EQ(again.status, 400U);
  EXPECT_EQ(again.body, "Task cannot be cancelled: status is Cancelled");
  EXPECT_EQ(client().send("DELETE", "/api/v1/task/" + id).body, "Task deleted");
}

TEST_F(Contract, AProcessingTaskCannotBeTouched) {
  const auto id = create_busy();
  EXPECT_EQ(patch(id, "{}").body, "Task cannot be updated: status is Processing");
  EXPECT_EQ(get("/api/v1/task/" + id + "/cancel").body, "Task cannot be cancelled: status is Processing");
  const Reply refused = client().send("DELETE", "/api/v1/task/" + id);
  EXPECT_EQ(refused.status, 500U);
  EXPECT_EQ(refused.body, "Task cannot be deleted: status is Processing");
}

TEST_F(Contract, AFailedTaskCanBeUpdatedAndDeletedButNotCancelled) {
  const auto id = create_failed();
  EXPECT_EQ(message_of(id), "Page limit exceeded");
  EXPECT_EQ(get("/api/v1/task/" + id + "/cancel").body, "Task cannot be cancelled: status is Failed");
  EXPECT_EQ(patch(id, "{}").status, 200U);
  EXPECT_TRUE(reaches(id, "Failed"));
  EXPECT_EQ(client().send("DELETE", "/api/v1/task/" + id).status, 200U);
}

TEST_F(Contract, DeletingRemovesTheTaskAndItsFilesAndIsThen404) {
  const auto id = create_done();
  const Reply reply = client().send("DELETE", "/api/v1/task/" + id);
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.body, "Task deleted");
  EXPECT_EQ(client().send("DELETE", "/api/v1/task/" + id).status, 404U);
  EXPECT_EQ(read(id).status, 404U);
  EXPECT_FALSE(std::filesystem::exists(options_.state / "tasks" / id));
}

TEST_F(Contract, AnUpdateAnswersWithTheTaskAsItWas) {
  const auto id = create_done();
  const Reply reply = patch(id, R"({"high_resolution": true, "chunk_processing": {"target_length": 2048}})");
  ASSERT_EQ(reply.status, 200U) << reply.body;
  const auto before = reply.json();
  EXPECT_EQ(text(before, "status"), "Succeeded");
  EXPECT_EQ(text(before.at("configuration"), "high_resolution"), "false");
  EXPECT_EQ(text(before.at("output"), "chunks"), "[]");
  ASSERT_TRUE(reaches(id, "Succeeded"));
  const auto after = read(id).json();
  EXPECT_EQ(text(after.at("configuration"), "high_resolution"), "true");
  EXPECT_EQ(text(after.at("configuration").at("chunk_processing"), "target_length"), "2048");
  EXPECT_EQ(after.at("output").at("chunks").as_array().size(), 1U);
}

TEST_F(Contract, AnUpdateIsQueuedWithItsOwnMessageAndKeepsTheOldTimes) {
  rules("- {match: {operation: update}, do: {parse: {stay: Starting}}}\n- do: {parse: {instead: text}}");
  const auto id = create_done();
  const auto before = read(id).json();
  ASSERT_EQ(patch(id, "{}").status, 200U);
  const auto after = read(id).json();
  EXPECT_EQ(text(after, "status"), "Starting");
  EXPECT_EQ(text(after, "message"), "Task queued for update");
  EXPECT_EQ(text(after, "finished_at"), text(before, "finished_at"));
  EXPECT_EQ(text(after.at("output"), "chunks"), "[]");
}

TEST_F(Contract, AFailedUpdateRevertsStatusMessageAndSettings) {
  rules("- {match: {operation: update}, do: {parse: {fail: no luck}}}\n- do: {parse: {instead: text}}");
  const auto id = create_done();
  const auto before = read(id).json();
  ASSERT_EQ(patch(id, R"({"high_resolution": true})").status, 200U);
  ASSERT_TRUE(reaches(id, "Succeeded"));
  const auto after = read(id).json();
  EXPECT_EQ(text(after, "message"), "Task succeeded");
  EXPECT_EQ(text(after.at("configuration"), "high_resolution"), "false");
  EXPECT_EQ(text(after.at("output"), "chunks"), text(before.at("output"), "chunks"));
}

TEST_F(Contract, ACancelledUpdateFlipsBack) {
  rules("- {match: {operation: update}, do: {parse: {stay: Starting}}}\n- do: {parse: {instead: text}}");
  const auto id = create_done();
  ASSERT_EQ(patch(id, R"({"high_resolution": true})").status, 200U);
  ASSERT_TRUE(reaches(id, "Starting"));
  EXPECT_EQ(get("/api/v1/task/" + id + "/cancel").status, 200U);
  ASSERT_TRUE(reaches(id, "Succeeded"));
  EXPECT_EQ(text(read(id).json().at("configuration"), "high_resolution"), "false");
}

TEST_F(Contract, AnUpdateOfATaskThatTimedOutIsRefused) {
  options_.parser_limits.time = std::chrono::milliseconds(1);
  const auto id = create_busy();
  ASSERT_TRUE(reaches(id, "Failed"));
  const auto task = read(id).json();
  EXPECT_EQ(text(task, "message"), "Task timed out");
  EXPECT_EQ(text(task, "finished_at"), "null");
  const Reply reply = patch(id, "{}");
  EXPECT_EQ(reply.status, 500U);
  EXPECT_EQ(reply.body, "Failed to create task");
}

TEST_F(Contract, TheListIsABareArrayNewestFirst) {
  start();
  EXPECT_EQ(get("/api/v1/tasks").body, "[]");
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) create(fmt::format("{}.txt", i));
  const auto names_of = [&](std::string_view query) {
    std::string all;
    const auto list = get(fmt::format("/api/v1/tasks?{}", query)).json();
    for (const auto& task : list.as_array()) {
      all += text(task.at("output"), "file_name").substr(0, 1);
    }
    return all;
  };
  EXPECT_EQ(names_of(""), "43210");
  EXPECT_EQ(names_of("limit=2"), "43");
  EXPECT_EQ(names_of("limit=2&page=2"), "21");
  EXPECT_EQ(names_of("limit=2&page=4"), "");
  EXPECT_EQ(names_of("limit=0"), "");
  EXPECT_EQ(names_of("limit=9223372036854775807&page=9223372036854775807"), "");
}

TEST_F(Contract, TheListKeepsToTheTimesAsked) {
  start();
  const auto id = create("a.txt");
  const auto created = *from_iso(text(read(id).json(), "created_at"));
  const auto count = [&](std::string_view query) {
    return get(fmt::format("/api/v1/tasks?{}", query)).json().as_array().size();
  };
  EXPECT_EQ(count("start=" + to_iso(created)), 1U);
  EXPECT_EQ(count("end=" + to_iso(created)), 1U);
  EXPECT_EQ(count("start=" + to_iso(created + Duration(1))), 0U);
  EXPECT_EQ(count("end=" + to_iso(created - Duration(1))), 0U);
}

TEST_F(Contract, TheListRefusesWhatItCannotPage) {
  start();
  EXPECT_EQ(get("/api/v1/tasks?page=1").status, 400U);
  EXPECT_EQ(get("/api/v1/tasks?page=1").body, "Limit is required when page is provided");
  EXPECT_EQ(get("/api/v1/tasks?page=0&limit=1").status, 500U);
  EXPECT_EQ(get("/api/v1/tasks?page=0&limit=1").body, "db error: ERROR: OFFSET must not be negative");
  EXPECT_EQ(get("/api/v1/tasks?limit=-1").status, 500U);
}

TEST_F(Contract, TheListLeavesChunksOutUnlessAsked) {
  create_done();
  EXPECT_EQ(text(get("/api/v1/tasks").json().at(0).at("output"), "chunks"), "[]");
  EXPECT_EQ(get("/api/v1/tasks?include_chunks=true").json().at(0).at("output").at("chunks").as_array().size(),
            1U);
}

TEST_F(Contract, ExpiryCountsFromTheEndOfProcessing) {
  const auto id = create_done(R"("expires_in": 3600)");
  const auto task = read(id).json();
  const auto finished = *from_iso(text(task, "finished_at"));
  EXPECT_EQ(*from_iso(text(task, "expires_at")), finished + std::chrono::hours(1));
}

TEST_F(Contract, AnExpiredTaskIsGoneAtOnceAndPurgedLater) {
  start();
  const auto id = create("short.txt", R"("expires_in": 0)");
  ASSERT_TRUE(reaches(id, "404"));
  EXPECT_EQ(get("/api/v1/tasks").body, "[]");
  EXPECT_TRUE(std::filesystem::exists(options_.state / "tasks" / id));
  EXPECT_EQ(patch(id, "{}").status, 200U) << "an update does not look at the expiry";
  options_.purge_every = std::chrono::milliseconds(10);
  start();
  EXPECT_TRUE(becomes_true([&] { return !std::filesystem::exists(options_.state / "tasks" / id); }));
}

TEST_F(Contract, UnknownPathsAndMethodsAre404) {
  start();
  EXPECT_EQ(get("/nothing").status, 404U);
  EXPECT_EQ(client().send("POST", "/api/v1/tasks", "{}").status, 404U);
  EXPECT_EQ(client().send("DELETE", "/health").status, 404U);
}

}  // namespace
}  // namespace chunkrd::local::server::test
