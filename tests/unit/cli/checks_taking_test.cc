#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "cli/checks.h"
#include "cli/daemon_status.h"
#include "cli/open_queue.h"
#include "cli/state_lock.h"
#include "queue/store.h"
#include "tests/support/temporary_folder.h"

namespace chunkrd::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class CheckingTheWayIn : public ::testing::Test {
 protected:
  CheckingTheWayIn() {
    settings.state = folder / "state";
    config::Inbox inbox;
    inbox.path = folder / "inbox";
    inbox.archive = folder / "archive";
    settings.inboxes.push_back(inbox);
    for (const auto& path : {settings.state, inbox.path}) fs::create_directories(path);
  }

  std::string in_state() const { return (settings.state / "spool").native(); }
  std::string beside() const { return (settings.inboxes.front().path / ".chunkrd/spool").native(); }

  // A daemon, which a sandbox shows other mounts than us, has told where it takes documents to.
  void tell(const std::string& spool) {
    DaemonStatus status;
    status.inboxes.push_back({settings.inboxes.front().path.native(), 0, spool});
    queue::SqliteStore(queue_file(settings)).set_note(DaemonStatus::kNote, to_json(status));
  }

  std::string told() {
    Findings findings;
    check_taking(settings, findings);
    EXPECT_EQ(findings.size(), 1U);
    return findings.empty() ? "" : findings.front().text;
  }

  tests::TemporaryFolder folder;
  config::Settings settings;
};

TEST_F(CheckingTheWayIn, SaysWhatTheDaemonThatRunsDoes) {
  tell(beside());
  const StateLock running(settings.state);
  EXPECT_THAT(told(), EndsWith("documents are moved into " + beside() + " by a rename"));
  tell(in_state());
  EXPECT_THAT(told(), EndsWith("documents are moved into " + in_state() + " by a rename"));
}

TEST_F(CheckingTheWayIn, WithoutADaemonPromisesNoMoreThanCanBeSeenFromHere) {
  EXPECT_THAT(told(), AllOf(HasSubstr("moved into " + in_state()), HasSubstr("or into " + beside() + " if")));
  tell(beside());  // of a daemon that runs no more
  EXPECT_THAT(told(), HasSubstr("moved into " + in_state()));
}

TEST_F(CheckingTheWayIn, SeesThatStateLiesOnAnotherMount) {
  settings.state = "/dev/shm";
  EXPECT_THAT(told(), AllOf(HasSubstr("moved into " + beside()), HasSubstr("another mount")));
}

TEST_F(CheckingTheWayIn, OriginalsThatStayAreCopied) {
  settings.inboxes.front().originals = config::Originals::keep;
  EXPECT_THAT(told(), EndsWith("copied into " + in_state() + ", originals stay"));
}

}  // namespace
}  // namespace chunkrd::cli
