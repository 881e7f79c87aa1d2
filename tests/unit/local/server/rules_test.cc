// What a rules file makes the server do, and what a wrong one says.
#include "local/server/rules.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>

#include "core/errors.h"
#include "tests/unit/local/server/fixture.h"

namespace chunkrd::local::server::test {
namespace {

using testing::HasSubstr;

class RulesOf : public ServerTest {
 protected:
  /// Rules for requests before one that makes every parse a fake.
  void start_with(std::string_view first) {
    rules(fmt::format("{}\n- do: {{parse: {{instead: text}}}}\n", first));
    start();
  }
  std::string mistakes_in(std::string_view yaml) {
    rules(yaml);
    try {
      start();
    } catch (const UserError& error) {
      EXPECT_EQ(error.code(), ExitCode::bad_config);
      return error.what();
    }
    return "none";
  }
  std::string wrong_at(std::string_view position) const {
    return fmt::format("rules: {}:{}: ", options_.rules->string(), position);
  }
};

TEST_F(RulesOf, AnAnswerIsReplacedWithStatusBodyAndHeaders) {
  start_with(
      "- {match: {operation: create, nth: 1}, do: {respond: {status: 429, body: slow down, headers: "
      "{Retry-After: 2}}}}");
  const Reply first = post(R"({"file": "YQ=="})");
  EXPECT_EQ(first.status, 429U);
  EXPECT_EQ(first.body, "slow down");
  EXPECT_EQ(first.headers.at("retry-after"), "2");
  EXPECT_EQ(post(R"({"file": "YQ=="})").status, 200U);
  EXPECT_EQ(get("/api/v1/tasks").json().as_array().size(), 1U) << "a replaced create makes no task";
}

TEST_F(RulesOf, ADroppedAnswerKeepsTheTask) {
  start_with("- {match: {operation: create, file_name: 'lost*'}, do: {drop_answer: true}}");
  EXPECT_EQ(post(R"({"file": "YQ==", "file_name": "lost.txt"})").status, 0U);
  const auto list = get("/api/v1/tasks").json();
  ASSERT_EQ(list.as_array().size(), 1U);
  EXPECT_EQ(text(list.at(0).at("output"), "file_name"), "lost.txt");
}

TEST_F(RulesOf, ADroppedRequestDoesNothing) {
  start_with("- {match: {operation: create, first: 2}, do: {drop_request: true}}");
  EXPECT_EQ(post(R"({"file": "YQ=="})").status, 0U);
  EXPECT_EQ(post(R"({"file": "YQ=="})").status, 0U);
  EXPECT_EQ(get("/api/v1/tasks").body, "[]");
  EXPECT_EQ(post(R"({"file": "YQ=="})").status, 200U);
}

TEST_F(RulesOf, AnswersAreCutWhereAsked) {
  start_with(
      "- {match: {operation: get, file_name: none.txt}, do: {cut: before_answer}}\n"
      "- {match: {operation: get, file_name: head.txt}, do: {cut: after_headers}}\n"
      "- {match: {operation: get, file_name: half.txt}, do: {cut: in_body}}");
  EXPECT_EQ(read(create("none.txt")).status, 0U);
  const Reply head = read(create("head.txt"));
  EXPECT_EQ(head.status, 200U);
  EXPECT_FALSE(head.is_whole);
  EXPECT_EQ(head.body, "");
  const Reply half = read(create("half.txt"));
  EXPECT_EQ(half.status, 200U);
  EXPECT_FALSE(half.is_whole);
  EXPECT_GT(half.body.size(), 100U);
  EXPECT_THAT(half.body, testing::Not(HasSubstr("task_url")));
}

TEST_F(RulesOf, AnAnswerIsDelayed) {
  start_with("- {match: {operation: health}, do: {delay: 100ms}}");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(get("/health").status, 200U);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(100));
}

TEST_F(RulesOf, ChunksAreMissingTheFirstTimesOnly) {
  start_with("- {match: {file_name: 'a*'}, do: {empty_chunks: 2}}");
  const auto id = create("a.txt");
  ASSERT_TRUE(reaches(id, "Succeeded"));
  EXPECT_EQ(text(read(id).json().at("output"), "chunks"), "[]");
  EXPECT_EQ(text(read(id).json().at("output"), "chunks"), "[]");
  EXPECT_NE(text(read(id).json().at("output"), "chunks"), "[]");
}

TEST_F(RulesOf, ATaskIsNotFoundTheFirstTimesOnly) {
  start_with("- {match: {operation: get}, do: {not_found: 2}}");
  const auto a = create("a.txt");
  const auto b = create("b.txt");
  EXPECT_EQ(read(a).body, "Task not found");
  EXPECT_EQ(read(b).status, 404U);
  EXPECT_EQ(read(a).status, 404U);
  EXPECT_EQ(read(a).status, 200U);
}

TEST_F(RulesOf, TheListHidesATask) {
  start_with("- {match: {file_name: 'h*', first: 1}, do: {list_hides: true}}");
  create("hidden.txt");
  create("shown.txt");
  EXPECT_EQ(get("/api/v1/tasks").json().as_array().size(), 1U);
  EXPECT_EQ(get("/api/v1/tasks").json().as_array().size(), 2U);
}

TEST_F(RulesOf, AnUpdateIsReverted) {
  start_with("- {match: {nth: 1}, do: {revert_update: true}}");
  const auto id = create("a.txt");
  ASSERT_TRUE(reaches(id, "Succeeded"));
  ASSERT_EQ(patch(id, R"({"high_resolution": true})").status, 200U);
  ASSERT_TRUE(reaches(id, "Succeeded"));
  EXPECT_EQ(text(read(id).json().at("configuration"), "high_resolution"), "false");
  ASSERT_EQ(patch(id, R"({"high_resolution": true})").status, 200U);
  ASSERT_TRUE(reaches(id, "Succeeded"));
  EXPECT_EQ(text(read(id).json().at("configuration"), "high_resolution"), "true");
}

TEST_F(RulesOf, AParseCrashes) {
  start_with("- do: {parse: {crash: true}}");
  const auto id = create("a.txt");
  ASSERT_TRUE(reaches(id, "Failed"));
  EXPECT_EQ(message_of(id), "Parser crashed");
}

TEST_F(RulesOf, StatusIsMatched) {
  start_with("- {match: {operation: get, status: Succeeded, first: 1}, do: {respond: {status: 503}}}");
  const auto id = create("a.txt");
  EXPECT_TRUE(reaches(id, "503"));
  EXPECT_EQ(status_of(id), "Succeeded");
}

TEST_F(RulesOf, StatisticsCountRequestsAndTasks) {
  start_with("- {match: {operation: create, nth: 2}, do: {drop_answer: true}}");
  const auto id = create("a.txt");
  post(R"({"file": "YQ==", "file_name": "a.txt"})");
  ASSERT_TRUE(reaches(id, "Succeeded"));
  ASSERT_TRUE(
      becomes_true([&] { return text(get("/_chunkr-local/statistics").json(), "tasks_succeeded") == "2"; }));
  const auto statistics = get("/_chunkr-local/statistics").json();
  EXPECT_EQ(text(statistics.at("requests"), "create"), "2");
  EXPECT_EQ(text(statistics.at("by_file_name"), "a.txt"), R"({"created":2,"succeeded":2})");
}

TEST_F(RulesOf, WithoutRulesThereAreNoStatistics) {
  options_.rules.reset();
  start();
  EXPECT_EQ(get("/_chunkr-local/statistics").status, 404U);
}

TEST(RuleTurns, EveryAndProbabilityTakeTheirShare) {
  Rule every;
  every.every = 3;
  every.request.not_found = true;
  Rules thirds({every});
  int turns = 0;
  for (int i = 0; i < 9; ++i) turns += thirds.for_request({.operation = Operation::get}).not_found ? 1 : 0;
  EXPECT_EQ(turns, 3);

  Rule sometimes;
  sometimes.probability = 0.1;
  sometimes.seed = 7;
  sometimes.request.not_found = true;
  const auto draw = [&] {
    Rules rules({sometimes});
    std::string drawn;
    for (int i = 0; i < 1000; ++i) drawn += rules.for_request({}).not_found ? 'x' : '.';
    return drawn;
  };
  const auto first = draw();
  EXPECT_EQ(first, draw()) << "the same seed draws the same";
  EXPECT_NEAR(static_cast<double>(std::ranges::count(first, 'x')), 100, 40);
}

TEST_F(RulesOf, EveryMistakeInAFileIsNamedWithItsPlace) {
  const auto mistakes = mistakes_in(
      "- match: {operation: creat}\n"
      "  do: {delay: 3 days, cut: never}\n"
      "- match: {nth: 0, color: red}\n");
  EXPECT_THAT(mistakes, HasSubstr(wrong_at("1:22") + "unknown value \"creat\"; use any, create, get"));
  EXPECT_THAT(mistakes, HasSubstr(wrong_at("2:15") + "\"3 days\" is not a duration"));
  EXPECT_THAT(mistakes, HasSubstr(wrong_at("2:28") + "unknown value \"never\""));
  EXPECT_THAT(mistakes, HasSubstr(wrong_at("3:16") + "\"0\" is not a number from 1"));
  EXPECT_THAT(mistakes,
              HasSubstr(wrong_at("3:19") + "match: unknown key \"color\"; use operation, file_name"));
  EXPECT_THAT(mistakes, HasSubstr(wrong_at("3:3") + "a rule needs do"));
}

TEST_F(RulesOf, RulesThatCannotWorkAreMistakes) {
  EXPECT_THAT(mistakes_in("do: x"), HasSubstr("the file is a list of rules"));
  EXPECT_THAT(mistakes_in("- {match: {file_name: a}, do: {drop_request: true}}"),
              HasSubstr("drop_request: file_name"));
  EXPECT_THAT(mistakes_in("- {match: {operation: get}, do: {parse: {crash: true}}}"),
              HasSubstr("parse: match by"));
  EXPECT_THAT(mistakes_in("- {do: {delay: 1s, parse: {crash: true}}}"), HasSubstr("stand alone"));
  EXPECT_THAT(mistakes_in("- {do: {parse: {crash: true}, list_hides: true}}"),
              HasSubstr("exclude each other"));
  EXPECT_THAT(mistakes_in("- [1, 2"), HasSubstr(options_.rules->string() + ":"));
  EXPECT_THAT(mistakes_in("[]"), "none");
}

}  // namespace
}  // namespace chunkrd::local::server::test
