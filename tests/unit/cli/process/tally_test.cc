#include "cli/process/tally.h"

#include <gtest/gtest.h>

namespace chunkrd::cli::process {
namespace {

using queue::Job;
using queue::State;

Document document(const std::string& name, std::uint64_t size, std::int64_t mtime = 1) {
  inbox::Identity identity;
  identity.inode = 7;
  identity.size_bytes = size;
  identity.mtime_ns = mtime;
  return {.shown = "papers/" + name, .inbox = "/papers", .arrival = {name, identity, std::nullopt}};
}

Job job(const Document& of, const std::string& id, State state) {
  Job job;
  job.id = id;
  job.inbox = of.inbox;
  job.name = of.arrival.name;
  job.source_identity = of.arrival.identity.text();
  job.state = state;
  return job;
}

TEST(ATally, FollowsADocumentThroughItsStages) {
  const Document paper = document("a.pdf", 100);
  Tally tally({paper, document("b.pdf", 50)});
  EXPECT_EQ(tally.count(Stage::waiting), 2u);
  EXPECT_EQ(tally.bytes_to_send(), 150u);
  EXPECT_EQ(tally.heard(job(paper, "1", State::ready)), nullptr);
  EXPECT_EQ(tally.heard(job(paper, "1", State::submitted)), nullptr);
  EXPECT_EQ(tally.count(Stage::parsing), 1u);
  Job done = job(paper, "1", State::done);
  done.pages = 4;
  const auto* ended = tally.heard(done);
  ASSERT_NE(ended, nullptr);
  EXPECT_EQ(ended->document.shown, "papers/a.pdf");
  EXPECT_EQ(tally.count(Stage::delivered), 1u);
  EXPECT_EQ(tally.pages(), 4);
  EXPECT_FALSE(tally.all_ended());
}

TEST(ATally, TellsOfAnEndOnce) {
  const Document paper = document("a.pdf", 100);
  Tally tally({paper});
  EXPECT_NE(tally.heard(job(paper, "1", State::failed)), nullptr);
  EXPECT_EQ(tally.heard(job(paper, "1", State::failed)), nullptr);
  EXPECT_TRUE(tally.all_ended());
}

TEST(ATally, LeavesOtherDocumentsAndOlderFilesOfTheSameNameAlone) {
  const Document paper = document("a.pdf", 100, 2);
  Tally tally({paper});
  EXPECT_EQ(tally.heard(job(document("b.pdf", 1), "1", State::done)), nullptr);
  EXPECT_EQ(tally.heard(job(document("a.pdf", 100, 1), "2", State::done)), nullptr);
  EXPECT_EQ(tally.count(Stage::waiting), 1u);
  EXPECT_EQ(tally.heard(job(paper, "3", State::claiming)), nullptr);
  EXPECT_EQ(tally.heard(job(paper, "4", State::done)), nullptr) << "another row than the one it has";
}

TEST(ATally, CountsNoPagesOfWhatWasDeliveredAgainOrBefore) {
  const Document paper = document("a.pdf", 100), other = document("b.pdf", 10);
  Tally tally({paper, other});
  Job before = job(paper, "1", State::done);
  before.pages = 4;
  tally.adopt(tally.entries()[0], before);
  Job again = job(other, "2", State::done);
  again.pages = 4;
  again.reused_from = "1";
  tally.heard(again);
  EXPECT_EQ(tally.pages(), 0);
  EXPECT_TRUE(tally.all_ended());
  EXPECT_EQ(tally.bytes_to_send(), 10u) << "what is there already is not sent";
}

TEST(ATally, TakesADeliveryWithTheOldSettingsForAFailureWhereNewOnesWereWanted) {
  const Document paper = document("a.pdf", 100);
  Tally tally({paper});
  Job old = job(paper, "1", State::updating);
  old.settings_hash = "old";
  tally.entries()[0].wanted_settings_hash = "new";
  tally.adopt(tally.entries()[0], old);
  EXPECT_EQ(tally.count(Stage::waiting), 1u);
  old.state = State::done;
  ASSERT_NE(tally.heard(old), nullptr);
  EXPECT_EQ(tally.count(Stage::failed), 1u);
  EXPECT_NE(tally.entries()[0].job.error_message, "");
}

TEST(StageOf, EveryStateIsKnown) {
  EXPECT_EQ(stage_of(State::ready), Stage::waiting);
  EXPECT_EQ(stage_of(State::submitting), Stage::parsing);
  EXPECT_EQ(stage_of(State::removing), Stage::parsing);
  EXPECT_EQ(stage_of(State::done), Stage::delivered);
  for (const State end : {State::failed, State::cancelled, State::vanished})
    EXPECT_EQ(stage_of(end), Stage::failed);
}

}  // namespace
}  // namespace chunkrd::cli::process
