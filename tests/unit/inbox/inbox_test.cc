#include "inbox/inbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <cerrno>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "faulty_looks.h"
#include "own_world.h"
#include "running_inbox.h"
#include "tests/support/sanitizer.h"

namespace chunkrd::inbox {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// What is logged while it lives, instead of on standard error.
class Log {
 public:
  Log() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
  }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log() { spdlog::set_default_logger(before_); }

  std::ptrdiff_t lines_with(const std::string& what) const {
    std::istringstream text(text_.str());
    std::ptrdiff_t count = 0;
    for (std::string line; std::getline(text, line);) count += line.find(what) != line.npos;
    return count;
  }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

struct InboxTest : ::testing::Test {
  TemporaryFolder folder;
  TemporaryFolder elsewhere;
};

TEST_F(InboxTest, ReportsAFileThatWasThereAtStartWithItsIdentity) {
  write_file(folder / "a.pdf", "text");
  make_old(folder / "a.pdf");
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for("a.pdf"));
  EXPECT_EQ(running.arrivals[0].identity, identity_of(folder / "a.pdf"));
}

TEST_F(InboxTest, AFileThatWasThereAtStartPassesTheSameGate) {
  write_file(folder / "a.pdf", "text");
  make_old(folder / "a.pdf");
  auto rules = rules_for(folder.path());
  rules.settle = 400ms;
  const auto started = std::chrono::steady_clock::now();
  RunningInbox running(rules);
  ASSERT_TRUE(running.wait_for("a.pdf"));
  EXPECT_GE(std::chrono::steady_clock::now() - started, 400ms);
}

TEST_F(InboxTest, FilesFoundTogetherArriveByName) {
  for (const char* name : {"c.pdf", "a.pdf", "d.pdf", "b.pdf"}) write_file(folder / name, "text");
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for("d.pdf"));
  EXPECT_THAT(running.names(), ElementsAre("a.pdf", "b.pdf", "c.pdf", "d.pdf"));
}

TEST_F(InboxTest, ReportsWhatIsWrittenMovedCopiedOrLinkedIn) {
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for_all_before());
  write_file(folder / "written.pdf", "text");
  write_file(elsewhere / "old", "text");
  make_old(elsewhere / "old");
  fs::rename(elsewhere / "old", folder / "moved.pdf");
  write_file(folder / "kept-mtime.pdf", "text");
  make_old(folder / "kept-mtime.pdf");
  write_file(elsewhere / "other", "text");
  fs::create_hard_link(elsewhere / "other", folder / "linked.pdf");
  write_file(folder / ".rsynced.pdf.Ab12", "text");
  fs::rename(folder / ".rsynced.pdf.Ab12", folder / "rsynced.pdf");
  for (const char* name : {"written.pdf", "moved.pdf", "kept-mtime.pdf", "linked.pdf", "rsynced.pdf"})
    EXPECT_TRUE(running.wait_for(name)) << name;
  ASSERT_TRUE(running.wait_for_all_before());
  EXPECT_EQ(running.arrivals.size(), 5u);
}

TEST_F(InboxTest, ReportsAFileOnceHoweverOftenItScans) {
  write_file(folder / "a.pdf", "text");
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for("a.pdf"));
  ASSERT_TRUE(running.wait_for_scan());
  ASSERT_TRUE(running.wait_for_scan());
  ASSERT_TRUE(running.wait_for_all_before());
  EXPECT_THAT(running.names(), ElementsAre("a.pdf"));
}

TEST_F(InboxTest, ReportsAChangedFileAgain) {
  write_file(folder / "a.pdf", "text");
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for("a.pdf"));
  append(folder / "a.pdf", "more");
  ASSERT_TRUE(running.wait_for("a.pdf", 2));
  EXPECT_EQ(running.arrivals[1].identity, identity_of(folder / "a.pdf"));
}

TEST_F(InboxTest, ANewFileUnderAnOldNameIsANewArrival) {
  write_file(folder / "a.pdf", "text");
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for("a.pdf"));
  fs::remove(folder / "a.pdf");
  ASSERT_TRUE(running.wait_for_scan());
  write_file(folder / "a.pdf", "text");
  EXPECT_TRUE(running.wait_for("a.pdf", 2));
}

TEST_F(InboxTest, AFileThatGrowsIsNotReportedUntilItStops) {
  auto rules = rules_for(folder.path());
  rules.settle = 300ms;
  RunningInbox running(rules);
  std::ofstream file(folder / "a.pdf");
  auto written = std::chrono::steady_clock::now();
  auto longest_pause = std::chrono::steady_clock::duration{};
  for (int i = 0; i < 60; ++i) {
    file << "another page" << std::flush;
    const auto now = std::chrono::steady_clock::now();
    longest_pause = std::max(longest_pause, now - std::exchange(written, now));
    running.loop.restart();
    running.loop.run_for(20ms);
  }
  if (!running.arrivals.empty())
    EXPECT_GE(longest_pause, rules.settle) << "although this machine did not stumble";
  running.arrivals.clear();
  file << "last page";
  file.close();
  written = std::chrono::steady_clock::now();
  ASSERT_TRUE(running.wait_for("a.pdf"));
  EXPECT_EQ(running.arrivals[0].identity, identity_of(folder / "a.pdf"));
  EXPECT_GE(std::chrono::steady_clock::now() - written, rules.settle);
}

TEST_F(InboxTest, AFileThatSomebodyHasOpenForWritingHasNotSettled) {
  RunningInbox running(folder);
  std::ofstream scanner(folder / "a.pdf");
  scanner << "first half" << std::flush;
  std::ofstream placeholder(folder / "empty.pdf");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(running.wait_for_all_before());
  EXPECT_THAT(running.names(), IsEmpty());
  EXPECT_EQ(running.inbox.statistics().settling, 2u);
  scanner << ", second half";
  scanner.close();
  placeholder << "filled at last";
  placeholder.close();
  ASSERT_TRUE(running.wait_for("a.pdf"));
  ASSERT_TRUE(running.wait_for("empty.pdf"));
  EXPECT_EQ(running.arrivals[0].identity, identity_of(folder / running.arrivals[0].name));
}

TEST_F(InboxTest, AFileThatVanishesWhileSettlingIsForgotten) {
  auto rules = rules_for(folder.path());
  rules.settle = 500ms;
  RunningInbox running(rules);
  write_file(folder / "a.pdf", "text");
  ASSERT_TRUE(running.wait([&] { return running.inbox.statistics().settling == 1; }));
  fs::remove(folder / "a.pdf");
  ASSERT_TRUE(running.wait([&] { return running.inbox.statistics().settling == 0; }));
  EXPECT_THAT(running.names(), IsEmpty());
}

TEST_F(InboxTest, AnEmptyFileWaitsTenTimesAsLongAndIsReported) {
  RunningInbox running(folder);
  const auto written = std::chrono::steady_clock::now();
  write_file(folder / "empty.pdf", "");
  ASSERT_TRUE(running.wait_for("empty.pdf"));
  EXPECT_GE(std::chrono::steady_clock::now() - written, 500ms);
}

TEST_F(InboxTest, TemporaryNamesAreReportedOnceTheyGetTheirRealOne) {
  RunningInbox running(folder);
  write_file(folder / "a.pdf.part", "text");
  write_file(folder / "~$b.docx", "text");
  write_file(folder / "b.pdf.chunkr.yaml", "text");
  ASSERT_TRUE(running.wait_for_all_before());
  ASSERT_TRUE(running.wait_for_scan());
  EXPECT_EQ(running.inbox.statistics().settling, 0u);
  fs::rename(folder / "a.pdf.part", folder / "a.pdf");
  ASSERT_TRUE(running.wait_for("a.pdf"));
  EXPECT_THAT(running.names(), ElementsAre("a.pdf"));
}

TEST_F(InboxTest, HostileNamesArriveByteForByte) {
  RunningInbox running(folder);
  const std::vector<std::string> all = {" a ",          "new\nline",    "quote'\"", "-rf",
                                        "\xc3\xa4.pdf", "\xff\xfe\x80", "*?[",      std::string(255, '\xe9')};
  for (const auto& name : all) write_file(folder / name, "text");
  ASSERT_TRUE(running.wait([&] { return running.arrivals.size() >= all.size(); }));
  EXPECT_THAT(running.names(), ::testing::UnorderedElementsAreArray(all));
}

TEST_F(InboxTest, LinksAndFifosAreRefusedOnceAndBlockNothing) {
  write_file(elsewhere / "secret", "text");
  fs::create_symlink(elsewhere / "secret", folder / "link.pdf");
  fs::create_directory_symlink(elsewhere.path(), folder / "folder-link");
  ASSERT_EQ(::mkfifo((folder / "fifo.pdf").c_str(), 0600), 0);
  write_file(folder / "a.pdf", "text");
  const Log log;
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for("a.pdf"));
  ASSERT_TRUE(running.wait_for_scan());
  EXPECT_EQ(running.inbox.statistics().refused, 3u);
  EXPECT_EQ(log.lines_with("warning"), 3);
  EXPECT_EQ(log.lines_with("/fifo.pdf is a link or special file"), 1);

  fs::create_symlink(elsewhere / "secret", folder / "late-link.pdf");
  ASSERT_TRUE(running.wait_for_all_before());
  EXPECT_EQ(running.inbox.statistics().refused, 4u);
  EXPECT_THAT(running.names(), ElementsAre("a.pdf"));
}

TEST_F(InboxTest, TheDaemonsOwnFolderIsNotEntered) {
  fs::create_directories(folder / ".chunkrd/spool");
  write_file(folder / ".chunkrd/spool/1", "text");
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for_all_before());
  write_file(folder / ".chunkrd/spool/2", "text");
  ASSERT_TRUE(running.wait_for_all_before());
  EXPECT_THAT(running.names(), IsEmpty());
}

// --- Folders

TEST_F(InboxTest, AFolderNamedLikeADocumentIsAFolder) {
  fs::create_directory(folder / "x.pdf");
  write_file(folder / "x.pdf/a.pdf", "text");
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for("x.pdf/a.pdf"));
  EXPECT_EQ(running.arrivals.size(), 1u);
}

TEST_F(InboxTest, AFolderMovedInIsListedAndWatched) {
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for_all_before());
  fs::create_directories(elsewhere / "in/deep");
  write_file(elsewhere / "in/a.pdf", "text");
  write_file(elsewhere / "in/deep/b.pdf", "text");
  fs::rename(elsewhere / "in", folder / "in");
  EXPECT_TRUE(running.wait_for("in/a.pdf"));
  EXPECT_TRUE(running.wait_for("in/deep/b.pdf"));
  write_file(folder / "in/deep/c.pdf", "text");
  EXPECT_TRUE(running.wait_for("in/deep/c.pdf"));
}

TEST_F(InboxTest, DeepTreesMadeWhileItRunsAreFollowed) {
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for_all_before());
  std::set<std::string> all;
  for (int i = 0; i < 20; ++i) {
    std::string path = "t" + std::to_string(i);
    for (int depth = 0; depth < 10; ++depth) {
      fs::create_directory(folder / path);
      all.insert(path + "/a.pdf");
      write_file(folder / (path + "/a.pdf"), "text");
      path += "/d" + std::to_string(depth);
    }
    running.loop.poll();
  }
  ASSERT_TRUE(running.wait([&] { return running.arrivals.size() >= all.size(); }));
  EXPECT_THAT(running.names(), ::testing::UnorderedElementsAreArray(all));
}

TEST_F(InboxTest, AFolderDeletedAndMadeAgainIsWatchedAgain) {
  fs::create_directories(folder / "sub/deep");
  RunningInbox running(folder);
  write_file(folder / "sub/deep/a.pdf", "text");
  ASSERT_TRUE(running.wait_for("sub/deep/a.pdf"));
  for (int times = 2; times < 6; ++times) {
    fs::remove_all(folder / "sub");
    if (times % 2 == 0) running.loop.poll();
    fs::create_directories(folder / "sub/deep");
    if (times % 3 == 0) ASSERT_TRUE(running.wait_for_all_before());
    write_file(folder / "sub/deep/a.pdf", "text");
    ASSERT_TRUE(running.wait_for("sub/deep/a.pdf", times));
  }
}

TEST_F(InboxTest, ARenamedFolderIsFollowedUnderItsNewName) {
  fs::create_directories(folder / "old/deep");
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for_all_before());
  fs::rename(folder / "old", folder / "new");
  ASSERT_TRUE(running.wait_for_all_before());
  write_file(folder / "new/deep/a.pdf", "text");
  ASSERT_TRUE(running.wait_for("new/deep/a.pdf"));
  EXPECT_EQ(running.arrivals.size(), 1u);
}

TEST_F(InboxTest, AFolderMovedOutIsLeftAlone) {
  fs::create_directories(folder / "sub/deep");
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for_all_before());
  fs::rename(folder / "sub", elsewhere / "sub");
  ASSERT_TRUE(running.wait_for_all_before());
  fs::create_directories(folder / "sub/deep");
  write_file(elsewhere / "sub/deep/theirs.pdf", "text");
  write_file(folder / "sub/deep/ours.pdf", "text");
  ASSERT_TRUE(running.wait_for("sub/deep/ours.pdf"));
  ASSERT_TRUE(running.wait_for_all_before());
  EXPECT_THAT(running.names(), ElementsAre("sub/deep/ours.pdf"));
}

/// Nobody's rights, where the test runs as root: who may read everything.
class Unprivileged {
 public:
  Unprivileged() { EXPECT_EQ(::seteuid(::geteuid() == 0 ? 65534 : ::geteuid()), 0); }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;
  ~Unprivileged() { EXPECT_EQ(::seteuid(::getuid()), 0); }
};

TEST_F(InboxTest, AnUnreadableFolderDoesNotHoldUpTheOthers) {
  fs::create_directories(folder / "closed");
  fs::create_directories(folder / "open");
  write_file(folder / "closed/a.pdf", "text");
  write_file(folder / "open/b.pdf", "text");
  fs::permissions(folder.path(), fs::perms(0777));
  fs::permissions(folder / "closed", fs::perms(0));
  {
    const Unprivileged nobody;
    const Log log;
    RunningInbox running(folder);
    ASSERT_TRUE(running.wait_for("open/b.pdf"));
    ASSERT_TRUE(running.wait_for_scan());
    EXPECT_EQ(log.lines_with("closed cannot be read"), 1);
    EXPECT_EQ(running.inbox.statistics().unclaimed, 1u) << "nobody knows what is in there";
    EXPECT_THAT(running.names(), ElementsAre("open/b.pdf"));
    EXPECT_TRUE(running.inbox.statistics().available);
  }
  fs::permissions(folder / "closed", fs::perms(0755));
}

TEST_F(InboxTest, AFolderThatCanBeReadLaterIsReadThen) {
  fs::create_directories(folder / "closed");
  write_file(folder / "closed/a.pdf", "text");
  fs::permissions(folder.path(), fs::perms(0777));
  fs::permissions(folder / "closed", fs::perms(0));
  Unprivileged nobody;
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for_all_before());
  ASSERT_EQ(::seteuid(::getuid()), 0);
  fs::permissions(folder / "closed", fs::perms(0755));
  ASSERT_TRUE(running.wait_for_scan());
  EXPECT_TRUE(running.wait_for("closed/a.pdf"));
}

// --- The inbox itself

TEST_F(InboxTest, AMissingInboxIsWaitedFor) {
  const Log log;
  RunningInbox running(rules_for(folder / "inbox"));
  ASSERT_TRUE(running.wait([&] { return !running.inbox.statistics().available; }));
  running.inbox.rescan();
  running.loop.run_for(50ms);
  EXPECT_EQ(log.lines_with("warning"), 1);
  fs::create_directory(folder / "inbox");
  write_file(folder / "inbox/a.pdf", "text");
  ASSERT_TRUE(running.wait_for("a.pdf"));
  EXPECT_TRUE(running.inbox.statistics().available);
}

TEST_F(InboxTest, AVanishedInboxIsAPauseAndItsFilesStayKnown) {
  fs::create_directories(folder / "inbox/sub");
  write_file(folder / "inbox/sub/a.pdf", "text");
  RunningInbox running(rules_for(folder / "inbox"));
  ASSERT_TRUE(running.wait_for("sub/a.pdf"));
  fs::rename(folder / "inbox", folder / "away");
  ASSERT_TRUE(running.wait([&] { return !running.inbox.statistics().available; }));
  write_file(folder / "away/sub/b.pdf", "text");
  fs::rename(folder / "away", folder / "inbox");
  ASSERT_TRUE(running.wait_for("sub/b.pdf"));
  write_file(folder / "inbox/sub/c.pdf", "text");
  ASSERT_TRUE(running.wait_for("sub/c.pdf"));
  EXPECT_THAT(running.names(), ElementsAre("sub/a.pdf", "sub/b.pdf", "sub/c.pdf"));
}

TEST_F(InboxTest, AnotherFolderInItsPlaceIsWatched) {
  fs::create_directory(folder / "inbox");
  fs::create_directory(folder / "other");
  RunningInbox running(rules_for(folder / "inbox"));
  ASSERT_TRUE(running.wait_for_all_before());
  fs::rename(folder / "inbox", folder / "away");
  fs::rename(folder / "other", folder / "inbox");
  write_file(folder / "inbox/a.pdf", "text");
  ASSERT_TRUE(running.wait_for("a.pdf"));
  write_file(folder / "inbox/b.pdf", "text");
  ASSERT_TRUE(running.wait_for("b.pdf"));
}

// --- Events and scans

TEST_F(InboxTest, WithoutEventsTheScanFindsEverything) {
  auto rules = rules_for(folder.path());
  rules.watch = WatchMode::scan;
  rules.rescan = 1s;
  fs::create_directory(folder / "sub");
  RunningInbox running(rules);
  ASSERT_TRUE(running.wait([&] { return running.inbox.statistics().scans > 0; }));
  write_file(folder / "a.pdf", "text");
  write_file(folder / "sub/b.pdf", "text");
  EXPECT_TRUE(running.wait_for("a.pdf"));
  EXPECT_TRUE(running.wait_for("sub/b.pdf"));
  append(folder / "a.pdf", "more");
  EXPECT_TRUE(running.wait_for("a.pdf", 2)) << "a change of a known file is seen without events, too";
}

TEST_F(InboxTest, ABurstThatOverflowsTheKernelsQueueLosesNothing) {
  std::size_t queue_max = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> queue_max;
  if (queue_max == 0 || queue_max > 200'000) GTEST_SKIP() << "queue of " << queue_max;
  fs::create_directory(folder / "sub");
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for_all_before());
  const auto count = queue_max / 2 + 100;  // each file is two events
  for (std::size_t i = 0; i < count; ++i) write_file(folder / ("sub/" + std::to_string(i)), "text");
  ASSERT_TRUE(running.wait([&] { return running.arrivals.size() >= count; }));
  EXPECT_GE(running.inbox.statistics().overflows, 1u);
  ASSERT_TRUE(running.wait_for_all_before());
  std::map<std::string, int> times;
  for (const auto& arrival : running.arrivals) ++times[arrival.name];
  EXPECT_EQ(times.size(), count);
  EXPECT_EQ(running.arrivals.size(), count);
  write_file(folder / "sub/afterwards", "text");
  EXPECT_TRUE(running.wait_for("sub/afterwards")) << "watching goes on";
}

TEST_F(InboxTest, FoldersBeyondTheWatchLimitAreScannedAndOneWarningNamesTheSysctl) {
  for (int i = 0; i < 5; ++i) fs::create_directory(folder / std::to_string(i));
  const auto told = tell_with_limit("max_inotify_watches", 3, [&] {
    const Log log;
    auto rules = rules_for(folder.path());
    rules.rescan = 1s;
    RunningInbox running(rules);
    ASSERT_TRUE(running.wait_for_all_before());
    for (int i = 0; i < 5; ++i) write_file(folder / std::to_string(i) / "a.pdf", "text");
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(running.wait_for(std::to_string(i) + "/a.pdf"));
    EXPECT_EQ(log.lines_with("fs.inotify.max_user_watches"), 1);
  });
  if (told == Told::not_allowed_here) GTEST_SKIP() << "limits cannot be set here";
  EXPECT_EQ(told, Told::well);
}

TEST_F(InboxTest, WithoutInotifyItScansUnlessEventsAreDemanded) {
  write_file(folder / "a.pdf", "text");
  const auto told = tell_with_limit("max_inotify_instances", 0, [&] {
    const Log log;
    auto rules = rules_for(folder.path());
    {
      RunningInbox running(rules);
      EXPECT_TRUE(running.wait_for("a.pdf"));
      EXPECT_EQ(log.lines_with("fs.inotify.max_user_instances"), 1);
    }
    rules.watch = WatchMode::events;
    RunningInbox running(rules);
    ASSERT_TRUE(running.wait([&] { return running.ended; }));
    EXPECT_THROW(std::rethrow_exception(running.failure), std::system_error);
  });
  if (told == Told::not_allowed_here) GTEST_SKIP() << "limits cannot be set here";
  EXPECT_EQ(told, Told::well);
}

TEST_F(InboxTest, AMountInsideIsFoundByTheNextScan) {
  fs::create_directory(folder / "mount");
  const auto told = tell_where_mounting_is_allowed([&] {
    RunningInbox running(folder);
    ASSERT_TRUE(running.wait_for_all_before());
    ASSERT_EQ(::mount("none", (folder / "mount").c_str(), "tmpfs", 0, nullptr), 0);
    write_file(folder / "mount/a.pdf", "text");
    ASSERT_TRUE(running.wait_for_scan());
    ASSERT_TRUE(running.wait_for("mount/a.pdf"));
    write_file(folder / "mount/b.pdf", "text");
    EXPECT_TRUE(running.wait_for("mount/b.pdf")) << "and is watched from then on";
  });
  if (told == Told::not_allowed_here) GTEST_SKIP() << "mounting is not allowed here";
  EXPECT_EQ(told, Told::well);
}

TEST_F(InboxTest, AScanOnRequestFindsWhatNoEventTellsOf) {
  write_file(folder / "a.pdf", "text");
  fs::create_hard_link(folder / "a.pdf", elsewhere / "same");
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for("a.pdf"));
  append(elsewhere / "same", "written through another name");
  ASSERT_TRUE(running.wait_for_all_before());
  EXPECT_EQ(running.arrivals.size(), 1u);
  running.inbox.rescan();
  EXPECT_TRUE(running.wait_for("a.pdf", 2));
}

// --- What cannot be looked at

TEST_F(InboxTest, AFirstLookThatFailsIsMadeAgainSoonAndTold) {
  Log log;
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for_all_before());
  let_looks_fail("a.pdf", EIO, 1);
  write_file(folder / "a.pdf", "text");
  ASSERT_TRUE(running.wait([] { return looks_to_fail() == 0; }));
  ASSERT_TRUE(running.wait([&] { return running.inbox.statistics().unclaimed == 1; }));
  EXPECT_EQ(log.lines_with("a.pdf cannot be looked at: Input/output error"), 1);
  ASSERT_TRUE(running.wait_for("a.pdf"));
  EXPECT_EQ(running.inbox.statistics().unclaimed, 0u);
}

TEST_F(InboxTest, AFolderThatCannotBeListedForAWhileIsListedSoon) {
  if (tests::kSanitizerNeedsDescriptors) GTEST_SKIP() << "the sanitizer cannot do without descriptors";
  fs::create_directory(folder / "sub");
  write_file(folder / "sub/a.pdf", "text");
  const auto told = tell_in_own_process(
      [] { return true; },
      [&] {
        RunningInbox running(folder);
        ASSERT_TRUE(running.wait_for("sub/a.pdf"));
        // As many descriptors as there are: what lies in the folder that comes now cannot be listed.
        write_file(elsewhere / "b.pdf", "text");
        rlimit limit{};
        ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
        const int next = ::dup(0);
        ::close(next);
        const rlimit none{static_cast<rlim_t>(next), limit.rlim_max};
        fs::rename(elsewhere.path(), folder / "came");
        ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
        const bool noticed = running.wait([&] { return !running.inbox.statistics().available; });
        ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
        EXPECT_TRUE(noticed);
        EXPECT_TRUE(running.wait_for("came/b.pdf"));
        fs::rename(folder / "came", elsewhere.path());
      });
  EXPECT_EQ(told, Told::well);
}

// --- Those who are told

TEST_F(InboxTest, WhatTheQueueLetsGoIsReportedAgainWithoutAnyEvent) {
  write_file(folder / "a.pdf", "text");
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for("a.pdf"));
  running.inbox.let_go("a.pdf");
  running.inbox.let_go("never/was.pdf");
  ASSERT_TRUE(running.wait_for("a.pdf", 2));
  ASSERT_TRUE(running.wait_for_all_before());
  EXPECT_EQ(running.arrivals.size(), 2u);
}

TEST_F(InboxTest, WhatTheQueueLetsGoBeforeItHasAnsweredIsReportedAgain) {
  write_file(folder / "a.pdf", "text");
  RunningInbox running(folder);
  running.answer = [&](const Arrival&) {
    if (running.arrivals.empty()) running.inbox.let_go("a.pdf");
    return Reception::in_hand;
  };
  EXPECT_TRUE(running.wait_for("a.pdf", 2));
}

TEST_F(InboxTest, WhatNobodyWorksOnIsCountedUntilItChangesOrGoes) {
  write_file(folder / "left.pdf", "text");
  write_file(folder / "later.pdf", "text");
  RunningInbox running(folder);
  running.answer = [&](const Arrival& arrival) {
    if (arrival.name == "left.pdf") return Reception::left;
    return arrival.name == "later.pdf" ? Reception::later : Reception::in_hand;
  };
  ASSERT_TRUE(running.wait_for("left.pdf"));
  ASSERT_TRUE(running.wait([&] { return running.inbox.statistics().unclaimed == 2; }));
  ASSERT_TRUE(running.wait_for_scan());
  EXPECT_EQ(running.inbox.statistics().unclaimed, 2u) << "a scan finds them as they were";
  EXPECT_EQ(std::ranges::count(running.arrivals, "left.pdf", &Arrival::name), 1);
  running.answer = [](const Arrival&) { return Reception::in_hand; };
  append(folder / "left.pdf", ", changed");
  ASSERT_TRUE(running.wait_for("left.pdf", 2));
  EXPECT_TRUE(running.wait([&] { return running.inbox.statistics().unclaimed == 0; }));
}

TEST_F(InboxTest, AFileThatTheQueueDidNotTakeIsReportedAgain) {
  write_file(folder / "a.pdf", "text");
  RunningInbox running(folder);
  running.answer = [&](const Arrival&) {
    return running.arrivals.empty() ? Reception::later : Reception::in_hand;
  };
  ASSERT_TRUE(running.wait_for("a.pdf", 2));
  ASSERT_TRUE(running.wait_for_all_before());
  EXPECT_EQ(running.arrivals.size(), 2u);
}

TEST_F(InboxTest, StopEndsItAlsoWithManyFilesWaiting) {
  for (int i = 0; i < 300; ++i) write_file(folder / std::to_string(i), "text");
  RunningInbox running(folder);
  running.answer = [&](const Arrival&) {
    running.inbox.stop();
    return Reception::in_hand;
  };
  ASSERT_TRUE(running.wait([&] { return running.ended; }));
  EXPECT_EQ(running.arrivals.size(), 1u);
  EXPECT_FALSE(running.failure);
}

TEST_F(InboxTest, StopBeforeItRunsEndsItAtOnce) {
  RunningInbox running(folder);
  running.inbox.stop();
  EXPECT_TRUE(running.wait([&] { return running.ended; }));
  EXPECT_FALSE(running.failure);
}

TEST_F(InboxTest, StopEndsItDuringAScan) {
  for (int i = 0; i < 50; ++i) fs::create_directory(folder / std::to_string(i));
  RunningInbox running(folder);
  running.loop.poll();  // the scan has begun and waits for the file pool
  running.inbox.stop();
  EXPECT_TRUE(running.wait([&] { return running.ended; }));
  EXPECT_FALSE(running.failure);
}

TEST_F(InboxTest, CancellingTheCoroutineEndsIt) {
  RunningInbox running(folder);
  ASSERT_TRUE(running.wait_for_all_before());
  running.cancellation.emit(asio::cancellation_type::terminal);
  EXPECT_TRUE(running.wait([&] { return running.ended; }));
}

TEST_F(InboxTest, WhatTheQueueThrowsEndsIt) {
  write_file(folder / "a.pdf", "text");
  RunningInbox running(folder);
  running.answer = [](const Arrival&) -> Reception { throw std::runtime_error("the queue is damaged"); };
  ASSERT_TRUE(running.wait([&] { return running.ended; }));
  EXPECT_THROW(std::rethrow_exception(running.failure), std::runtime_error);
}

}  // namespace
}  // namespace chunkrd::inbox
