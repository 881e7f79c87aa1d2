#include "pipeline/twins.h"

#include <gmock/gmock.h>

#include "tests/unit/pipeline/decisions.h"

namespace chunkrd::pipeline {
namespace {

using namespace std::chrono_literals;
using lifecycle::First;
using lifecycle::is_to_wait_for;
using queue::Job;
using queue::State;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const WallTime kNoon = WallTime(1'760'000'000'000ms);

Job document(const std::string& id, State state = State::ready) {
  Job job;
  job.id = id;
  job.name = id + ".pdf";
  job.sha256 = "the same bytes";
  job.settings_hash = "the same settings";
  job.state = state;
  job.state_since = kNoon;
  return job;
}

TEST(Twins, OneIsPaidForAndTheOthersWaitForIt) {
  Twins twins;
  EXPECT_EQ(twins.first_for(document("a"), kNoon), std::nullopt);
  twins.begin(document("a"), kNoon);
  EXPECT_EQ(twins.first_for(document("a"), kNoon), std::nullopt) << "for itself";
  EXPECT_EQ(twins.first_for(document("b"), kNoon), "a");
  twins.note(document("a", State::submitted));
  twins.end(document("a"));
  EXPECT_EQ(twins.first_for(document("b"), kNoon), "a");
}

TEST(Twins, OtherBytesOrSettingsAndLinksAreNone) {
  Twins twins;
  twins.begin(document("a"), kNoon);
  Job other_bytes = document("b"), other_settings = document("c"), link = document("d");
  other_bytes.sha256 = "others";
  other_settings.settings_hash = "others";
  link.name = "d.url";
  EXPECT_EQ(twins.first_for(other_bytes, kNoon), std::nullopt);
  EXPECT_EQ(twins.first_for(other_settings, kNoon), std::nullopt);
  Twins links;
  links.begin(link, kNoon);
  EXPECT_EQ(links.first_for(document("b"), kNoon), std::nullopt) << "what lies behind an address may change";
}

TEST(Twins, AllGoOnAtOnceWhateverBecomesOfTheFirst) {
  for (const State end : {State::done, State::failed, State::cancelled, State::burying, State::ready}) {
    SCOPED_TRACE(queue::to_string(end));
    Twins twins;
    twins.begin(document("a"), kNoon);
    for (const char* id : {"b", "c"}) {
      EXPECT_TRUE(twins.wait(document(id))) << "told";
      twins.note(document(id));  // its row was put off
    }
    twins.note(document("a", State::submitted));
    EXPECT_THAT(twins.take_freed(), IsEmpty());
    twins.note(document("a", end));
    EXPECT_THAT(twins.take_freed(), UnorderedElementsAre("b", "c"));
    EXPECT_THAT(twins.take_freed(), IsEmpty()) << "once";
  }
}

TEST(Twins, ASubmitThatCameToNothingLetsTheNextOneBegin) {
  Twins twins;
  twins.begin(document("a"), kNoon);
  EXPECT_TRUE(twins.wait(document("b")));
  twins.end(document("a"));
  EXPECT_THAT(twins.take_freed(), ElementsAre("b"));
  EXPECT_EQ(twins.first_for(document("b"), kNoon), std::nullopt);
  twins.begin(document("b"), kNoon);
  EXPECT_EQ(twins.first_for(document("a"), kNoon), "b") << "and never both for each other";
  EXPECT_FALSE(twins.wait(document("b"))) << "told before";
}

TEST(Twins, WhoWaitsAndIsCancelledIsNotCalledAnyMore) {
  Twins twins;
  twins.begin(document("a"), kNoon);
  twins.wait(document("b"));
  twins.note(document("b", State::cancelled));
  twins.note(document("a", State::done));
  EXPECT_THAT(twins.take_freed(), IsEmpty());
}

struct Row {
  State state;
  Duration in_it;
  bool waits;
};

TEST(WaitsForAnother, AsLongAsTheServiceHasItButNotForEverForWhatHangsHere) {
  const Row table[] = {
      {State::ready, 3h, true},        {State::submitting, 3h, true},   {State::submitted, 72h, true},
      {State::collecting, 47h, true},  {State::collecting, 49h, false}, {State::delivering, 47h, true},
      {State::delivering, 49h, false}, {State::delivered, 47h, true},   {State::delivered, 49h, false},
  };
  for (const Row& row : table) {
    SCOPED_TRACE(fmt::format("{} for {} ms", queue::to_string(row.state), row.in_it.count()));
    EXPECT_EQ(is_to_wait_for(document("b"), First{"a", row.state, kNoon - row.in_it}, kNoon), row.waits);
  }
}

TEST(WaitsForAnother, OnlyWhatIsBeingPaidForAnew) {
  for (const State state :
       {State::submitting, State::submitted, State::collecting, State::delivering, State::delivered})
    EXPECT_TRUE(lifecycle::is_paid_for(document("a", state)));
  for (const State state :
       {State::claiming, State::ready, State::burying, State::done, State::failed, State::cancelled,
        State::vanished, State::removing, State::updating, State::reparsing, State::retrying})
    EXPECT_FALSE(lifecycle::is_paid_for(document("a", state)));
  Job reprocessed = document("a", State::collecting);
  reprocessed.wanted_settings = "{}";
  EXPECT_FALSE(lifecycle::is_paid_for(reprocessed)) << "its result will have other settings";
}

TEST(WaitsForAnother, CostsNothingAndIsToldOnce) {
  Job job = document("b");
  job.attempts = 1;
  job.transient_failures = 2;
  const auto told = lifecycle::wait_for(job, "a", lifecycle::Telling::told, {.now = kNoon});
  EXPECT_EQ(told.transition.after.state, State::ready);
  EXPECT_EQ(told.transition.after.due, kNoon + kTwinPatience);
  EXPECT_EQ(told.transition.after.attempts, 1);
  EXPECT_EQ(told.transition.after.transient_failures, 2);
  EXPECT_EQ(told.transition.event.what, "waits");
  EXPECT_EQ(lifecycle::wait_for(job, "a", lifecycle::Telling::silent, {.now = kNoon}).transition.event.what,
            "");
}

}  // namespace
}  // namespace chunkrd::pipeline
