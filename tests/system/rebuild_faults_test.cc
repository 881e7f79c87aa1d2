// chunkrd rebuild: interrupted, with a full or dying disk, refused, and only asked.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/system/rebuilding.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// --- interrupted

TEST_F(Rebuilding, KilledAtAnyMomentItCanBeRunAgain) {
  if (!fs::exists("/usr/bin/strace")) GTEST_SKIP() << "needs strace";
  start();
  const std::vector<std::string> names{"a.txt", "b.txt", "c.txt"};
  for (const std::string& name : names) home.drop(name, "content of " + name);
  ASSERT_TRUE(home.wait_for_ends(3)) << home.daemon_log();
  kill_daemon();
  empty_log();
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
      // Killed when all was done but for the tidying up: then the queue is whole.
      EXPECT_TRUE(again.exit_code == 0 || (!is_old && again.exit_code == 1))
          << call << " " << nth << ": " << again.err;
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
  empty_log();
  write_into_queue(0, std::string(64, '\xA5'));
  const auto before = everything();
  // The copy of the old queue, then the new one.
  std::vector<std::vector<std::string>> faults{
      {"-P", home.state / "rebuild.tmp" / "old.sqlite", "-e", "inject=write:error=ENOSPC"}};
  for (const int nth : {1, 2, 5, 20, 60})
    faults.push_back({"-e", fmt::format("inject=pwrite64:error=ENOSPC:when={}+", nth)});
  for (const auto& fault : faults) {
    std::vector<std::string> command{"/usr/bin/strace", "-qq", "-f", "-o", "/dev/null"};
    command.insert(command.end(), fault.begin(), fault.end());
    command.insert(command.end(), {CHUNKRD_PROGRAM, "rebuild", "--offline", "--config", home.config_file()});
    const Ran ran = run(command);
    EXPECT_THAT(ran.exit_code, AnyOf(71, 74)) << fault.back() << ": " << ran.err;
    EXPECT_THAT(ran.err, AnyOf(HasSubstr("No space left"), HasSubstr("disk"))) << fault.back();
    EXPECT_EQ(everything(), before) << fault.back();
  }
}

// A disk that is dying gives a sector, or does not.
TEST_F(Rebuilding, SectorsThatCannotBeReadAreToldAndTheOthersTaken) {
  if (!fs::exists("/usr/bin/strace")) GTEST_SKIP() << "needs strace";
  start();
  home.drop("a.txt", "A.");
  ASSERT_TRUE(home.wait_for_ends(1));
  kill_daemon();
  empty_log();
  const Ran ran = run({"/usr/bin/strace", "-qq", "-f", "-o", "/dev/null", "-P", queue(), "-e",
                       "inject=pread64:error=EIO:when=1..3", CHUNKRD_PROGRAM, "rebuild", "--json",
                       "--offline", "--config", home.config_file()});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const json::object told = json::parse(ran.out).as_object();
  EXPECT_EQ(told.at("unreadable_bytes"), 1024);
  EXPECT_EQ(told.at("salvaged").at("jobs"), 1);
  EXPECT_EQ(in_state("done"), 1U);
}

TEST_F(Rebuilding, WhatRootHasRepairedIsStillTheDaemons) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  start();
  home.drop("a.txt", "A.");
  ASSERT_TRUE(home.wait_for_ends(1));
  kill_daemon();
  lose_queue();
  ASSERT_EQ(::chown(home.state.c_str(), 65534, 65534), 0);
  rebuild({"--offline"});
  struct stat status{};
  ASSERT_EQ(::stat(queue().c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 65534U);
}

// --- refused

TEST_F(Rebuilding, ARunningDaemonIs75) {
  start();
  const Ran ran = chunkrd({"rebuild", "--force"});
  EXPECT_EQ(ran.exit_code, 75);
  EXPECT_THAT(ran.err, AllOf(StartsWith("chunkrd: "), HasSubstr("a daemon works with the state folder")));
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
  EXPECT_EQ(newer.exit_code, 65);
  EXPECT_THAT(newer.err, AllOf(HasSubstr("is not damaged: it has schema version 999"),
                               HasSubstr("Install the newer chunkrd")));
  const auto [ended, output] = home.run_daemon_to_end();
  EXPECT_EQ(ended.exit_code, 65) << "systemd must not try again and again";
  EXPECT_THAT(output, HasSubstr("chunkrd rebuild --force"));
  EXPECT_EQ(chunkrd({"jobs"}).exit_code, 65);
  EXPECT_EQ(rebuild({"--force"}).at("salvaged").at("jobs"), 1);
  EXPECT_EQ(in_state("done"), 1U);

  lose_queue();
  ASSERT_EQ(run({"/usr/bin/sqlite3", queue(), "CREATE TABLE songs (title TEXT)"}).exit_code, 0);
  const Ran foreign = chunkrd({"rebuild"});
  EXPECT_EQ(foreign.exit_code, 65);
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
  empty_log();
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
  const std::string docs = read_file(fs::path(CHUNKRD_DOCS) / "commands.md");
  for (const auto& [member, value] : real) EXPECT_THAT(docs, HasSubstr("`" + std::string(member) + "`"));
  for (const char* member : {"dry_run", "kept"}) {
    dry.erase(member);
    real.erase(member);
  }
  EXPECT_EQ(dry, real);
}

}  // namespace
}  // namespace chunkrd::tests
