#include "pipeline/original.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "core/durable.h"
#include "core/sha256.h"
#include "inbox/tree.h"
#include "tests/support/fuse_mount.h"
#include "tests/support/temporary_folder.h"

namespace chunkrd::pipeline {
namespace {

namespace fs = std::filesystem;
using lifecycle::Destined;
using lifecycle::Returned;
using lifecycle::Stored;
using queue::Job;
using queue::State;

const char* const kId = "01hzzzzzzz0123456789abcdef";

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A document in the spool, as it is after its claim.
class OriginalTest : public testing::Test {
 protected:
  OriginalTest() {
    for (const char* name : {"inbox", "state"}) fs::create_directory(home_.path() / name);
  }

  Place place(config::Originals originals = config::Originals::archive) const {
    config::Inbox inbox;
    inbox.path = home_.path() / "inbox";
    inbox.outbox = home_.path() / "outbox";
    inbox.failed = home_.path() / "failed";
    inbox.archive = home_.path() / "archive";
    inbox.originals = originals;
    return Place(inbox, home_.path() / "state");
  }

  // In the way of take_in() and claim.
  Job claimed(const Place& place, const std::string& text, State state = State::delivered) const {
    write(place.rules.path / "report.pdf", text);
    Job job;
    job.id = kId;
    job.inbox = place.rules.path.native();
    job.name = "report.pdf";
    const auto identity = inbox::look(AT_FDCWD, (place.rules.path / job.name).native(), {}).identity;
    job.source_identity = identity.text();
    job.spool = place.spool.folder().native();
    job.took = place.spool.copies() ? queue::Took::copied : queue::Took::moved;
    EXPECT_EQ(place.spool.take(job.name, identity, job.id), inbox::Taken::taken);
    job.state = state;
    const auto reading = original::read(place, job, 1 << 20);
    EXPECT_FALSE(reading.changed);
    job.sha256 = reading.digest.sha256;
    job.size_bytes = reading.digest.size_bytes;
    job.spooled = reading.identity;
    return job;
  }

  // As the pipeline does: where it is bound for is in its row first.
  static original::PutAway put_away(const Place& home, Job job) {
    auto outcome = original::put_away(home, job);
    const auto* const bound = std::get_if<Destined>(&outcome);
    if (bound == nullptr) return outcome;
    job.bound_for = bound->bound_for;
    return original::put_away(home, job);
  }
  static original::PutAway bury(const Place& home, Job job, const std::string& report) {
    auto outcome = original::bury(home, job, report);
    const auto* const bound = std::get_if<Destined>(&outcome);
    if (bound == nullptr) return outcome;
    job.bound_for = bound->bound_for;
    return original::bury(home, job, report);
  }

  fs::path at(const char* folder) const { return home_.path() / folder / "report.pdf"; }
  fs::path spooled() const { return home_.path() / "state/spool" / kId; }

  static void expect_returned(const original::PutAway& outcome) {
    ASSERT_TRUE(std::holds_alternative<Returned>(outcome)) << std::get<Stored>(outcome).told;
    EXPECT_NE(std::get<Returned>(outcome).told.find("the inbox as report"), std::string::npos);
  }

  tests::TemporaryFolder home_;
};

TEST_F(OriginalTest, AnUnchangedOneIsPutAway) {
  const Place home = place();
  const auto outcome = put_away(home, claimed(home, "document"));
  EXPECT_EQ(std::get<Stored>(outcome).name, "report.pdf");
  EXPECT_EQ(std::get<Stored>(outcome).shelf, (home_.path() / "archive").native());
  EXPECT_EQ(read(at("archive")), "document");
}

TEST_F(OriginalTest, OneThatHasGrownSinceGoesBackIntoTheInboxWhateverWasToBecomeOfIt) {
  for (const auto originals : {config::Originals::archive, config::Originals::remove}) {
    const Place home = place(originals);
    const Job job = claimed(home, "half a docu");
    std::ofstream(spooled(), std::ios::app) << "ment";
    expect_returned(put_away(home, job));
    EXPECT_EQ(read(at("inbox")), "half a document");
    EXPECT_FALSE(fs::exists(at("archive")));
    EXPECT_FALSE(fs::exists(spooled()));
    expect_returned(put_away(home, job));  // a crash came before the row knew
    fs::remove(at("inbox"));
  }
}

TEST_F(OriginalTest, OneThatWasWrittenOverWithTheSameSizeAndTimeIsChangedToo) {
  const Place home = place(config::Originals::remove);
  const Job job = claimed(home, "document");
  const auto time = fs::last_write_time(spooled());
  write(spooled(), "DOCUMENT");
  fs::last_write_time(spooled(), time);
  expect_returned(put_away(home, job));
  EXPECT_EQ(read(at("inbox")), "DOCUMENT");
}

TEST_F(OriginalTest, OneThatWasOnlyTouchedIsPutAway) {
  const Place home = place();
  const Job job = claimed(home, "document");
  fs::last_write_time(spooled(), fs::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_EQ(std::get<Stored>(put_away(home, job)).name, "report.pdf");
}

TEST_F(OriginalTest, WhileSomebodyHasItOpenForWritingItIsNotPutAway) {
  for (const auto originals : {config::Originals::archive, config::Originals::remove}) {
    const Place home = place(originals);
    const Job job = claimed(home, "document");
    {
      const auto writer = durable::open(spooled(), O_WRONLY | O_APPEND);
      EXPECT_THROW((void)put_away(home, job), std::runtime_error);
      EXPECT_EQ(read(spooled()), "document");
      durable::write_all(writer.get(), ", second page", spooled());
    }
    expect_returned(put_away(home, job));
    EXPECT_EQ(read(at("inbox")), "document, second page");
    fs::remove(at("inbox"));
  }
}

TEST_F(OriginalTest, AnEmptyPlaceholderThatWasFilledIsNotBuried) {
  const Place home = place();
  Job job = claimed(home, "", State::burying);
  job.error_code = "empty_file";
  write(spooled(), "the document at last");
  expect_returned(bury(home, job, "{}"));
  EXPECT_EQ(read(at("inbox")), "the document at last");
  EXPECT_FALSE(fs::exists(at("failed")));
}

TEST_F(OriginalTest, WhatAPersonHasCancelledIsNotGivenBackToBeSubmittedAgain) {
  const Place home = place();
  Job job = claimed(home, "document", State::burying);
  job.error_code = "cancelled";
  write(spooled(), "document, changed");
  EXPECT_EQ(std::get<Stored>(bury(home, job, "{}")).name, "report.pdf");
  EXPECT_EQ(read(at("failed")), "document, changed");
}

TEST_F(OriginalTest, ANewFileOfItsNameInTheInboxIsNotReplaced) {
  const Place home = place();
  const Job job = claimed(home, "document");
  write(spooled(), "changed");
  write(at("inbox"), "the next one");
  expect_returned(put_away(home, job));
  EXPECT_EQ(read(at("inbox")), "the next one");
  EXPECT_EQ(read(home_.path() / ("inbox/report~" + job.sha256.substr(0, 8) + ".pdf")), "changed");
}

TEST_F(OriginalTest, OneThatIsNowhereIsAnErrorAndNeverSaidToBePutAway) {
  const Place home = place();
  const Job job = claimed(home, "document");
  fs::remove(spooled());
  EXPECT_THROW((void)put_away(home, job), std::runtime_error);
  EXPECT_THROW((void)bury(home, job, "{}"), std::runtime_error);
  EXPECT_FALSE(fs::exists(at("failed").native() + ".error.json"));
}

TEST_F(OriginalTest, ASpoolThatIsGoneIsAWaitAndNoEnd) {
  for (const auto originals :
       {config::Originals::archive, config::Originals::remove, config::Originals::keep}) {
    const Place home = place(originals);
    const Job job = claimed(home, "document");
    fs::rename(home_.path() / "state/spool", home_.path() / "away");
    EXPECT_THROW((void)put_away(home, job), FolderGone);
    EXPECT_THROW((void)bury(home, job, "{}"), FolderGone);
    EXPECT_THROW((void)original::look(home_of(home, job), job, original::Look::brief), FolderGone);
    fs::rename(home_.path() / "away", home_.path() / "state/spool");
    EXPECT_TRUE(std::holds_alternative<Stored>(put_away(home, job)));
    fs::remove(at("archive"));
    fs::remove(at("inbox"));
  }
}

TEST_F(OriginalTest, OneThatMayNotBeReadAndStaysInTheInboxIsNotSaidToBeInFailed) {
  const Place home = place(config::Originals::keep);
  Job job = claimed(home, "document", State::burying);
  fs::remove(spooled());
  job.sha256.clear();
  job.error_code = "unreadable";
  const auto outcome = bury(home, job, "{}");
  EXPECT_EQ(std::get<Stored>(outcome).name, "");
  EXPECT_NE(std::get<Stored>(outcome).told.find("stays in the inbox"), std::string::npos);
}

TEST_F(OriginalTest, OneThatNobodyHasReadToItsEndIsBuriedAndDoesNotComeBackForEver) {
  const Place home = place();
  Job job = claimed(home, "too large a document", State::burying);
  const auto reading = original::read(home, job, 4);
  EXPECT_EQ(reading.digest.sha256, "");
  EXPECT_EQ(reading.digest.size_bytes, 20u);
  job.sha256.clear();
  job.spooled.clear();
  job.error_code = "too_large";
  for (const unsigned size_bytes : {20u, 5u, 0u}) {  // /proc and the like say 0 and go on for ever
    job.size_bytes = size_bytes;
    EXPECT_TRUE(std::holds_alternative<Stored>(bury(home, job, "{}")));
    EXPECT_EQ(read(at("failed")), "too large a document");
    fs::rename(at("failed"), spooled());
  }
}

TEST_F(OriginalTest, AFilesystemThatTellsOfOurOwnLinkOnlyLaterHasNotChangedTheDocument) {
  const tests::FuseMount mount(home_.path() / "inbox");
  if (!mount.is_there()) GTEST_SKIP() << "bindfs is not installed, or mounting is not allowed here";
  for (int i = 0; i < 20; ++i) {
    const Place home = place();
    EXPECT_TRUE(std::holds_alternative<Stored>(put_away(home, claimed(home, "document"))));
    fs::remove(at("archive"));
  }
}

// --- places that have changed since

TEST_F(OriginalTest, ACopyIsDroppedAndAMovedOneIsNotWhateverTheConfigurationSaysNow) {
  const Job moved = claimed(place(config::Originals::archive), "document");
  const Place keeps = place(config::Originals::keep);
  const auto outcome = put_away(home_of(keeps, moved), moved);
  EXPECT_EQ(std::get<Stored>(outcome).name, "");
  EXPECT_EQ(read(at("inbox")), "document") << "originals are kept by now: it is back where they are kept";

  fs::remove(at("inbox"));
  Job copied = claimed(keeps, "document");
  const Place deletes = place(config::Originals::remove);
  EXPECT_TRUE(std::holds_alternative<Stored>(put_away(home_of(deletes, copied), copied)));
  EXPECT_EQ(read(at("inbox")), "document") << "it was promised to stay";
}

TEST_F(OriginalTest, LiesWhereItsRowSaysAlthoughTheSpoolIsElsewhereNow) {
  const Place now = place();
  Job job = claimed(now, "document");
  const fs::path before = home_.path() / "inbox/.chunkrd/spool";
  fs::create_directories(before);
  fs::rename(spooled(), before / kId);
  job.spool = before.native();
  EXPECT_EQ(original::look(home_of(now, job), job, original::Look::thorough), original::Standing::as_known);
  EXPECT_EQ(std::get<Stored>(put_away(home_of(now, job), job)).name, "report.pdf");
}

TEST_F(OriginalTest, OfAnEarlierReleaseIsLookedForInEverySpoolItMayLieIn) {
  const Place now = place();
  Job job = claimed(now, "document");
  job.spool.clear();
  job.took = queue::Took::unknown;
  const fs::path before = home_.path() / "inbox/.chunkrd/spool";
  fs::create_directories(before);
  fs::rename(spooled(), before / kId);
  EXPECT_EQ(home_of(now, job).spool.folder(), before);
  fs::rename(before / kId, spooled());
  EXPECT_EQ(home_of(now, job).spool.folder(), now.spool.folder());
}

TEST_F(OriginalTest, LiesInTheStateFolderAlsoAfterThatWasMoved) {
  const config::Inbox inbox = place().rules;
  const Job job = claimed(place(), "document");
  fs::rename(home_.path() / "state", home_.path() / "moved");
  const Place now(inbox, home_.path() / "moved");
  EXPECT_EQ(home_of(now, job).spool.folder(), home_.path() / "moved/spool");
}

TEST_F(OriginalTest, IsFoundOnTheShelfItWasPutOntoAndWhereThatWasMoved) {
  const Place before = place();
  Job job = claimed(before, "document");
  const auto stored = std::get<Stored>(put_away(before, job));
  job.original_name = stored.name;
  job.shelf = stored.shelf;
  config::Inbox inbox = before.rules;
  inbox.archive = home_.path() / "new-archive";
  const Place now(inbox, home_.path() / "state");
  EXPECT_TRUE(home_of(now, job).archive->has("report.pdf"));
  fs::rename(at("archive"), at("new-archive"));
  EXPECT_EQ(home_of(now, job).archive->root(), home_.path() / "new-archive");
}

TEST_F(OriginalTest, WhereItIsBoundForIsSettledBeforeItIsMoved) {
  const Place home = place();
  Job job = claimed(home, "document");
  EXPECT_EQ(std::get<Destined>(original::put_away(home, job)).bound_for, home.rules.archive->native());
  job.bound_for = "/somewhere/else";
  EXPECT_EQ(std::get<Destined>(original::put_away(home, job)).bound_for, home.rules.archive->native());
  EXPECT_EQ(std::get<Destined>(original::bury(home, job, "{}")).bound_for, home.rules.failed.native());
  EXPECT_EQ(std::get<Destined>(original::put_away(place(config::Originals::remove), job)).bound_for,
            "deleted");
  EXPECT_TRUE(fs::exists(spooled()));
}

// A crash between its move and the commit, and another configuration after it.
TEST_F(OriginalTest, IsFoundWhereItWasBoundForWhateverTheConfigurationSaysAfterACrash) {
  using enum config::Originals;
  for (const auto before : {archive, remove, keep})
    for (const auto after : {archive, remove, keep}) {
      const Place then = place(before);
      Job job = claimed(place(archive), "document");
      job.bound_for = original::bound_for(then.rules);
      const Place home = home_of(then, job);
      const auto stored = std::get<Stored>(original::put_away(home, job));
      config::Inbox inbox = place(after).rules;
      inbox.archive = home_.path() / "new-archive";
      const Place now(inbox, home_.path() / "state");
      const auto again = original::put_away(home_of(now, job), job);
      if (before == keep) {
        expect_returned(again);
      } else {
        EXPECT_EQ(std::get<Stored>(again).name, stored.name);
        EXPECT_EQ(std::get<Stored>(again).shelf, stored.shelf);
      }
      fs::remove(at("archive"));
      fs::remove(at("inbox"));
    }
}

TEST_F(OriginalTest, IsFoundInFailedWhereItWasBoundForAfterACrash) {
  const Place before = place();
  Job job = claimed(before, "document", State::burying);
  job.error_code = "unsupported_type";
  job.bound_for = before.rules.failed.native();
  (void)original::bury(before, job, "{}");
  config::Inbox inbox = before.rules;
  inbox.failed = home_.path() / "new-failed";
  const Place now(inbox, home_.path() / "state");
  EXPECT_EQ(std::get<Stored>(original::bury(home_of(now, job), job, "{}")).shelf,
            before.rules.failed.native());
  fs::rename(before.rules.failed, home_.path() / "new-failed-2");
  inbox.failed = home_.path() / "new-failed-2";
  const Place moved(inbox, home_.path() / "state");
  EXPECT_EQ(std::get<Stored>(original::bury(home_of(moved, job), job, "{}")).shelf, inbox.failed.native());
}

TEST_F(OriginalTest, AResultStaysInTheOutboxInWhichItsDeliveryBegan) {
  const Place before = place();
  Job job = claimed(before, "document", State::delivering);
  job.outbox = (home_.path() / "outbox").native();
  config::Inbox inbox = before.rules;
  inbox.outbox = home_.path() / "new-outbox";
  const Place now(inbox, home_.path() / "state");
  EXPECT_EQ(home_of(now, job).rules.outbox, home_.path() / "outbox");
  fs::remove_all(home_.path() / "outbox");
  EXPECT_EQ(home_of(now, job).rules.outbox, home_.path() / "new-outbox") << "it was moved away";
}

}  // namespace
}  // namespace chunkrd::pipeline
