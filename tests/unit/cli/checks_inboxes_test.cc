#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cli/checks.h"
#include "cli/open_queue.h"
#include "inbox/tree.h"
#include "tests/support/temporary_folder.h"

namespace chunkrd::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class CheckingInboxes : public ::testing::Test {
 protected:
  CheckingInboxes() {
    settings.state = folder / "state";
    config::Inbox inbox;
    inbox.path = folder / "inbox";
    inbox.archive = folder / "archive";
    settings.inboxes.push_back(inbox);
    for (const auto& path : {settings.state, inbox.path}) fs::create_directories(path);
  }

  void drop(const std::string& name) { std::ofstream(settings.inboxes[0].path / name) << "a document"; }

  void add_row(const std::string& name, queue::State state) {
    queue::Job job;
    job.id = "job-" + name;
    job.inbox = settings.inboxes[0].path.native();
    job.name = name;
    const auto tree = inbox::Tree::open(job.inbox);
    const auto root = tree->folder("");
    job.source_identity = inbox::look(root->get(), name, name).identity.text();
    job.state = state;
    job.settings = "{}";
    queue::SqliteStore store(queue_file(settings));
    const std::vector<queue::Change> one{queue::Insertion{job, {"found", ""}}};
    ASSERT_TRUE(store.apply(one, WallTime()).front());
  }

  /// "warning text", a line for each finding.
  std::string found() {
    Findings findings;
    check_inboxes(settings, findings);
    std::string text;
    for (const Finding& finding : findings)
      text += fmt::format("{} {}\n", to_string(finding.level), finding.text);
    return text;
  }

  tests::TemporaryFolder folder;
  config::Settings settings;
};

TEST_F(CheckingInboxes, FindsNothingWhereEverythingIsInHandOrNew) {
  drop("a.pdf");
  drop("b.pdf");
  add_row("b.pdf", queue::State::claiming);
  EXPECT_EQ(found(), "ok inboxes[0]: everything there is in hand, or has just come (1)\n");
}

TEST_F(CheckingInboxes, NamesWhatLiesThereAlthoughItsDocumentHasEnded) {
  drop("a.pdf");
  add_row("a.pdf", queue::State::failed);
  EXPECT_THAT(found(),
              AllOf(HasSubstr("warning inboxes[0]: "), HasSubstr("inbox/a.pdf: lies there although")));
  settings.inboxes[0].originals = config::Originals::keep;
  EXPECT_EQ(found(), "ok inboxes[0]: everything there is in hand\n");
}

TEST_F(CheckingInboxes, NamesWhatNobodyHasTakenInTime) {
  settings.inboxes[0].settle = std::chrono::milliseconds(0);
  settings.inboxes[0].rescan = -std::chrono::seconds(60);  // as if it had been there for long
  drop("a.pdf");
  add_row("a.pdf", queue::State::vanished);
  drop("b.pdf");
  drop("c.pdf");
  const std::ofstream writer(settings.inboxes[0].path / "c.pdf", std::ios::app);
  EXPECT_THAT(found(), AllOf(HasSubstr(" and 1 more: waits for the daemon"),
                             HasSubstr("c.pdf: is not taken while somebody has it open for writing")));
}

TEST_F(CheckingInboxes, SaysThatOthersFilesInAStickyFolderCannotBeTaken) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to have somebody else's files";
  ASSERT_EQ(::chown(settings.state.c_str(), 65534, 65534), 0);  // the daemon's user
  ASSERT_EQ(::chmod(settings.inboxes[0].path.c_str(), 01777), 0);
  EXPECT_THAT(found(), HasSubstr("warning inboxes[0]: " + settings.inboxes[0].path.native()));
  drop("theirs.pdf");
  drop("ours.pdf");
  ASSERT_EQ(::chown((settings.inboxes[0].path / "ours.pdf").c_str(), 65534, 65534), 0);
  EXPECT_THAT(found(), AllOf(HasSubstr("error inboxes[0]: "),
                             HasSubstr("theirs.pdf: may not be moved by the daemon")));
  settings.inboxes[0].originals = config::Originals::keep;
  EXPECT_THAT(found(), HasSubstr("ok inboxes[0]"));
}

}  // namespace
}  // namespace chunkrd::cli
