#include "cli/whereabouts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "outbox/folder.h"
#include "tests/support/temporary_folder.h"

namespace chunkrd::cli {
namespace {

namespace fs = std::filesystem;
using queue::State;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Whereabouts : public ::testing::Test {
 protected:
  Whereabouts() {
    settings.state = folder / "state";
    config::Inbox inbox;
    inbox.path = folder / "in";
    inbox.outbox = folder / "out";
    inbox.failed = folder / "failed";
    inbox.archive = folder / "archive";
    settings.inboxes.push_back(inbox);
    job.id = "01aa";
    job.inbox = inbox.path.native();
    job.name = "a.pdf";
  }

  void make(const std::string& name) {
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name) << "x";
  }
  std::vector<std::string> found() {
    std::vector<std::string> lines;
    for (const auto& [what, path] : whereabouts(job, settings))
      lines.push_back(std::string(what) + " " + path.lexically_relative(folder.path()).native());
    return lines;
  }

  tests::TemporaryFolder folder;
  config::Settings settings;
  queue::Job job;
};

TEST_F(Whereabouts, AreOnlyWhatExists) {
  job.state = State::ready;
  EXPECT_THAT(found(), IsEmpty());
  make("in/a.pdf");  // another document by now
  make("state/spool/01aa");
  make("archive/a.pdf");
  EXPECT_THAT(found(), ElementsAre("spool state/spool/01aa"));
}

TEST_F(Whereabouts, OfADocumentThatIsToBeTakenAreTheInbox) {
  job.state = State::claiming;
  make("in/a.pdf");
  EXPECT_THAT(found(), ElementsAre("inbox in/a.pdf"));
}

TEST_F(Whereabouts, OfAFailedOneAreOriginalAndReport) {
  job.state = State::failed;
  job.original_name = "a~ab.pdf";
  make("failed/a.pdf");
  make("failed/a~ab.pdf");
  make("failed/a~ab.pdf.error.json");
  EXPECT_THAT(found(), ElementsAre("failed failed/a~ab.pdf", "report failed/a~ab.pdf.error.json"));
}

TEST_F(Whereabouts, AreFoundBelowPathsThatAreLongerThanTheSystemTakes) {
  const std::vector<std::string> folders(18, std::string(250, 'x'));
  for (const std::string& each : folders) job.original_name += each + '/';
  job.original_name += "a.pdf";
  job.state = State::failed;
  fs::create_directories(folder / "failed");
  const auto deep = outbox::Folder(folder / "failed").below(folders);
  (void)deep.create("a.pdf");
  (void)deep.create("a.pdf.error.json");
  std::vector<std::string_view> kinds;
  for (const auto& [what, path] : whereabouts(job, settings)) kinds.push_back(what);
  EXPECT_THAT(kinds, ElementsAre("failed", "report"));
  outbox::Folder(folder.path()).remove_tree("failed");
}

TEST_F(Whereabouts, OfAnInboxThatIsGoneFromTheConfigurationAreNotGuessed) {
  job.inbox = "/gone";
  make("state/spool/01aa");
  EXPECT_THAT(found(), IsEmpty());
}

}  // namespace
}  // namespace chunkrd::cli
