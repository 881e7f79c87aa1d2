// A queue that cannot be used for a while: its disk is full or takes no writes, or another program holds it.
#include <SQLiteCpp/Database.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <future>

#include "core/fd.h"
#include "tests/system/harness/command.h"
#include "tests/system/harness/installation.h"
#include "tests/unit/inbox/own_world.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using inbox::Told;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// Answers late: what is under way when the queue stops is known to the service before it is known here.
const std::string kLateAnswers =
    "- match: {operation: create}\n  do: {delay: 1s}\n- do: {parse: {instead: text}}\n";

class QueuePause : public ::testing::Test {
 protected:
  void start(const std::string& rules = kLateAnswers) {
    home.top_level = "shutdown_timeout: 3s";
    home.start_service(rules);
    home.start_daemon();
  }

  Ran chunkrd(std::vector<std::string> arguments) { return home.command(std::move(arguments)); }

  void drop_and_wait_until_submitting(const std::vector<std::string>& names) {
    for (const std::string& name : names) home.drop(name, "content of " + name);
    for (const std::string& name : names)
      ASSERT_TRUE(eventually([&] {
        return chunkrd({"show", "--json", (home.inbox / name).native()}).out.find("\"submitting\"") !=
               std::string::npos;
      })) << name
          << home.daemon_log();
  }

  // By this thread: a daemon ends with the one that has started it.
  void start_while(const std::function<void()>& meanwhile) {
    auto other = std::async(std::launch::async, meanwhile);
    home.start_daemon();
    other.get();
  }

  bool ready_page_says(const std::string& text) {
    return eventually([&] { return home.get_from_daemon("/readyz").body.find(text) != std::string::npos; },
                      std::chrono::seconds(20));
  }

  // Everybody who can be asked.
  void expect_told_everywhere(const std::string& why) {
    ASSERT_TRUE(ready_page_says("submits are paused: queue: ")) << home.daemon_log();
    EXPECT_THAT(home.get_from_daemon("/readyz").body, HasSubstr(why));
    EXPECT_EQ(home.get_from_daemon("/healthz").status, 200);
    EXPECT_EQ(home.metric("chunkrd_paused{reason=\"queue\"}"), 1);
    EXPECT_TRUE(eventually([&] {
      const std::string page = home.get_from_daemon("/").body;
      return page.find("chunkrd is paused") != std::string::npos && page.find(why) != std::string::npos;
    })) << home.get_from_daemon("/").body;
    EXPECT_THAT(chunkrd({"status"}).out, AllOf(HasSubstr("queue since"), HasSubstr(why)));
    const auto told = json::parse(chunkrd({"status", "--json"}).out).at("daemon").at("pauses").as_array();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told.front().at("cause"), "queue");
    EXPECT_THAT(home.daemon_log(), HasSubstr("submits paused (queue): "));
  }

  void expect_over() {
    EXPECT_TRUE(eventually([&] { return home.get_from_daemon("/readyz").body == "ready\n"; }))
        << home.get_from_daemon("/readyz").body;
    EXPECT_EQ(home.metric("chunkrd_paused{reason=\"queue\"}"), 0);
    EXPECT_EQ(home.metric("chunkrd_pauses_total{reason=\"queue\"}"), 1);
    EXPECT_THAT(chunkrd({"status"}).out, Not(HasSubstr("queue since")));
  }

  void expect_each_delivered_and_paid_once(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      EXPECT_TRUE(eventually([&] { return fs::exists(home.outbox / (name + ".json")); }))
          << home.daemon_log();
      EXPECT_EQ(home.tasks_by_document()[name].created, 1) << name;
    }
    EXPECT_TRUE(files_below(home.failed).empty());
  }

  Installation home;
};

// The state folder on a disk of its own, which has room for little.
class SmallDisk : public QueuePause {
 protected:
  void tell(const std::string& size, const std::function<void()>& story) {
    const Told told = inbox::tell_where_mounting_is_allowed([&] {
      if (::mount("none", home.state.c_str(), "tmpfs", 0, size.c_str()) != 0)
        throw std::system_error(errno, std::generic_category(), "mount");
      story();
    });
    if (told == Told::not_allowed_here) GTEST_SKIP() << "mounting is not allowed here";
    EXPECT_EQ(told, Told::well);
  }

  void fill() {
    filler_ = FileDescriptor(::open((home.state / "filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const std::string page(4096, 'x');
    while (::write(filler_.get(), page.data(), page.size()) > 0) continue;
    ASSERT_EQ(errno, ENOSPC);
  }
  void free() {
    fs::remove(home.state / "filler");
    filler_ = {};
  }

 private:
  FileDescriptor filler_;
};

TEST_F(SmallDisk, ThatIsFullIsAPauseAndNothingIsLostOrPaidAgain) {
  tell("size=4m", [this] {
    start();
    drop_and_wait_until_submitting({"a.txt", "b.txt"});
    fill();
    expect_told_everywhere("disk is full: 0 bytes free on " + home.state.native());
    home.drop("c.txt", "content of c.txt");
    free();
    expect_each_delivered_and_paid_once({"a.txt", "b.txt", "c.txt"});
    expect_over();
    EXPECT_EQ(home.stop_daemon()->exit_code, 0);
  });
}

TEST_F(SmallDisk, ThatIsFullDoesNotKeepTheDaemonFromItsEndNorTheNextFromItsStart) {
  tell("size=4m", [this] {
    start();
    drop_and_wait_until_submitting({"a.txt", "b.txt"});
    fill();
    ASSERT_TRUE(ready_page_says("submits are paused: queue: ")) << home.daemon_log();
    const auto ended = home.stop_daemon(std::chrono::seconds(5));
    ASSERT_TRUE(ended) << "it waits longer than shutdown_timeout";
    EXPECT_EQ(ended->exit_code, 0);
    EXPECT_THAT(home.daemon_log(), HasSubstr("stopped: nothing is running any more"));
    start_while([&] {
      EXPECT_TRUE(eventually([&] {
        try {
          return home.get_from_daemon("/readyz").body.find("starting: the queue's disk is full") !=
                 std::string::npos;
        } catch (const std::runtime_error&) {
          return false;
        }
      })) << home.daemon_log();
      EXPECT_THAT(chunkrd({"status"}).out, HasSubstr("the queue's disk is full"));
      free();
    });
    expect_each_delivered_and_paid_once({"a.txt", "b.txt"});
  });
}

TEST_F(SmallDisk, WithoutRoomForAnotherFileIsWaitedForByAStart) {
  tell("nr_inodes=64", [this] {
    start("- do: {parse: {instead: text}}\n");
    ASSERT_EQ(home.stop_daemon()->exit_code, 0);
    int made = 0;
    while (FileDescriptor(
        ::open((home.state / fmt::format("filler{}", made)).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)))
      ++made;
    start_while([&] {
      EXPECT_TRUE(home.wait_for_log("the start waits for the queue: the queue's disk is full: "));
      EXPECT_THAT(home.daemon_log(), HasSubstr(" and no files free on "));
      for (int i = 0; i < made; ++i) fs::remove(home.state / fmt::format("filler{}", i));
    });
  });
}

TEST_F(QueuePause, AnotherProgramThatHoldsItIsToldByNameAndWaitedFor) {
  start();
  drop_and_wait_until_submitting({"a.txt", "b.txt"});
  {
    SQLite::Database other((home.state / "queue.sqlite").native(), SQLite::OPEN_READWRITE, 10'000);
    other.exec("BEGIN EXCLUSIVE");
    expect_told_everywhere("the queue is locked by another program");
    EXPECT_THAT(home.get_from_daemon("/readyz").body, HasSubstr(fmt::format(", pid {})", ::getpid())));
    other.exec("ROLLBACK");
  }
  expect_each_delivered_and_paid_once({"a.txt", "b.txt"});
  expect_over();
}

TEST_F(QueuePause, AnotherProgramThatHoldsItDoesNotKeepTheDaemonFromItsEnd) {
  start();
  drop_and_wait_until_submitting({"a.txt"});
  SQLite::Database other((home.state / "queue.sqlite").native(), SQLite::OPEN_READWRITE, 10'000);
  other.exec("BEGIN EXCLUSIVE");
  ASSERT_TRUE(ready_page_says("submits are paused: queue: ")) << home.daemon_log();
  const auto ended = home.stop_daemon(std::chrono::seconds(5));
  ASSERT_TRUE(ended) << "it waits longer than shutdown_timeout";
  EXPECT_EQ(ended->exit_code, 0);
  start_while([&] {
    EXPECT_TRUE(home.wait_for_log("the start waits for the queue: the queue is locked by another program"));
    other.exec("ROLLBACK");
  });
  expect_each_delivered_and_paid_once({"a.txt"});
}

// As after an error of the disk the kernel mounts it.
TEST_F(QueuePause, ADiskThatTakesNoWritesIsWaitedFor) {
  if (!fs::exists("/usr/bin/strace")) GTEST_SKIP() << "needs strace";
  for (const std::string error : {"EROFS", "EIO"}) {
    SCOPED_TRACE(error);
    Installation here;
    here.start_service("- do: {parse: {instead: text}}\n");
    here.start_daemon();
    // Whatever is written to its log from now on, for two seconds.
    Process fault({"/usr/bin/strace", "-qq", "-f", "-o", "/dev/null", "-p",
                   std::to_string(here.daemon().pid()), "-P", here.state / "queue.sqlite-wal", "-e",
                   "trace=pwrite64,fdatasync,fsync", "-e", "inject=pwrite64,fdatasync,fsync:error=" + error},
                  here.folder() / "strace.log");
    here.drop("a.txt", "A.");
    ASSERT_TRUE(here.wait_for_log("the queue's disk takes no writes")) << here.daemon_log();
    fault.signal(SIGINT);
    ASSERT_TRUE(fault.wait(std::chrono::seconds(10)));
    EXPECT_TRUE(here.wait_for_ends(1)) << here.daemon_log();
    EXPECT_EQ(here.tasks_by_document()["a.txt"].created, 1);
    EXPECT_EQ(here.stop_daemon()->exit_code, 0);
  }
}

}  // namespace
}  // namespace chunkrd::tests
