#include "cli/job_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/errors.h"
#include "outbox/manifest.h"
#include "queue/sqlite/sqlite_store.h"
#include "tests/support/temporary_folder.h"

namespace chunkrd::cli {
namespace {

namespace fs = std::filesystem;
using queue::Job;
using queue::State;
using ::testing::HasSubstr;

class JobNames : public ::testing::Test {
 protected:
  JobNames() {
    config::Inbox inbox;
    for (auto [path, name] :
         {std::pair{&inbox.path, "in"}, {&inbox.outbox, "out"}, {&inbox.failed, "failed"}})
      fs::create_directories(*path = folder / name);
    inbox.archive = folder / "archive";
    fs::create_directories(*inbox.archive);
    settings.inboxes.push_back(inbox);
  }

  Job job(std::string id, std::string name) const {
    Job made;
    made.id = std::move(id);
    made.inbox = settings.inboxes.front().path.native();
    made.name = std::move(name);
    made.source_identity = made.id;
    made.state = State::done;
    return made;
  }

  // Delivered, with a manifest for these endings.
  void add_delivered(Job made, std::string as, const std::vector<std::string>& endings,
                     outbox::Layout layout = outbox::Layout::flat) {
    outbox::Manifest manifest;
    manifest.origin.job_id = made.id;
    manifest.layout = layout;
    manifest.base = as;
    for (const auto& ending : endings) manifest.files.push_back({ending, "part" + ending, "", 0});
    const fs::path manifests = settings.inboxes.front().outbox / ".chunkrd" / "manifests";
    fs::create_directories(manifests);
    std::ofstream(manifests / (made.id + ".json")) << to_json(manifest);
    made.delivered_name = std::move(as);
    add(made);
  }

  void add(const Job& made) {
    const std::vector<queue::Change> changes{queue::Insertion{made, {"found", ""}}};
    ASSERT_TRUE(store.apply(changes, WallTime{}).front());
  }

  std::string id_of(const std::string& name) { return job_named(store, settings, name).id; }
  std::string below(const char* name) const { return (folder / name).native(); }

  std::pair<ExitCode, std::string> refusal(const std::string& name) {
    try {
      return {ExitCode::ok, id_of(name)};
    } catch (const UserError& error) {
      return {error.code(), error.what()};
    }
  }

  tests::TemporaryFolder folder;
  config::Settings settings;
  queue::SqliteStore store{folder / "queue.sqlite"};
};

TEST_F(JobNames, AreNamesAsJobsPrintsThem) {
  add(job("01aa", "sub/two \xFF.txt"));
  EXPECT_EQ(id_of("sub/two %FF.txt"), "01aa");
  add(job("01ab", "report.pdf"));
  EXPECT_EQ(id_of("report.pdf"), "01ab");
}

TEST_F(JobNames, OfSeveralInboxesAreTold) {
  add(job("01aa", "report.pdf"));
  config::Inbox other = settings.inboxes.front();
  other.path = folder / "in2";
  settings.inboxes.push_back(other);
  Job second = job("01ab", "report.pdf");
  second.inbox = other.path.native();
  add(second);
  const auto [code, text] = refusal("report.pdf");
  EXPECT_EQ(code, ExitCode::usage);
  EXPECT_THAT(text, HasSubstr("several inboxes had a document of this name"));
}

TEST_F(JobNames, AreIdsAndTheirBeginningsInEitherCase) {
  add(job("01aa", "a.pdf"));
  add(job("01ab", "b.pdf"));
  EXPECT_EQ(id_of("01aa"), "01aa");
  EXPECT_EQ(id_of("01AB"), "01ab");
  add(job("01abc", "c.pdf"));
  EXPECT_EQ(id_of("01abc"), "01abc");
}

TEST_F(JobNames, ThatFitSeveralAreRefusedWithTheCandidates) {
  for (int i = 10; i < 22; ++i) add(job("01a" + std::to_string(i), "report " + std::to_string(i)));
  const auto [code, text] = refusal("01a");
  EXPECT_EQ(code, ExitCode::usage);
  EXPECT_THAT(text, HasSubstr("several ids begin so"));
  EXPECT_THAT(text, HasSubstr("\n  01a21  done  report 21"));
  EXPECT_THAT(text, HasSubstr("... and more"));
}

TEST_F(JobNames, ThatFitNothingAreRefused) {
  for (const std::string name : {"01zz", "", "nothing.pdf", "/etc/passwd", "a\nb"}) {
    const auto [code, text] = refusal(name);
    EXPECT_EQ(code, ExitCode::no_input) << name;
    EXPECT_EQ(text.find('\n'), std::string::npos) << "a control character in a message";
  }
}

TEST_F(JobNames, ArePathsOfDocumentsInTheInboxEvenWhenTheyHaveGone) {
  add(job("01aa", "sub/\xFF.pdf"));
  Job later = job("01ab", "sub/\xFF.pdf");
  add(later);
  EXPECT_EQ(id_of(below("in") + "/sub/\xFF.pdf"), "01ab") << "the latest of that name";
  EXPECT_EQ(id_of(below("in") + "/./x/../sub/\xFF.pdf"), "01ab");
}

TEST_F(JobNames, ArePathsOfResultsAsTheManifestHasThem) {
  add_delivered(job("01aa", "a.pdf"), "a.pdf", {".json", ".md", ".chunks.ndjson"});
  add_delivered(job("01ab", "a.pdf"), "a~1a2b3c4d.pdf", {".json"});
  add_delivered(job("01ac", "a"), "a", {".json"});
  EXPECT_EQ(id_of(below("out") + "/a.pdf.json"), "01aa");
  EXPECT_EQ(id_of(below("out") + "/a.pdf.chunks.ndjson"), "01aa");
  EXPECT_EQ(id_of(below("out") + "/a~1a2b3c4d.pdf.json"), "01ab");
  EXPECT_EQ(id_of(below("out") + "/a.json"), "01ac");
  EXPECT_EQ(refusal(below("out") + "/a.pdf.html").first, ExitCode::no_input) << "nobody delivered that";
}

TEST_F(JobNames, ArePathsOfFoldersAndFilesWithLayoutFolder) {
  add_delivered(job("01aa", "a.pdf"), "a.pdf", {".json", ".md"}, outbox::Layout::folder);
  EXPECT_EQ(id_of(below("out") + "/a.pdf"), "01aa");
  EXPECT_EQ(id_of(below("out") + "/a.pdf/a.pdf.md"), "01aa");
}

TEST_F(JobNames, ArePathsOfOriginalsAndReports) {
  Job failed = job("01aa", "a.pdf");
  failed.state = State::failed;
  failed.original_name = "a~1a2b3c4d.pdf";
  add(failed);
  Job archived = job("01ab", "b.pdf");
  archived.original_name = "b.pdf";
  add(archived);
  Job old = job("01ac", "c.pdf");
  add(old);
  EXPECT_EQ(id_of(below("failed") + "/a~1a2b3c4d.pdf"), "01aa");
  EXPECT_EQ(id_of(below("failed") + "/a~1a2b3c4d.pdf.error.json"), "01aa");
  EXPECT_EQ(id_of(below("archive") + "/b.pdf"), "01ab");
  Job in_other_folder = job("01ad", "x/in.pdf");
  in_other_folder.original_name = "x~folder/in.pdf";
  add(in_other_folder);
  EXPECT_EQ(id_of(below("archive") + "/x~folder/in.pdf"), "01ad") << "a file has the folder's name there";
  EXPECT_EQ(id_of(below("archive") + "/c.pdf"), "01ac") << "from before names on the shelf were noted";
  EXPECT_EQ(refusal(below("failed") + "/a.pdf").first, ExitCode::no_input) << "another document's";
}

TEST_F(JobNames, OfSeveralJobsAreFoundOnceEachOrNotAtAll) {
  add(job("01aa", "a.pdf"));
  add(job("01ab", "b.pdf"));
  const std::vector<std::string> names{"01ab", "01aa", below("in") + "/b.pdf"};
  const auto jobs = jobs_named(store, settings, names);
  ASSERT_EQ(jobs.size(), 2U);
  EXPECT_EQ(jobs[0].id, "01ab");
  EXPECT_THROW(jobs_named(store, settings, std::vector<std::string>{"01aa", "nope"}), UserError);
}

}  // namespace
}  // namespace chunkrd::cli
