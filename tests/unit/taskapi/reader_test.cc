// The reader against the contract's own examples, and against what the contract does not allow.
#include "taskapi/reader.h"

#include <gmock/gmock.h>

#include "core/iso_time.h"
#include "taskapi/observer.h"
#include "tests/contract/openapi.h"

namespace chunkrd::taskapi {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string example(const std::string& name) {
  return contract::OpenApi().example(name);
}

/// `text` with the one place that reads `from` changed.
std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

const char* const kSmallTask =
    R"({"task_id":"t1","status":"Starting","message":"","created_at":"2025-04-24T09:00:00Z",)"
    R"("configuration":{"high_resolution":true}})";

const char* const kSmallChunk =
    R"({"chunk_length":1,"segments":[{"segment_id":"s","segment_type":"Text","page_number":1,)"
    R"("page_width":595.5,"page_height":842,"bbox":{"left":1,"top":2.5,"width":3,"height":4}}]})";

std::string task_error(const std::string& json) {
  const auto task = read_task(json);
  EXPECT_FALSE(task.has_value()) << json;
  return task.has_value() ? "" : task.error();
}

std::string chunk_error(const std::string& json) {
  const auto chunk = read_chunk(json);
  EXPECT_FALSE(chunk.has_value()) << json;
  return chunk.has_value() ? "" : chunk.error();
}

TEST(ReadTask, ReadsEveryFieldOfAFinishedTask) {
  const auto task = read_task(example("TaskSucceeded"));
  ASSERT_TRUE(task.has_value()) << task.error();
  EXPECT_EQ(task->task_id, "3f1c9c1e-6a52-4b0e-9a53-6f1c0c6a2f10");
  EXPECT_EQ(task->status, Status::Succeeded);
  EXPECT_EQ(task->message, "Task succeeded");
  EXPECT_EQ(to_iso(task->created_at), "2025-04-24T09:00:00.123Z");
  EXPECT_EQ(to_iso(task->started_at.value()), "2025-04-24T09:00:02.500Z");
  EXPECT_EQ(to_iso(task->finished_at.value()), "2025-04-24T09:00:15.750Z");
  EXPECT_EQ(to_iso(task->expires_at.value()), "2025-04-25T09:00:15.750Z");
  EXPECT_EQ(task->file_name, "annual.pdf");
  EXPECT_EQ(task->page_count, 1);
  EXPECT_THAT(task->pdf_url.value(), StartsWith("https://storage.example.com/"));
  EXPECT_THAT(task->input_file_url.value(), StartsWith("https://storage.example.com/"));
  EXPECT_THAT(task->configuration, StartsWith("{"));
  EXPECT_THAT(task->configuration, HasSubstr(R"("expires_in":86400)"));
  EXPECT_EQ(task->configuration.back(), '}');
}

struct State {
  const char* file;
  Status status;
};

class ReadTaskInState : public testing::TestWithParam<State> {};

TEST_P(ReadTaskInState, KnowsTheStateAndLeavesAbsentTimesEmpty) {
  const auto task = read_task(example(GetParam().file));
  ASSERT_TRUE(task.has_value()) << task.error();
  EXPECT_EQ(task->status, GetParam().status);
  EXPECT_EQ(task->finished_at.has_value(),
            task->status == Status::Succeeded || task->status == Status::Failed);
}

INSTANTIATE_TEST_SUITE_P(
    Contract, ReadTaskInState,
    testing::Values(State{"TaskStarting", Status::Starting}, State{"TaskProcessing", Status::Processing},
                    State{"TaskSucceeded", Status::Succeeded}, State{"TaskFailed", Status::Failed},
                    State{"TaskCancelled", Status::Cancelled}, State{"TaskPreviousState", Status::Succeeded}),
    [](const auto& each) { return std::string(each.param.file); });

TEST(ReadTask, NeedsOnlyWhatTheContractRequires) {
  const auto task = read_task(kSmallTask);
  ASSERT_TRUE(task.has_value()) << task.error();
  EXPECT_EQ(task->configuration, R"({"high_resolution":true})");
  EXPECT_EQ(task->file_name, "");
  EXPECT_FALSE(task->page_count.has_value());
}

TEST(ReadTask, TakesNullWhereTheContractAllowsIt) {
  for (const char* extra :
       {R"("output":null)", R"("output":{"file_name":null,"page_count":null,"pdf_url":null})",
        R"("started_at":null,"finished_at":null,"expires_at":null)"}) {
    const auto task = read_task(with(kSmallTask, "{", std::string("{") + extra + ","));
    EXPECT_TRUE(task.has_value()) << extra << ": " << task.error();
  }
}

TEST(ReadTask, SkipsWhatLaterServersAdd) {
  const auto task = read_task(with(kSmallTask, "{", R"({"new":[{"task_id":7},"x"],"ss_cells":{"a":null},)"));
  ASSERT_TRUE(task.has_value()) << task.error();
  EXPECT_EQ(task->task_id, "t1");
}

TEST(ReadTask, TakesTheKeysInAnyOrder) {
  const auto task = read_task(
      R"({"output":{"page_count":3,"chunks":[{"task_id":"no"}],"file_name":"a.pdf"},"configuration":{ },)"
      R"("created_at":"2025-04-24T11:00:00+02:00","message":"m","status":"Failed","task_id":"t2"})");
  ASSERT_TRUE(task.has_value()) << task.error();
  EXPECT_EQ(task->task_id, "t2");
  EXPECT_EQ(task->page_count, 3);
  EXPECT_EQ(to_iso(task->created_at), "2025-04-24T09:00:00.000Z");
}

TEST(ReadTask, UnescapesText) {
  const auto task =
      read_task(with(kSmallTask, R"("message":"")", R"("message":"a\n\"b\" \u00e9 \ud83d\ude00")"));
  ASSERT_TRUE(task.has_value()) << task.error();
  EXPECT_EQ(task->message, "a \"b\" \u00e9 \U0001F600");
}

TEST(ReadTask, NamesTheFieldAndWhatIsWrongWithIt) {
  EXPECT_EQ(task_error(with(kSmallTask, R"("task_id":"t1",)", "")), "task_id: missing");
  EXPECT_EQ(task_error(with(kSmallTask, R"("t1")", "7")), "task_id: not a string");
  EXPECT_EQ(task_error(with(kSmallTask, R"("t1")", "null")), "task_id: not a string");
  EXPECT_EQ(task_error(with(kSmallTask, R"("t1")", R"("")")), "task_id: empty");
  EXPECT_EQ(task_error(with(kSmallTask, "Starting", "Paused")), R"(status: unknown value "Paused")");
  EXPECT_EQ(task_error(with(kSmallTask, "2025-04-24T09:00:00Z", "yesterday")),
            R"(created_at: not a time: "yesterday")");
  EXPECT_EQ(task_error(with(kSmallTask, R"({"high_resolution":true})", "[]")),
            "configuration: not an object");
  EXPECT_EQ(task_error(with(kSmallTask, "{", R"({"output":{"page_count":1.5},)")),
            "output.page_count: not a whole number");
  EXPECT_EQ(task_error(with(kSmallTask, "{", R"({"output":{"page_count":1e15},)")),
            "output.page_count: out of range");
  EXPECT_EQ(task_error(with(kSmallTask, "{", R"({"output":{"pdf_url":{}},)")),
            "output.pdf_url: not a string");
  EXPECT_EQ(task_error("[]"), "not an object");
}

TEST(ReadTask, RefusesWhatIsNotWholeJson) {
  for (const std::string json : {"", " ", "OK", "<html></html>", "nul", "{\"task_id\":\"\xff\"}"})
    EXPECT_THAT(task_error(json), testing::AnyOf(StartsWith("not JSON"), "not an object")) << json;
  EXPECT_THAT(task_error(std::string(kSmallTask) + "{}"), StartsWith("not JSON"));
}

TEST(ReadTask, RefusesATaskCutAnywhere) {
  const std::string whole = kSmallTask;
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(read_task(whole.substr(0, length)).has_value()) << length;
}

// Later servers: the path of the contract's list answers with an object.
TEST(ReadTasks, ReadsAnObjectWithACursor) {
  const std::string tasks = "\"tasks\":[" + std::string(kSmallTask) + "]";
  const auto read = [](const std::string& json) {
    auto page = read_tasks(json);
    EXPECT_TRUE(page.has_value()) << json << page.error();
    return page.value_or(TaskPage{});
  };
  const TaskPage page =
      read("{" + tasks + R"(,"next_cursor":"2025-08-02T10:00:00.123456Z","has_more":true})");
  EXPECT_EQ(page.tasks.size(), 1u);
  EXPECT_TRUE(page.by_cursor);
  EXPECT_EQ(page.next, "2025-08-02T10:00:00.123456Z");
  EXPECT_FALSE(page.is_cut);
  EXPECT_EQ(read("{" + tasks + R"(,"next_cursor":"c"})").next, "c");
  EXPECT_EQ(read(R"({"next_cursor": 1754128800 ,)" + tasks + "}").next, "1754128800");
  for (const char* end :
       {"", R"(,"next_cursor":null)", R"(,"next_cursor":"")", R"(,"next_cursor":null,"has_more":false)",
        R"(,"next_cursor":"c","has_more":false)", R"(,"has_more":null)"}) {
    const TaskPage last = read("{" + tasks + end + "}");
    EXPECT_TRUE(last.by_cursor);
    EXPECT_EQ(last.next, std::nullopt) << end;
    EXPECT_FALSE(last.is_cut) << end;
  }
  EXPECT_TRUE(read("{" + tasks + R"(,"has_more":true})").is_cut);
  EXPECT_EQ(read("{\"tasks\":[" + std::string(kSmallTask) + ",7]}").odd.size(), 1u);
}

TEST(ReadTask, TakesWhatLaterServersSayBesideTheOutput) {
  const auto task = [](const std::string& more) {
    auto read = read_task(with(kSmallTask, "}}", "}" + more + "}"));
    EXPECT_TRUE(read.has_value()) << more << read.error();
    return read.value_or(Task{});
  };
  const std::string info =
      R"(,"file_info":{"url":"ch://files/1","name":"a.pdf","mime_type":null,"page_count":3})";
  for (const std::string& both : {info + R"(,"output":null)", R"(,"output":null)" + info, info}) {
    const Task read = task(both);
    EXPECT_EQ(read.file_name, "a.pdf");
    EXPECT_EQ(read.page_count, 3);
    EXPECT_EQ(read.input_file_url, "ch://files/1");
  }
  const Task in_both =
      task(info + R"(,"output":{"file_name":"old.pdf","page_count":2,"pdf_url":"u","chunks":[]})");
  EXPECT_EQ(in_both.file_name, "a.pdf");
  EXPECT_EQ(in_both.page_count, 3);
  EXPECT_EQ(in_both.pdf_url, "u");
  const Task gaps =
      task(R"(,"file_info":{"name":null,"page_count":null},"output":{"file_name":"old.pdf","page_count":2})");
  EXPECT_EQ(gaps.file_name, "old.pdf");
  EXPECT_EQ(gaps.page_count, 2);
  // What the contract does not know may be of any kind.
  for (const char* other : {R"("text")", "7", "null", "[]", R"({"name":{},"page_count":"3","url":[]})"})
    EXPECT_EQ(task(std::string(R"(,"output":{"file_name":"old.pdf","page_count":2},"file_info":)") + other)
                  .file_name,
              "old.pdf");
  EXPECT_EQ(task(R"(,"input_file_url":"u")").input_file_url, "u");
  EXPECT_EQ(task(R"(,"input_file_url":7)").input_file_url, std::nullopt);
  EXPECT_EQ(read_task(with(kSmallTask, R"("message":"")", R"("message":null)")).value_or(Task{}).task_id,
            "t1");
}

TEST(ReadTasks, AnOddEntrysNameIsFoundInEitherPlace) {
  for (const char* name : {R"("file_info":{"name":"ours.pdf"})", R"("output":{"file_name":"ours.pdf"})",
                           R"("file_info":{"name":"ours.pdf"},"output":null)",
                           R"("file_info":null,"output":{"file_name":"ours.pdf"})"}) {
    const auto page = read_tasks(std::string("[{\"status\":\"Dreaming\",") + name + "}]");
    ASSERT_TRUE(page.has_value());
    ASSERT_EQ(page->odd.size(), 1u);
    EXPECT_EQ(page->odd[0].file_name, "ours.pdf") << name;
  }
}

TEST(ReadTasks, ReadsTheContractsList) {
  const auto tasks = read_tasks(example("TaskList"));
  ASSERT_TRUE(tasks.has_value()) << tasks.error();
  ASSERT_EQ(tasks->tasks.size(), 2u);
  EXPECT_EQ(tasks->tasks.at(0).status, Status::Starting);
  EXPECT_EQ(tasks->tasks.at(1).status, Status::Succeeded);
  EXPECT_EQ(tasks->tasks.at(1).file_name, "annual.pdf");
}

TEST(ReadTasks, AnEmptyListIsAnAnswer) {
  const auto tasks = read_tasks(" [] \n");
  ASSERT_TRUE(tasks.has_value()) << tasks.error();
  EXPECT_TRUE(tasks->empty());
}

// Entries of somebody else, or of a later release: the list is read around them.
TEST(ReadTasks, AnEntryThatIsNoTaskSpoilsNoOther) {
  for (const std::string& odd :
       {with(kSmallTask, "Starting", "Paused"), std::string("null"), std::string("7"), std::string("\"x\""),
        std::string("{}"), std::string("[[],{}]"), std::string(R"({"output":7,"created_at":false})"),
        std::string(R"({"task_id":{"a":[1,2]},"output":{"file_name":[{}]}})")}) {
    const auto page = read_tasks("[" + odd + "," + kSmallTask + "," + odd + "]");
    ASSERT_TRUE(page.has_value()) << odd << ": " << page.error();
    EXPECT_EQ(page->tasks.size(), 1u) << odd;
    ASSERT_EQ(page->odd.size(), 2u) << odd;
    EXPECT_EQ(page->odd[0].file_name, "") << odd;
  }
  EXPECT_EQ(read_tasks("{}").error(), "tasks: missing");
  EXPECT_EQ(read_tasks(R"({"error":"no"})").error(), "tasks: missing");
  EXPECT_FALSE(read_tasks(R"("none")").has_value());
  EXPECT_EQ(read_tasks(R"({"tasks":{}})").error(), "tasks: not an array");
  EXPECT_FALSE(read_tasks("[{]").has_value());
}

TEST(ReadTasks, TellsWhatItCanOfAnEntryThatIsNoTask) {
  const auto page = read_tasks(
      R"([{"status":"Paused","output":{"file_name":"a-tag.pdf","chunks":[{}]},"created_at":"2025-04-24T09:00:00Z"}])");
  ASSERT_TRUE(page.has_value()) << page.error();
  ASSERT_EQ(page->odd.size(), 1u);
  EXPECT_EQ(page->odd[0].file_name, "a-tag.pdf");
  EXPECT_EQ(page->odd[0].created_at, WallTime(std::chrono::seconds(1'745'485'200)));
  EXPECT_EQ(page->odd[0].why, R"(status: unknown value "Paused")");
}

TEST(ReadChunk, ReadsTheContractsChunk) {
  const std::string task = example("TaskSucceeded");
  const auto begin = task.find('{', task.find("\"chunks\""));
  const auto end = task.rfind(']', task.find("\"extracted_json\""));
  const auto chunk = read_chunk(task.substr(begin, end - begin));
  ASSERT_TRUE(chunk.has_value()) << chunk.error();
  EXPECT_EQ(chunk->chunk_id, "8a4f7d5e-1f39-4a63-9d0b-4d2f6f3f1a01");
  EXPECT_EQ(chunk->chunk_length, 9);
  EXPECT_THAT(chunk->embed.value(), StartsWith("# Annual report\nSales"));
  ASSERT_EQ(chunk->segments.size(), 3u);
  const Segment& title = chunk->segments[0];
  EXPECT_EQ(title.segment_id, "seg-1");
  EXPECT_EQ(title.segment_type, "Title");
  EXPECT_EQ(title.content, "Annual report");
  EXPECT_EQ(title.html, "<h1>Annual report</h1>");
  EXPECT_EQ(title.markdown, "# Annual report");
  EXPECT_EQ(title.bbox.top, 64.25);
  EXPECT_EQ(title.bbox.left, 72);
  EXPECT_EQ(title.bbox.width, 300);
  EXPECT_EQ(title.bbox.height, 30.5);
  EXPECT_EQ(title.page_number, 1);
  EXPECT_EQ(title.page_width, 595);
  EXPECT_EQ(title.page_height, 842);
  EXPECT_FALSE(title.image.has_value());
  EXPECT_TRUE(chunk->segments[2].image.has_value());
}

TEST(ReadChunk, NeedsOnlyWhatTheContractRequires) {
  const auto chunk = read_chunk(kSmallChunk);
  ASSERT_TRUE(chunk.has_value()) << chunk.error();
  EXPECT_EQ(chunk->segments.at(0).bbox.top, 2.5);
  EXPECT_EQ(chunk->segments.at(0).markdown, std::nullopt);
  EXPECT_TRUE(read_chunk(R"({"chunk_length":0,"segments":[],"embed":null,"chunk_id":null})").has_value());
}

TEST(ReadChunk, NamesTheFieldAndWhatIsWrongWithIt) {
  EXPECT_EQ(chunk_error(R"({"chunk_length":1})"), "segments: missing");
  EXPECT_EQ(chunk_error(R"({"segments":[]})"), "chunk_length: missing");
  EXPECT_EQ(chunk_error(with(kSmallChunk, R"("top":2.5)", R"("top":"2.5")")),
            "segments[0].bbox.top: not a number");
  EXPECT_EQ(chunk_error(with(kSmallChunk, R"("page_width":595.5,)", "")), "segments[0].page_width: missing");
  EXPECT_EQ(chunk_error(with(kSmallChunk, R"([{"segment_id")", R"([7,{"segment_id")")),
            "segments[0]: not an object");
}

TEST(Status, HasTheContractsNames) {
  for (const char* name : {"Starting", "Processing", "Succeeded", "Failed", "Cancelled"})
    EXPECT_EQ(to_string(status_from(name).value()), name);
  EXPECT_FALSE(status_from("starting").has_value());
  EXPECT_FALSE(status_from("").has_value());
}

TEST(ObserverNames, AreTheMetricsLabels) {
  EXPECT_EQ(to_string(Operation::get_result), "get_result");
  EXPECT_EQ(to_string(AnswerClass::rate_limited_429), "429");
}

}  // namespace
}  // namespace chunkrd::taskapi
