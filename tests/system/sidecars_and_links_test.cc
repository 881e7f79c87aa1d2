// Documents with settings of their own, and documents that are links, through real processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "core/base64.h"
#include "queue/sqlite/sqlite_store.h"
#include "tests/support/http_server.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kFakeParser = "- do: {parse: {instead: text}}\n";

boost::json::value json_in(const fs::path& file) {
  return boost::json::parse(read_file(file));
}

std::string told(const boost::json::value& report, const char* key) {
  return std::string(report.at(key).as_string());
}

// As a command does it.
void ask_to_retry(const Installation& home, const std::string& job) {
  queue::SqliteStore store(home.state / "queue.sqlite", {.access = queue::Access::change});
  store.ask({.asked_at = {}, .kind = queue::CommandKind::retry, .job = job, .arguments = {}});
}

std::string in_base64(const std::string& bytes) {
  std::string text;
  append_base64(bytes, text);
  return text;
}

TEST(Sidecars, GiveADocumentSettingsOfItsOwnAndGoWithIt) {
  Installation home;
  home.profile_options = "parse: {ocr_strategy: Auto, expires_in: 1000}";
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("a.txt.chunkr.yaml", "parse: {ocr_strategy: All}\n");
  home.drop("a.txt", "content");
  home.drop("b.txt", "content");
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  const auto configuration = json_in(home.outbox / "a.txt.json").at("configuration");
  EXPECT_EQ(configuration.at("ocr_strategy").as_string(), "All");
  EXPECT_EQ(configuration.at("expires_in").as_int64(), 1000) << "the profile's";
  EXPECT_EQ(json_in(home.outbox / "b.txt.json").at("configuration").at("ocr_strategy").as_string(), "Auto");
  EXPECT_THAT(files_below(home.archive), ElementsAre("a.txt", "a.txt.chunkr.yaml", "b.txt"));
  EXPECT_THAT(files_below(home.inbox), IsEmpty());
  EXPECT_THAT(files_below(home.state / "spool"), IsEmpty());
}

TEST(Sidecars, ThatAreBadKeepTheirDocumentFromGoingOutUntilTheyAreMended) {
  Installation home;
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("a.txt.chunkr.yaml", "parse: {ocr_strategy: Some}\n");
  home.drop("a.txt", "content");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  const auto report = json_in(home.failed / "a.txt.error.json");
  EXPECT_EQ(report.at("code").as_string(), "bad_sidecar");
  EXPECT_EQ(told(report, "message"),
            "a.txt.chunkr.yaml:1:23: parse.ocr_strategy: unknown value \"Some\"; use All or Auto");
  EXPECT_THAT(files_below(home.failed), ElementsAre("a.txt", "a.txt.chunkr.yaml", "a.txt.error.json"));
  EXPECT_THAT(home.tasks_by_document(), IsEmpty());

  write_file(home.failed / "a.txt.chunkr.yaml", "parse: {ocr_strategy: All}\n");
  ask_to_retry(home, told(report, "job"));
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  EXPECT_EQ(json_in(home.outbox / "a.txt.json").at("configuration").at("ocr_strategy").as_string(), "All");
  EXPECT_THAT(files_below(home.failed), IsEmpty());
  EXPECT_THAT(files_below(home.archive), ElementsAre("a.txt", "a.txt.chunkr.yaml"));
}

TEST(Sidecars, StayWithTheirDocumentWhereOriginalsAreKept) {
  Installation home;
  home.inbox_options = "settle: 50ms, originals: keep";
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("a.txt.chunkr.yaml", "parse: {ocr_strategy: All}\n");
  home.drop("a.txt", "content");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  EXPECT_EQ(json_in(home.outbox / "a.txt.json").at("configuration").at("ocr_strategy").as_string(), "All");
  EXPECT_THAT(files_below(home.inbox), ElementsAre("a.txt", "a.txt.chunkr.yaml"));
  EXPECT_THAT(files_below(home.state / "spool"), IsEmpty());
}

TEST(Links, AreFetchedByTheServiceAndNeverTold) {
  test::HttpServer web;
  web.otherwise([](const test::Received&) { return test::Reply::text(200, "The content of the page."); });
  Installation home;
  home.log_level = "trace";
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("notice.url", web.url() + "/notice.txt?signature=very-secret\n");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  EXPECT_THAT(files_below(home.outbox), ElementsAre("notice.url.json", "notice.url.md"));
  EXPECT_THAT(files_below(home.archive), ElementsAre("notice.url"));
  EXPECT_THAT(home.daemon_log(), Not(HasSubstr("very-secret")));
}

TEST(Links, MayHoldTheDocumentItself) {
  Installation home;
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("notice.url", "data:application/pdf;base64," +
                              in_base64(read_file(fs::path(CHUNKRD_SAMPLES) / "scanned-notice.pdf")));
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  EXPECT_THAT(files_below(home.outbox), ElementsAre("notice.url.json", "notice.url.md"));
  const auto name = told(json_in(home.outbox / "notice.url.json").at("output"), "file_name");
  EXPECT_THAT(name, ::testing::StartsWith("notice-"));
  EXPECT_THAT(name, ::testing::EndsWith(".pdf"));
}

TEST(Links, ThatAreNoneAreDeadLetters) {
  Installation home;
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("bad.url", "ftp://example.com/very-secret\n");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  const std::string text = read_file(home.failed / "bad.url.error.json");
  EXPECT_EQ(boost::json::parse(text).at("code").as_string(), "bad_link");
  EXPECT_EQ(told(boost::json::parse(text), "message"),
            "holds no http, https or data URL: write the document's address into it, on one line");
  EXPECT_THAT(text + home.daemon_log(), Not(HasSubstr("very-secret")));
}

TEST(Types, AreJudgedByContentBeforeAnythingIsSent) {
  Installation home;
  home.inbox_options = "settle: 50ms, types: [pdf]";
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("picture.pdf", read_file(fs::path(CHUNKRD_SAMPLES) / "photo-notice.png"));
  home.drop("good.pdf", read_file(fs::path(CHUNKRD_SAMPLES) / "scanned-notice.pdf"));
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  const auto report = json_in(home.failed / "picture.pdf.error.json");
  EXPECT_EQ(report.at("code").as_string(), "unsupported_type");
  EXPECT_EQ(told(report, "message"), "its content is image/png, which this inbox does not take (types: pdf)");
  EXPECT_EQ(home.tasks_by_document().size(), 1u);
}

}  // namespace
}  // namespace chunkrd::tests
