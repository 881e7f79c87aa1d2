// The real program with a service that answers as servers of 2.x do: on the same paths, in another way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/system/harness/command.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace json = boost::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kDocument = "# One & two\n\nText *of* it.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";

class LaterServers : public ::testing::Test {
 protected:
  void start(const std::string& rules = "") { home.start_service(rules, {"--dialect", "2.x"}); }

  Ran chunkrd(std::vector<std::string> arguments) { return home.command(std::move(arguments)); }

  Installation home;
};

TEST_F(LaterServers, EveryArtifactIsMadeOfContentAndText) {
  start();
  home.profile_options = "artifacts: [json, text, markdown, html, chunks]";
  home.start_daemon();
  home.drop("report.md", kDocument);
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  const std::string text = read_file(home.outbox / "report.md.txt");
  EXPECT_THAT(text, AllOf(HasSubstr("One & two\n"), Not(HasSubstr("#")), Not(HasSubstr("<"))));
  EXPECT_THAT(read_file(home.outbox / "report.md.md"), HasSubstr("# One & two\n"));
  EXPECT_THAT(read_file(home.outbox / "report.md.html"),
              AllOf(HasSubstr("<h1>One &amp; two</h1>"), HasSubstr("<table>"), Not(HasSubstr("&lt;"))));
  const auto task = json::parse(read_file(home.outbox / "report.md.json"));
  EXPECT_THAT(json::value_to<std::string>(task.at("file_info").at("name")), HasSubstr("report-"));
}

// By its tag, in a list that has a cursor and knows no pages.
TEST_F(LaterServers, ATaskWhoseAnswerWasLostIsFoundAndNotPaidTwice) {
  start(
      "- match: {operation: create, first: 3}\n  do: {drop_answer: true}\n- do: {parse: {instead: text}}\n");
  home.start_daemon();
  for (const char* name : {"a.txt", "b.txt", "c.txt", "d.txt"}) home.drop(name, name);
  ASSERT_TRUE(home.wait_for_ends(4)) << home.daemon_log();
  for (const auto& [name, tasks] : home.tasks_by_document()) EXPECT_EQ(tasks.created, 1) << name;
  EXPECT_EQ(files_below(home.failed), std::vector<std::string>{});
}

TEST_F(LaterServers, AnUpdateOfWhatTheyDoNotShowIsTaken) {
  start();
  home.start_daemon();
  home.drop("report.md", kDocument);
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  for (const char* change :
       {"segment_processing.Text.embed_sources=[HTML]", "segment_processing.Table.format=Markdown"}) {
    const Ran ran =
        chunkrd({"reprocess", (home.inbox / "report.md").native(), "--set", change, "--wait", "60"});
    EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err << home.daemon_log();
    EXPECT_THAT(home.daemon_log(), Not(HasSubstr("update_reverted")));
  }
  EXPECT_EQ(home.tasks_by_document().at("report.md").created, 1);
}

TEST_F(LaterServers, CheckSaysWhichSettingsAServerDoesNotRead) {
  start();
  home.profile_options = "parse: {segment_processing: {Table: {format: Html, embed_sources: [HTML]}}}";
  home.write_config();
  Ran ran = chunkrd({"check"});
  EXPECT_THAT(ran.out + ran.err,
              HasSubstr("segment_processing.Table.embed_sources is not read by servers since 2.2"));
  EXPECT_THAT(ran.out + ran.err, Not(HasSubstr("format needs")));
  home.stop_service();
  home.start_service("", {"--statistics"});
  home.write_config();
  ran = chunkrd({"check"});
  EXPECT_THAT(ran.out + ran.err,
              HasSubstr("server 1.14: segment_processing.Table.format needs server 2.0 or later"));
}

}  // namespace
}  // namespace chunkrd::tests
