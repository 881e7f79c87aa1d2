// The reader against everything that the contract lets the service answer, and against what it does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <fstream>
#include <functional>
#include <map>
#include <set>

#include "artifacts/artifacts.h"
#include "core/iso_time.h"
#include "core/threads.h"
#include "taskapi/http_client.h"
#include "taskapi/reader.h"
#include "tests/contract/openapi.h"
#include "tests/support/http_server.h"
#include "tests/support/loop.h"
#include "tests/support/temporary_folder.h"

namespace chunkrd::contract {
namespace {

using taskapi::Task;

/// What the reader says about one object of the contract: empty when it takes it.
using Read = std::function<std::string(const json::value&)>;

std::string read_task(const json::value& task) {
  const auto read = taskapi::read_task(json::serialize(task));
  return read ? "" : read.error();
}

std::string read_chunk(const json::value& chunk) {
  const auto read = taskapi::read_chunk(json::serialize(chunk));
  return read ? "" : read.error();
}

/// A reader of objects, and where in what it reads the object stands.
struct Kind {
  const char* schema;
  Read read;
  /// Fields that the daemon looks at: a value of another kind is refused. All others of the contract are
  /// kept in NAME.json as they came, whatever they are.
  std::set<std::string> interpreted;
};

json::value least(const OpenApi& api, const char* schema) {
  return api.variants(api.schema(schema)).front();
}

const std::vector<Kind>& kinds() {
  static const OpenApi api;
  static const auto in_task = [](const char* field) {
    return [field](const json::value& object) {
      json::value task = least(api, "TaskResponse");
      task.as_object()[field] = object;
      return read_task(task);
    };
  };
  static const auto in_chunk = [](const json::value& segment) {
    return read_chunk(json::object{{"chunk_length", 1}, {"segments", json::array{segment}}});
  };
  static const std::vector<Kind> all{
      {"TaskResponse",
       read_task,
       {"configuration", "created_at", "expires_at", "finished_at", "message", "output", "started_at",
        "status", "task_id"}},
      {"Configuration", in_task("configuration"), {"input_file_url"}},
      {"OutputResponse", in_task("output"), {"file_name", "page_count", "pdf_url"}},
      {"Chunk", read_chunk, {"chunk_id", "chunk_length", "embed", "segments"}},
      {"Segment",
       in_chunk,
       {"bbox", "content", "html", "image", "llm", "markdown", "page_height", "page_number", "page_width",
        "segment_id", "segment_type"}},
      {"BoundingBox",
       [](const json::value& box) {
         json::value segment = least(api, "Segment");
         segment.as_object()["bbox"] = box;
         return in_chunk(segment);
       },
       {"height", "left", "top", "width"}},
  };
  return all;
}

class AnswersOfKind : public testing::TestWithParam<std::size_t> {
 protected:
  const Kind& kind() const { return kinds()[GetParam()]; }
  const json::object& properties() const {
    return api_.resolved(api_.schema(kind().schema)).at("properties").as_object();
  }
  bool requires_field(std::string_view name) const {
    for (const Property& one : api_.properties(kind().schema))
      if (one.owner == kind().schema && one.name == name) return one.required;
    return false;
  }
  json::object least() const { return contract::least(api_, kind().schema).as_object(); }
  json::object with(std::string_view field, const json::value& value) const {
    json::object object = least();
    object[field] = value;
    return object;
  }

  OpenApi api_;
};

TEST_P(AnswersOfKind, AreReadWithEveryValueOfEveryField) {
  int tried = 0;
  for (const json::value& value : api_.variants(api_.schema(kind().schema))) {
    EXPECT_EQ(kind().read(value), "") << json::serialize(value);
    ++tried;
  }
  EXPECT_GT(tried, 4);
}

TEST_P(AnswersOfKind, MayLeaveOutWhatIsNotRequired) {
  for (const auto& [name, schema] : properties()) {
    json::object object = api_.variants(api_.schema(kind().schema)).back().as_object();  // has everything
    ASSERT_EQ(kind().read(object), "");
    object.erase(name);
    // Nothing in `configuration` is needed, nor are chunks before they are fetched: see artifacts::inspect().
    const bool needed = requires_field(name) && kind().interpreted.contains(name);
    EXPECT_EQ(kind().read(object).empty(), !needed) << name;
  }
}

TEST_P(AnswersOfKind, MayHoldNullWhereNothingIsRequired) {
  for (const auto& [name, schema] : properties()) {
    if (requires_field(name)) continue;
    EXPECT_EQ(kind().read(with(name, nullptr)), "") << name;
  }
}

TEST_P(AnswersOfKind, AreRefusedWithAnotherKindOfValueInAFieldThatIsUsed) {
  std::set<std::string> seen;
  for (const auto& [name, schema] : properties()) {
    seen.insert(name);
    const bool used = kind().interpreted.contains(name);
    for (const json::value& wrong :
         {json::value(true), json::value(json::object{{"no such key", 1}}), json::value(json::array{true})}) {
      // An object within is checked by its own kind.
      if (wrong.is_object() && (name == "configuration" || name == "output")) continue;
      EXPECT_EQ(kind().read(with(name, wrong)).empty(), !used) << name << ": " << json::serialize(wrong);
    }
  }
  for (const std::string& name : kind().interpreted) EXPECT_TRUE(seen.contains(name)) << name;
}

TEST_P(AnswersOfKind, MayHoldFieldsThatLaterServersAdd) {
  for (const json::value& value : {json::value(nullptr), json::value(json::object{{"task_id", 7}}),
                                   json::value(json::array{json::array{"x"}})})
    EXPECT_EQ(kind().read(with("ss_later", value)), "");
}

TEST_P(AnswersOfKind, AreRefusedWhenTheyAreNoObject) {
  for (const json::value& wrong : {json::value("text"), json::value(json::array{least()}), json::value(1)})
    EXPECT_NE(kind().read(wrong), "") << json::serialize(wrong);
}

INSTANTIATE_TEST_SUITE_P(Contract, AnswersOfKind, testing::Range<std::size_t>(0, kinds().size()),
                         [](const auto& each) { return std::string(kinds()[each.param].schema); });

TEST(Answers, OfEveryStatusAreKnown) {
  const OpenApi api;
  for (const json::value& name : api.variants(api.schema("Status"))) {
    json::value task = least(api, "TaskResponse");
    task.as_object()["status"] = name;
    const auto read = taskapi::read_task(json::serialize(task));
    ASSERT_TRUE(read.has_value()) << read.error();
    EXPECT_EQ(to_string(read->status), json::value_to<std::string>(name));
  }
}

TEST(Answers, MayHaveSegmentsOfEveryTypeAndOfLaterOnes) {
  const OpenApi api;
  auto types = api.variants(api.schema("SegmentType"));
  EXPECT_EQ(types.size(), 12u);
  types.emplace_back("GraphicalItem");
  for (const json::value& type : types) {
    json::value segment = least(api, "Segment");
    segment.as_object()["segment_type"] = type;
    const auto read = taskapi::read_chunk(
        json::serialize(json::object{{"chunk_length", 1}, {"segments", json::array{segment}}}));
    ASSERT_TRUE(read.has_value()) << read.error();
    EXPECT_EQ(read->segments.at(0).segment_type, json::value_to<std::string>(type));
  }
}

/// What a task of the contract must be read as, field by field.
void expect_read_as(const json::value& json, const Task& task) {
  const auto text = [](const json::value& value) { return json::value_to<std::string>(value); };
  const auto same_time = [&](const char* field, const std::optional<WallTime>& time) {
    const json::value& value = json.at(field);
    EXPECT_EQ(value.is_null() ? std::nullopt : from_iso(text(value)), time) << field;
  };
  EXPECT_EQ(task.task_id, text(json.at("task_id")));
  EXPECT_EQ(to_string(task.status), text(json.at("status")));
  EXPECT_EQ(task.message, text(json.at("message")));
  same_time("created_at", task.created_at);
  same_time("started_at", task.started_at);
  same_time("finished_at", task.finished_at);
  same_time("expires_at", task.expires_at);
  EXPECT_EQ(task.file_name, text(json.at("output").at("file_name")));
  EXPECT_EQ(task.page_count, json::value_to<int>(json.at("output").at("page_count")));
  EXPECT_EQ(task.pdf_url, text(json.at("output").at("pdf_url")));
  EXPECT_EQ(task.input_file_url, text(json.at("configuration").at("input_file_url")));
  EXPECT_EQ(task.configuration, json::serialize(json.at("configuration")));
}

void expect_chunk_read_as(const json::value& json, const taskapi::Chunk& chunk) {
  const auto text = [](const json::value& value) { return json::value_to<std::string>(value); };
  const auto maybe = [&](const json::value& value) {
    return value.is_null() ? std::nullopt : std::optional(text(value));
  };
  EXPECT_EQ(chunk.chunk_id, text(json.at("chunk_id")));
  EXPECT_EQ(chunk.chunk_length, json.at("chunk_length").as_int64());
  EXPECT_EQ(chunk.embed, maybe(json.at("embed")));
  ASSERT_EQ(chunk.segments.size(), json.at("segments").as_array().size());
  for (std::size_t i = 0; i < chunk.segments.size(); ++i) {
    const json::value& from = json.at("segments").at(i);
    const taskapi::Segment& segment = chunk.segments[i];
    EXPECT_EQ(segment.segment_id, text(from.at("segment_id")));
    EXPECT_EQ(segment.segment_type, text(from.at("segment_type")));
    EXPECT_EQ(segment.content, text(from.at("content")));
    EXPECT_EQ(segment.html, text(from.at("html")));
    EXPECT_EQ(segment.markdown, text(from.at("markdown")));
    EXPECT_EQ(segment.llm, maybe(from.at("llm")));
    EXPECT_EQ(segment.image, maybe(from.at("image")));
    EXPECT_EQ(segment.page_number, from.at("page_number").as_int64());
    EXPECT_EQ(segment.page_width, from.at("page_width").to_number<double>());
    EXPECT_EQ(segment.page_height, from.at("page_height").to_number<double>());
    EXPECT_EQ(segment.bbox.left, from.at("bbox").at("left").to_number<double>());
    EXPECT_EQ(segment.bbox.top, from.at("bbox").at("top").to_number<double>());
    EXPECT_EQ(segment.bbox.width, from.at("bbox").at("width").to_number<double>());
    EXPECT_EQ(segment.bbox.height, from.at("bbox").at("height").to_number<double>());
  }
}

/// The contract's examples of answers in JSON.
std::vector<json::value> example_tasks() {
  std::vector<json::value> all;
  for (const Example& example : OpenApi().examples())
    if (!example.status.empty() && example.media_type == "application/json" && example.value.is_object())
      all.push_back(example.value);
  return all;
}

TEST(Examples, OfTasksAreReadFieldByField) {
  const auto tasks = example_tasks();
  EXPECT_EQ(tasks.size(), 7u);
  std::size_t chunks = 0;
  for (const json::value& json : tasks) {
    const auto task = taskapi::read_task(json::serialize(json));
    ASSERT_TRUE(task.has_value()) << task.error();
    expect_read_as(json, *task);
    for (const json::value& chunk : json.at("output").at("chunks").as_array()) {
      const auto read = taskapi::read_chunk(json::serialize(chunk));
      ASSERT_TRUE(read.has_value()) << read.error();
      expect_chunk_read_as(chunk, *read);
      ++chunks;
    }
  }
  EXPECT_GT(chunks, 0u);
}

TEST(Examples, OfListsAreReadTaskByTask) {
  int lists = 0;
  for (const Example& example : OpenApi().examples()) {
    if (!example.value.is_array()) continue;
    ++lists;
    const auto tasks = taskapi::read_tasks(json::serialize(example.value));
    ASSERT_TRUE(tasks.has_value()) << tasks.error();
    ASSERT_EQ(tasks->tasks.size(), example.value.as_array().size());
    for (std::size_t i = 0; i < tasks->tasks.size(); ++i)
      expect_read_as(example.value.at(i), tasks->tasks.at(i));
  }
  EXPECT_EQ(lists, 2);
}

/// A client of a server that gives one answer after the other.
class Service {
 public:
  template <class Good>
  taskapi::Answer<Good> wait(awaitable<taskapi::Answer<Good>> work) {
    return test::run(io_, std::move(work));
  }

  /// Sends the operation of this name, and gives the status and text of a refusal, or the text of a 200.
  std::pair<std::string, std::string> ask(const std::string& operation) {
    if (operation == "POST /api/v1/task/parse")
      return words(wait(client.create({taskapi::WebAddress{"https://a/"}, std::nullopt, "{}"})));
    if (operation == "GET /api/v1/task/{task_id}") return words(wait(client.get("t")));
    if (operation == "PATCH /api/v1/task/{task_id}/parse") return words(wait(client.update("t", "{}")));
    if (operation == "GET /api/v1/task/{task_id}/cancel") return words(wait(client.cancel("t")));
    if (operation == "DELETE /api/v1/task/{task_id}") return words(wait(client.remove("t")));
    if (operation == "GET /api/v1/tasks") return words(wait(client.list({})));
    if (operation == "GET /health") return words(wait(client.health()));
    throw std::logic_error("no client for " + operation);
  }

  taskapi::NewFile to(const std::filesystem::path& path) { return {path, threads_.executor()}; }

  test::HttpServer server;

 private:
  template <class Good>
  static std::pair<std::string, std::string> words(const taskapi::Answer<Good>& answer) {
    if (const auto* refusal = std::get_if<taskapi::Refusal>(&answer))
      return {std::to_string(refusal->http_status), refusal->text};
    if constexpr (std::is_same_v<Good, taskapi::Accepted>)
      if (const auto* accepted = std::get_if<taskapi::Accepted>(&answer)) return {"200", accepted->text};
    return {std::holds_alternative<Good>(answer) ? "200" : "no answer", ""};
  }

  asio::io_context io_;
  Threads threads_{1};
  http::Engine engine_{io_.get_executor(), {}};

 public:
  taskapi::HttpClient client{engine_, {.url = server.url()}, "sk-contract-tests", nullptr};
};

TEST(Examples, OfTextsAndRefusalsReachTheCallerAsTheyAre) {
  Service service;
  int texts = 0;
  for (const Example& example : OpenApi().examples()) {
    if (example.status.empty() || example.media_type != "text/plain") continue;
    const std::string text = json::value_to<std::string>(example.value);
    service.server.script(test::Reply::text(std::stoi(example.status), text));
    EXPECT_EQ(service.ask(example.operation), std::pair(example.status, text)) << example.operation;
    ++texts;
  }
  EXPECT_GT(texts, 40);
}

TEST(Answers, WithEveryFieldAndValueAreKeptAsTheyCame) {
  const OpenApi api;
  Service service;
  const tests::TemporaryFolder folder;
  for (const json::value& task : api.variants(api.schema("TaskResponse"))) {
    if (!task.as_object().contains("output") || task.at("output").is_null()) continue;
    const std::string text = json::serialize(task);
    service.server.script(test::Reply::json(text));
    const auto saved = service.wait(service.client.get_result("t", service.to(folder / "result")));
    ASSERT_TRUE(std::holds_alternative<taskapi::Saved>(saved));
    std::ifstream file(folder / "result");
    const std::string kept{std::istreambuf_iterator<char>(file), {}};
    ASSERT_EQ(kept, text);
    const auto inspected = artifacts::inspect(folder / "result");
    const auto* broken = std::get_if<artifacts::Broken>(&inspected);
    EXPECT_EQ(broken, nullptr) << broken->message << ": " << text;
  }
}

}  // namespace
}  // namespace chunkrd::contract
