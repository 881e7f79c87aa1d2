// chunkrd rebuild: a queue that was damaged or deleted, with documents at every step; then the daemon again.
// Every document is delivered once, under its name, and paid for once.
#include <fmt/format.h>
#include <sys/xattr.h>

#include <random>

#include "tests/system/rebuilding.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

// --- documents at every step

// Some delivered, some at the service, some in the spool: until one is in each, then kill -9.
std::vector<std::string> work_until_all_is_under_way(Installation& home, int documents) {
  std::vector<std::string> names;
  for (int i = 0; i < documents; ++i) {
    names.push_back(fmt::format("document-{:03}.txt", i));
    home.drop(names.back(), "content of " + names.back());
  }
  EXPECT_TRUE(eventually([&] {
    return files_below(home.archive).size() >= static_cast<std::size_t>(documents) / 4;
  })) << home.daemon_log();
  return names;
}

const std::string kSlowly = "- do: {parse: {instead: text, delay: 40ms}}\n";

class RebuildingAfterKill : public Rebuilding, public ::testing::WithParamInterface<std::string> {};

TEST_P(RebuildingAfterKill, DeliversEachDocumentOnceAndPaysForItOnce) {
  home.limits = "submits_per_second: 60";
  start(kSlowly, {"--workers", "2"});
  const auto names = work_until_all_is_under_way(home, 60);
  kill_daemon();
  const std::string way = GetParam();
  if (way == "deleted") {
    lose_queue();
  } else if (way == "the database alone is deleted") {
    fs::remove(queue());
  } else if (way == "the log is deleted and the database damaged") {
    fs::remove(queue().native() + "-wal");
    write_into_queue(2 * 4096, std::string(4096, '\xA5'));
  } else if (way == "garbage") {
    lose_queue();
    write_file(queue(), std::string(100'000, 'x'));
  } else if (way == "cut") {
    empty_log();
    fs::resize_file(queue(), fs::file_size(queue()) * 2 / 3);
  } else {
    ASSERT_EQ(way, "overwritten");
    empty_log();
    std::mt19937 random(7);
    for (int wound = 0; wound < 20; ++wound)
      write_into_queue(std::uniform_int_distribution<std::size_t>(0, fs::file_size(queue()))(random),
                       std::string(700, '\xA5'));
  }
  const json::object told = rebuild();
  EXPECT_EQ(told.at("jobs"), 60) << json::serialize(told);
  EXPECT_TRUE(told.at("list_not_read").is_null());
  EXPECT_THAT(told.at("unknown_tasks").as_array(), SizeIs(0));
  EXPECT_THAT(told.at("left").as_array(), SizeIs(0)) << json::serialize(told);
  home.start_daemon();
  expect_all_delivered_once(names);
  EXPECT_TRUE(eventually([&] { return in_state("done") == 60; }));
}

INSTANTIATE_TEST_SUITE_P(Ways, RebuildingAfterKill,
                         ::testing::Values("deleted", "the database alone is deleted",
                                           "the log is deleted and the database damaged", "garbage", "cut",
                                           "overwritten"),
                         [](const auto& way) {
                           std::string name = way.param;
                           std::ranges::replace(name, ' ', '_');
                           return name;
                         });

TEST_F(Rebuilding, WithoutTheServiceTheDaemonLooksForTheTasksItself) {
  start(kSlowly, {"--workers", "2"});
  const auto names = work_until_all_is_under_way(home, 20);
  kill_daemon();
  lose_queue();
  const json::object told = rebuild({"--offline"});
  EXPECT_EQ(told.at("list_not_read"), "--offline");
  EXPECT_EQ(told.at("jobs"), 20);
  EXPECT_EQ(told.at("found").at("adopted"), 0);
  home.start_daemon();
  expect_all_delivered_once(names);
}

TEST_F(Rebuilding, AServiceThatDoesNotAnswerIsSaidAndNoObstacle) {
  start();
  home.drop("a.txt", "A.");
  ASSERT_TRUE(home.wait_for_ends(1));
  kill_daemon();
  lose_queue();
  home.stop_service();
  const Ran ran = chunkrd({"rebuild"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("task list: not read (no answer"), HasSubstr("1 delivered"),
                             HasSubstr("start the daemon now")));
}

TEST_F(Rebuilding, ADocumentThatWaitsWithoutARowIsSubmittedAfterTheGraceTime) {
  home.api_options = "reconcile_grace: 2s";
  start();
  ASSERT_EQ(chunkrd({"pause", "the invoice is being checked"}).exit_code, 0);
  home.drop("sub/b.txt", "B.");
  ASSERT_TRUE(eventually([&] { return in_state("ready") == 1; }));
  kill_daemon();
  lose_queue();
  const json::object told = rebuild();
  EXPECT_EQ(told.at("found").at("looked_for"), 1) << json::serialize(told);
  home.start_daemon();
  expect_all_delivered_once({"sub/b.txt"});
}

TEST_F(Rebuilding, NamesOfAnyBytesComeBackWithTheDocuments) {
  start();
  ASSERT_EQ(chunkrd({"pause", "for a moment"}).exit_code, 0);
  const std::vector<std::string> names{"sub/two \xFF.txt", "a%b.txt", "umlaut \xC3\xA4.txt"};
  for (std::size_t i = 0; i < names.size(); ++i) home.drop(names[i], fmt::format("content {}", i));
  ASSERT_TRUE(eventually([&] { return in_state("ready") == 3; }));
  kill_daemon();
  lose_queue();
  rebuild();
  home.start_daemon();
  ASSERT_TRUE(eventually([&] { return files_in(home.archive).size() == 3; })) << home.daemon_log();
  for (const std::string& name : names) EXPECT_TRUE(fs::exists(home.outbox / (name + ".json"))) << name;
}

TEST_F(Rebuilding, WhereTheNameIsLostTooTheTasksIsTakenOrOneIsMadeOfTheJob) {
  start("- match: {file_name: \"held-*\"}\n  do: {parse: {stay: Processing}}\n" + std::string(kFakeParser),
        {"--workers", "4"});
  home.drop("held.txt", "At the service.");
  ASSERT_TRUE(eventually([&] { return in_state("submitted") == 1; })) << home.daemon_log();
  ASSERT_EQ(chunkrd({"pause", "for a moment"}).exit_code, 0);
  home.drop("new.pdf", "%PDF-1.4 in the spool");
  ASSERT_TRUE(eventually([&] { return in_state("ready") == 1; }));
  kill_daemon();
  lose_queue();
  for (const auto& entry : fs::directory_iterator(home.state / "spool"))
    ASSERT_EQ(::removexattr(entry.path().c_str(), "user.chunkrd.document"), 0);
  EXPECT_EQ(rebuild().at("jobs"), 2);
  const std::string listed = chunkrd({"jobs", "--all"}).out;
  EXPECT_THAT(listed, AllOf(HasSubstr("held.txt"), HasSubstr("recovered-0")));
  EXPECT_EQ(state_of("held.txt"), "submitted");
}

TEST_F(Rebuilding, ADocumentOfNobodyKnowsWhichInboxStaysAndIsTold) {
  const fs::path other = home.folder() / "other";
  fs::create_directory(other);
  home.top_level = "";
  home.inbox_options =
      fmt::format("settle: 20ms}}\n  - {{path: {}, outbox: {}, failed: {}, archive: {}", other.native(),
                  home.outbox.native(), home.failed.native(), home.archive.native());
  home.start_service(kFakeParser);
  home.start_daemon();
  ASSERT_EQ(home.stop_daemon()->exit_code, 0);
  lose_queue();
  write_file(home.state / "spool" / "01jf8z3r5x0123456789abcdef", "a document without a label");
  write_file(home.state / "spool" / "notes.txt", "of somebody");
  const json::object told = rebuild({"--offline"});
  EXPECT_EQ(told.at("jobs"), 0);
  EXPECT_THAT(json::serialize(told.at("left")), AllOf(HasSubstr("nothing says from which inbox it is"),
                                                      HasSubstr("notes.txt: is no document of ours")));
  EXPECT_TRUE(fs::exists(home.state / "spool" / "01jf8z3r5x0123456789abcdef"));
}

TEST_F(Rebuilding, ASidecarStillSaysWithWhatItsDocumentIsSubmitted) {
  start();
  ASSERT_EQ(chunkrd({"pause", "for a moment"}).exit_code, 0);
  home.drop("a.txt.chunkr.yaml", "parse: {ocr_strategy: All}\n");
  home.drop("a.txt", "A.");
  ASSERT_TRUE(eventually([&] { return in_state("ready") == 1; }));
  kill_daemon();
  lose_queue();
  rebuild();
  home.start_daemon();
  ASSERT_TRUE(eventually([&] { return in_state("done") == 1; })) << home.daemon_log();
  EXPECT_THAT(read_file(home.outbox / "a.txt.json"), HasSubstr("\"ocr_strategy\":\"All\""));
  EXPECT_TRUE(fs::exists(home.archive / "a.txt.chunkr.yaml"));
}

// As a crash leaves it between the last rename of a delivery and its manifest.
TEST_F(Rebuilding, ADeliveryThatWasAllVisibleIsEndedAndNotRepeatedUnderAnotherName) {
  start();
  home.drop("a.txt", "A.");
  ASSERT_TRUE(home.wait_for_ends(1));
  kill_daemon();
  const std::string id = chunkrd({"jobs", "--ids"}).out.substr(0, 26);
  lose_queue();
  const fs::path own = home.outbox / ".chunkrd";
  fs::create_directories(own / "tmp" / id);
  fs::rename(own / "manifests" / (id + ".json"), own / "tmp" / id / ".intent");
  fs::rename(home.archive / "a.txt", home.state / "spool" / id);
  rebuild();
  EXPECT_EQ(in_state("delivering"), 1U);
  home.start_daemon();
  expect_all_delivered_once({"a.txt"});
  EXPECT_TRUE(fs::exists(own / "manifests" / (id + ".json")));
}

TEST_F(Rebuilding, WhatFailedCanBeTriedAgain) {
  start("- match: {operation: create, first: 1}\n  do: {respond: {status: 400, body: no}}\n" +
        std::string(kFakeParser));
  home.drop("a.txt", "A.");
  home.drop(std::string(250, 'x') + ".txt", "");
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  ASSERT_EQ(in_state("failed"), 2U);
  kill_daemon();
  lose_queue();
  EXPECT_EQ(rebuild().at("found").at("failed"), 2);
  EXPECT_EQ(in_state("failed"), 2U);
  EXPECT_EQ(chunkrd({"retry", (home.failed / "a.txt").native()}).exit_code, 0);
  home.start_daemon();
  EXPECT_TRUE(eventually([&] { return fs::exists(home.outbox / "a.txt.json"); })) << home.daemon_log();
}

TEST_F(Rebuilding, OriginalsThatStayInTheInboxAreNotTakenOnceMore) {
  home.inbox_options = "settle: 20ms, originals: keep";
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("a.txt", "A.");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  ASSERT_EQ(chunkrd({"pause", "for a moment"}).exit_code, 0);
  home.drop("b.txt", "B.");
  ASSERT_TRUE(eventually([&] { return in_state("ready") == 1; }));
  kill_daemon();
  lose_queue();
  EXPECT_EQ(rebuild().at("jobs"), 2);
  home.start_daemon();
  ASSERT_TRUE(eventually([&] { return in_state("done") == 2; })) << home.daemon_log();
  // A scan has seen both originals by now, or does before the end.
  ASSERT_EQ(home.stop_daemon()->exit_code, 0);
  EXPECT_EQ(std::ranges::count(chunkrd({"jobs", "--all", "--ids"}).out, '\n'), 2);
  EXPECT_EQ(home.tasks_by_document().at("a.txt").created, 1);
  EXPECT_EQ(home.tasks_by_document().at("b.txt").created, 1);
}

TEST_F(Rebuilding, WhatCameBackCanBeReusedReprocessedAndDeleted) {
  start();
  home.drop("a.txt", "The same bytes.");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  kill_daemon();
  lose_queue();
  EXPECT_EQ(rebuild().at("found").at("delivered"), 1);
  home.start_daemon();
  home.drop("b.txt", "The same bytes.");
  ASSERT_TRUE(eventually([&] { return fs::exists(home.archive / "b.txt"); })) << home.daemon_log();
  EXPECT_FALSE(home.tasks_by_document().contains("b.txt")) << "it has the earlier result";
  const std::string a = (home.inbox / "a.txt").native();
  EXPECT_EQ(chunkrd({"reprocess", a, "--set", "ocr_strategy=All", "--wait", "60"}).exit_code, 0);
  EXPECT_THAT(read_file(home.outbox / "a.txt.json"), HasSubstr("\"ocr_strategy\":\"All\""));
  EXPECT_EQ(chunkrd({"delete", a, "--wait", "60"}).exit_code, 0);
  EXPECT_THAT(http_get(home.service_port(), "/api/v1/tasks").body, StartsWith("[]"));
}

// The row says "to be submitted", but the log with what came after is gone: the list knows better.
TEST_F(Rebuilding, ARowThatIsOlderThanItsTaskIsNotPaidASecondTime) {
  start("- do: {parse: {instead: text, delay: 500ms}}\n");
  ASSERT_EQ(chunkrd({"pause", "for a moment"}).exit_code, 0);
  home.drop("a.txt", "A.");
  ASSERT_TRUE(eventually([&] { return in_state("ready") == 1; }));
  kill_daemon();
  fs::copy_file(queue(), home.folder() / "old");
  fs::copy_file(queue().native() + "-wal", home.folder() / "old-wal");
  home.start_daemon();
  ASSERT_EQ(chunkrd({"resume"}).exit_code, 0);
  ASSERT_TRUE(eventually([&] { return in_state("submitted") == 1; })) << home.daemon_log();
  kill_daemon();
  lose_queue();
  fs::rename(home.folder() / "old", queue());
  fs::rename(home.folder() / "old-wal", queue().native() + "-wal");
  EXPECT_EQ(rebuild({"--force"}).at("found").at("adopted"), 1);
  ASSERT_EQ(chunkrd({"resume"}).exit_code, 0);
  home.start_daemon();
  expect_all_delivered_once({"a.txt"});
}

// As docs/operations.md has it: taken while the daemon runs, put back when half of what it knows is over.
TEST_F(Rebuilding, AQueueFromABackupPaysForNothingThatHappenedSince) {
  start("- do: {parse: {instead: text, delay: 200ms}}\n");
  std::vector<std::string> names;
  const auto drop = [&](const std::string& name) {
    home.drop(name, "Text of " + name);
    names.push_back(name);
  };
  for (const char* name : {"delivered1.txt", "delivered2.txt"}) drop(name);
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  ASSERT_EQ(chunkrd({"pause", "for a backup"}).exit_code, 0);
  for (const char* name : {"waits1.txt", "waits2.txt", "waits3.txt"}) drop(name);
  ASSERT_TRUE(eventually([&] { return in_state("ready") == 3; })) << home.daemon_log();
  const fs::path backup = home.folder() / "backup.sqlite";
  ASSERT_EQ(run({"/usr/bin/sqlite3", queue(), ".backup '" + backup.native() + "'"}).exit_code, 0);

  ASSERT_EQ(chunkrd({"resume"}).exit_code, 0);
  for (const char* name : {"later1.txt", "later2.txt"}) drop(name);
  ASSERT_TRUE(home.wait_for_ends(7)) << home.daemon_log();
  drop("under-way.txt");
  ASSERT_TRUE(eventually([&] { return in_state("submitted") == 1; })) << home.daemon_log();
  kill_daemon();
  lose_queue();
  fs::copy_file(backup, queue());
  const auto told = rebuild({"--force"});
  EXPECT_EQ(told.at("found").at("delivered"), 5) << json::serialize(told);
  EXPECT_EQ(chunkrd({"resume"}).exit_code, 0);  // the backup was taken while it was paused
  home.start_daemon();
  expect_all_delivered_once(names);
}

TEST_F(Rebuilding, TasksOfNobodyAreToldAndLeftAlone) {
  start();
  home.drop("a.txt", "A.");
  ASSERT_TRUE(home.wait_for_ends(1));
  kill_daemon();
  lose_queue();
  fs::remove_all(home.outbox / ".chunkrd");
  const json::object told = rebuild();
  EXPECT_THAT(told.at("unknown_tasks").as_array(), SizeIs(1));
  EXPECT_EQ(told.at("jobs"), 0);
  EXPECT_EQ(home.tasks_by_document().at("a.txt").created, 1);
}

TEST_F(Rebuilding, WhatWasPaidTodayIsKnownAgainByTheTaskList) {
  start();
  home.drop("a.txt", "A.");
  home.drop("b.txt", "B.");
  ASSERT_TRUE(home.wait_for_ends(2));
  kill_daemon();
  lose_queue();
  EXPECT_EQ(rebuild().at("today").at("documents"), 2);
  EXPECT_THAT(chunkrd({"status", "--json"}).out, HasSubstr("\"documents\":2"));
}

}  // namespace
}  // namespace chunkrd::tests
