#include "pipeline/place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "pipeline/link.h"
#include "tests/support/temporary_folder.h"

namespace chunkrd::pipeline {
namespace {

queue::Job named(std::string name) {
  queue::Job job;
  job.name = std::move(name);
  job.tag = "0123456789abcdefghij";
  return job;
}

std::string sent_name(const std::string& name) {
  return submitted_name(named(name), taskapi::LocalFile{}).value();
}

TEST(SubmittedName, CarriesTheTagAndTheTrueEnding) {
  EXPECT_EQ(sent_name("report.pdf"), "report-0123456789abcdefghij.pdf");
  EXPECT_EQ(sent_name("a/b/report.PDF"), "report-0123456789abcdefghij.pdf");
  EXPECT_EQ(sent_name("report"), "report-0123456789abcdefghij");
  EXPECT_EQ(sent_name("archive.tar.gz"), "archive_tar-0123456789abcdefghij.gz");
  EXPECT_EQ(sent_name("ends with a dot."), "ends_with_a_dot-0123456789abcdefghij");
}

TEST(SubmittedName, IsPlainAsciiAndShortWhateverTheNameIs) {
  const std::string names[] = {"\xc3\xbc\xc3\xb1.pdf",
                               "\xff\xfe\n\t\"'.p\ndf",
                               "-rf ..;x.docx",
                               std::string(255, 'x'),
                               "a." + std::string(253, 'y'),
                               ".hidden",
                               "..."};
  for (const std::string& name : names) {
    const std::string sent = sent_name(name);
    EXPECT_LE(sent.size(), 80u) << name;
    EXPECT_NE(sent.find("0123456789abcdefghij"), std::string::npos);
    for (const char c : sent) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                         c == '_' || c == '-' || c == '.';
      EXPECT_TRUE(plain) << name << " became " << sent;
    }
  }
}

class PlaceTest : public testing::Test {
 protected:
  Place make(config::Inbox inbox) {
    for (const char* name : {"inbox", "state"}) std::filesystem::create_directories(folder_.path() / name);
    inbox.path = folder_.path() / "inbox";
    inbox.outbox = folder_.path() / "outbox";
    inbox.failed = folder_.path() / "failed";
    inbox.archive = folder_.path() / "archive";
    return Place(inbox, folder_.path() / "state");
  }

 protected:
  tests::TemporaryFolder folder_;
};

std::vector<std::string> gone_in(const Place& place) {
  std::vector<std::string> names;
  for (const auto& gone : place.gone) names.push_back(gone.folder.filename());
  return names;
}

TEST_F(PlaceTest, IsMadeWhateverIsWrongWithItsFolders) {
  namespace fs = std::filesystem;
  using ::testing::ElementsAre;
  const fs::path root = folder_.path();
  EXPECT_THAT(gone_in(make({})), ElementsAre());
  for (const char* name : {"outbox", "failed"}) {
    fs::remove_all(root / name);
    std::ofstream(root / name) << "a file";
  }
  fs::rename(root / "state/spool", root / "state/away");
  EXPECT_THAT(gone_in(make({})), ElementsAre("spool", "outbox", "failed"));
  config::Inbox missing;
  missing.path = root / "not-mounted/inbox";
  missing.outbox = root / "not-mounted/outbox";
  missing.failed = root / "not-mounted/failed";
  missing.archive = root / "not-mounted/archive";
  const Place place(missing, root / "state");
  EXPECT_THAT(gone_in(place), ElementsAre("inbox", "spool", "outbox", "failed", "archive"));
  EXPECT_FALSE(fs::exists(root / "not-mounted"));
  EXPECT_THROW((void)place.open_outbox(), FolderGone);
}

TEST_F(PlaceTest, TheFirstFolderBelowTheInboxChoosesTheProfile) {
  config::Inbox inbox;
  inbox.folders = {{"invoices", "accurate"}};
  const Place place = make(inbox);
  EXPECT_EQ(place.profile_of("x.pdf"), "default");
  EXPECT_EQ(place.profile_of("invoices/x.pdf"), "accurate");
  EXPECT_EQ(place.profile_of("invoices/2025/x.pdf"), "accurate");
  EXPECT_EQ(place.profile_of("other/invoices/x.pdf"), "default");
  EXPECT_EQ(place.profile_of("invoices"), "default") << "a file of that name";
  EXPECT_EQ(place.profile_of("invoicesx/x.pdf"), "default");
}

TEST_F(PlaceTest, TakesEverythingUnlessTypesAreNamed) {
  const Place any = make({});
  EXPECT_TRUE(any.takes("x"));
  EXPECT_TRUE(any.takes("x.exe"));
  config::Inbox inbox;
  inbox.types = {"pdf", "png"};
  const Place some = make(inbox);
  EXPECT_TRUE(some.takes("x.pdf"));
  EXPECT_TRUE(some.takes("a/x.PDF"));
  EXPECT_FALSE(some.takes("x.docx"));
  EXPECT_FALSE(some.takes("pdf"));
  EXPECT_FALSE(some.takes("x."));
  EXPECT_FALSE(some.takes(".pdf"));
  EXPECT_FALSE(some.takes("x.pdf.part"));
}

}  // namespace
}  // namespace chunkrd::pipeline
