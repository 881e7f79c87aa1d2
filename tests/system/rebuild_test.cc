// chunkrd rebuild: a queue that was damaged, deleted or replaced, with documents at every step; then the
// daemon again. Every document is delivered once, under its name, and paid for once.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "tests/system/harness/command.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* kFakeParser = "- do: {parse: {instead: text}}\n";

class Rebuilding : public ::testing::Test {
 protected:
  void start(const std::string& rules = kFakeParser, const std::vector<std::string>& arguments = {}) {
    home.inbox_options = "settle: 20ms";
    home.start_service(rules, arguments);
    home.start_daemon();
  }
  void kill_daemon() {
    home.daemon().signal(SIGKILL);
    home.daemon().wait(std::chrono::seconds(10));
  }
  Ran chunkrd(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), CHUNKRD_PROGRAM);
    arguments.insert(arguments.end(), {"--config", home.config_file()});
    return run(std::move(arguments));
  }
  json::object rebuild(std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"rebuild", "--json"});
    const Ran ran = chunkrd(options);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    return ran.exit_code == 0 ? json::parse(ran.out).as_object() : json::object();
  }
  void lose_queue() {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(queue().native() + suffix);
  }
  void write_into_queue(std::size_t at, const std::string& bytes) {
    std::fstream out(queue(), std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(static_cast<std::streamoff>(at));
    out << bytes;
  }
  fs::path queue() const { return home.state / "queue.sqlite"; }
  // How many documents are in `state`, of those that the program lists.
  std::size_t in_state(const std::string& state) {
    const std::string out = chunkrd({"jobs", "--all", "--state", state, "--ids"}).out;
    return static_cast<std::size_t>(std::ranges::count(out, '\n'));
  }
  std::string state_of(const std::string& name) {
    const Ran ran = chunkrd({"show", "--json", (home.inbox / name).native()});
    return ran.exit_code == 0 ? json::value_to<std::string>(json::parse(ran.out).at("state")) : ran.err;
  }
  // Names and contents of all below the installation but for what the service writes.
  std::map<std::string, std::string> everything() const {
    std::map<std::string, std::string> files;
    for (const auto& top : {home.state, home.inbox, home.outbox, home.failed, home.archive})
      for (const auto& entry : fs::recursive_directory_iterator(top))
        files[entry.path()] = entry.is_regular_file() ? read_file(entry.path()) : "";
    return files;
  }

  // Names without folders tell the documents of a test apart.
  void expect_all_delivered_once(const std::vector<std::string>& names) {
    const auto ended = [&] { return files_in(home.archive).size() == names.size(); };
    ASSERT_TRUE(eventually(ended)) << home.daemon_log();
    const auto tasks = home.tasks_by_document();
    std::vector<std::string> results;
    for (const std::string& name : names) {
      results.insert(results.end(), {name + ".json", name + ".md"});
      EXPECT_TRUE(fs::exists(home.archive / name)) << name;
      const std::string at_service = fs::path(name).filename();
      ASSERT_TRUE(tasks.contains(at_service)) << name;
      EXPECT_EQ(tasks.at(at_service).succeeded, 1) << name << ": tasks that were paid";
    }
    std::ranges::sort(results);
    EXPECT_EQ(files_in(home.outbox), results);
    EXPECT_THAT(files_in(home.failed), IsEmpty());
    EXPECT_TRUE(eventually([&] { return files_in(home.state / "spool").empty(); }));
  }
  static std::vector<std::string> files_in(const fs::path& folder) {
    auto names = files_below(folder);
    std::erase_if(names, [](const std::string& name) { return name.ends_with('/'); });
    return names;
  }

  Installation home;
};

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
    fs::resize_file(queue(), fs::file_size(queue()) * 2 / 3);
  } else {
    ASSERT_EQ(way, "overwritten");
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
  EXPECT_EQ(in_state("done"), 60U);
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
  for (const std::string& name : names) home.drop(name, "content of " + name);
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
  fs::resize_file(queue(), fs::file_size(queue()) / 4096 * 4096 + 100);
  const Ran forced = chunkrd({"rebuild", "--json", "--force"});
  ASSERT_EQ(forced.exit_code, 0) << forced.err;
  ASSERT_EQ(chunkrd({"resume"}).exit_code, 0);
  home.start_daemon();
  expect_all_delivered_once({"a.txt"});
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

// --- interrupted

TEST_F(Rebuilding, KilledAtAnyMomentItCanBeRunAgain) {
  if (!fs::exists("/usr/bin/strace")) GTEST_SKIP() << "needs strace";
  start();
  const std::vector<std::string> names{"a.txt", "b.txt", "c.txt"};
  for (const std::string& name : names) home.drop(name, "content of " + name);
  ASSERT_TRUE(home.wait_for_ends(3)) << home.daemon_log();
  kill_daemon();
  write_into_queue(0, std::string(64, '\xA5'));
  const auto damaged = read_file(queue());
  int killed = 0;
  for (const std::string call : {"rename", "unlink", "link", "fsync"})
    for (int nth = 1; nth <= 12; ++nth) {
      const Ran ran = run({"/usr/bin/strace", "-qq", "-f", "-e", "trace=" + call, "-e",
                           fmt::format("inject={}:signal=KILL:when={}", call, nth), CHUNKRD_PROGRAM,
                           "rebuild", "--offline", "--config", home.config_file()});
      if (ran.exit_code == 0) break;
      ++killed;
      const bool is_old = read_file(queue()) == damaged;
      const Ran again = chunkrd({"rebuild", "--offline"});
      EXPECT_EQ(again.exit_code, 0) << call << " " << nth << ": " << again.err;
      EXPECT_EQ(in_state("done"), 3U)
          << call << " " << nth << (is_old ? ", from the old one" : ", from the new one");
      EXPECT_FALSE(fs::exists(home.state / "rebuild.tmp")) << call << " " << nth;
      EXPECT_FALSE(fs::exists(home.state / "queue.sqlite.rebuilt")) << call << " " << nth;
      lose_queue();
      write_file(queue(), damaged);
    }
  EXPECT_GE(killed, 8);
}

TEST_F(Rebuilding, TheDaemonEndsARebuildThatWasInterruptedAfterTheNewQueueWasDurable) {
  start();
  home.drop("a.txt", "A.");
  ASSERT_TRUE(home.wait_for_ends(1));
  kill_daemon();
  lose_queue();
  rebuild();
  fs::rename(queue(), home.state / "queue.sqlite.rebuilt");
  write_file(queue(), "damaged");
  write_file(queue().native() + "-wal", "of the damaged one");
  const Ran listed = chunkrd({"jobs"});
  EXPECT_EQ(listed.exit_code, 74);
  EXPECT_THAT(listed.err, HasSubstr("is being rebuilt"));
  home.start_daemon();
  EXPECT_EQ(in_state("done"), 1U);
}

TEST_F(Rebuilding, AFullDiskLeavesTheOldQueueAsItWas) {
  start();
  home.drop("a.txt", "A.");
  ASSERT_TRUE(home.wait_for_ends(1));
  kill_daemon();
  write_into_queue(0, std::string(64, '\xA5'));
  const auto before = everything();
  for (const int nth : {1, 2, 5, 20, 60}) {
    const Ran ran = run({"/usr/bin/strace", "-qq", "-f", "-o", "/dev/null", "-e", "trace=pwrite64,write",
                         "-e", fmt::format("inject=pwrite64,write:error=ENOSPC:when={}+", nth),
                         CHUNKRD_PROGRAM, "rebuild", "--offline", "--config", home.config_file()});
    EXPECT_NE(ran.exit_code, 0) << nth;
    EXPECT_EQ(everything(), before) << nth;
  }
}

// --- refused

TEST_F(Rebuilding, ARunningDaemonIs75) {
  start();
  const Ran ran = chunkrd({"rebuild", "--force"});
  EXPECT_EQ(ran.exit_code, 75);
  EXPECT_THAT(ran.err,
              AllOf(StartsWith("chunkrd: "), HasSubstr("another chunkrd works with the state folder")));
}

TEST_F(Rebuilding, AWholeQueueIsRefusedUnlessForced) {
  start();
  home.drop("a.txt", "A.");
  ASSERT_TRUE(home.wait_for_ends(1));
  ASSERT_EQ(chunkrd({"pause", "the invoice"}).exit_code, 0);
  ASSERT_EQ(home.stop_daemon()->exit_code, 0);
  const auto before = everything();
  const Ran ran = chunkrd({"rebuild"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("is whole, there is nothing to rebuild"), HasSubstr("--force")));
  EXPECT_EQ(everything(), before);
  const json::object told = rebuild({"--force"});
  EXPECT_EQ(told.at("condition"), "whole");
  EXPECT_EQ(told.at("salvaged").at("jobs"), 1);
  EXPECT_TRUE(fs::exists(json::value_to<std::string>(told.at("kept"))));
  EXPECT_THAT(chunkrd({"status"}).out, HasSubstr("the invoice"));
}

TEST_F(Rebuilding, ANewerOrForeignQueueIsRefusedUnlessForced) {
  start();
  home.drop("a.txt", "A.");
  ASSERT_TRUE(home.wait_for_ends(1));
  ASSERT_EQ(home.stop_daemon()->exit_code, 0);
  ASSERT_EQ(run({"/usr/bin/sqlite3", queue(), "UPDATE meta SET value = '999' WHERE key = 'chunkrd_schema'"})
                .exit_code,
            0);
  const Ran newer = chunkrd({"rebuild"});
  EXPECT_EQ(newer.exit_code, 74);
  EXPECT_THAT(newer.err, AllOf(HasSubstr("is not damaged: it has schema version 999"),
                               HasSubstr("Install the newer chunkrd")));
  EXPECT_THAT(home.run_daemon_to_end().second, HasSubstr("chunkrd rebuild --force"));
  EXPECT_EQ(rebuild({"--force"}).at("salvaged").at("jobs"), 1);
  EXPECT_EQ(in_state("done"), 1U);

  lose_queue();
  ASSERT_EQ(run({"/usr/bin/sqlite3", queue(), "CREATE TABLE songs (title TEXT)"}).exit_code, 0);
  const Ran foreign = chunkrd({"rebuild"});
  EXPECT_EQ(foreign.exit_code, 74);
  EXPECT_THAT(foreign.err, HasSubstr("another program"));
  EXPECT_EQ(rebuild({"--force"}).at("found").at("delivered"), 1);
}

TEST_F(Rebuilding, AStateFolderThatIsNotThereIs66) {
  home.write_config();
  fs::remove(home.state);
  const Ran ran = chunkrd({"rebuild"});
  EXPECT_EQ(ran.exit_code, 66);
  EXPECT_THAT(ran.err, HasSubstr("is --config the daemon's?"));
}

TEST_F(Rebuilding, ADamagedQueueSaysThatThereIsThisCommand) {
  start();
  kill_daemon();
  lose_queue();
  write_file(queue(), std::string(8192, 'x'));
  const auto [ended, output] = home.run_daemon_to_end();
  EXPECT_EQ(ended.exit_code, 74);
  EXPECT_THAT(output, HasSubstr("`chunkrd rebuild`"));
  EXPECT_THAT(chunkrd({"jobs"}).err, HasSubstr("`chunkrd rebuild`"));
}

// --- told only

TEST_F(Rebuilding, ADryRunSaysTheSameAndChangesNothing) {
  start();
  home.drop("a.txt", "A.");
  home.drop("empty.txt", "");
  ASSERT_TRUE(home.wait_for_ends(2));
  ASSERT_EQ(chunkrd({"pause", "for a moment"}).exit_code, 0);
  home.drop("b.txt", "B.");
  ASSERT_TRUE(eventually([&] { return in_state("ready") == 1; }));
  kill_daemon();
  write_into_queue(2 * 4096, std::string(4096, '\xA5'));
  const auto before = everything();
  json::object dry = rebuild({"--dry-run"});
  EXPECT_EQ(everything(), before);
  EXPECT_TRUE(dry.at("dry_run").as_bool());
  EXPECT_TRUE(dry.at("kept").is_null());
  EXPECT_THAT(chunkrd({"rebuild", "--dry-run"}).out,
              HasSubstr("nothing was changed; the new queue would have 3 jobs"));
  EXPECT_EQ(everything(), before);
  json::object real = rebuild();
  for (const char* member : {"dry_run", "kept"}) {
    dry.erase(member);
    real.erase(member);
  }
  EXPECT_EQ(dry, real);
}

}  // namespace
}  // namespace chunkrd::tests
