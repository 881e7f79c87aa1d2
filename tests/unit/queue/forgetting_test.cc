// What is over is found in its order, and forgotten whole or not at all.
#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "queue/sqlite/sqlite_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/queue/jobs.h"

namespace chunkrd::queue {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Retention : public ::testing::Test {
 protected:
  bool apply(Change change, WallTime now = at(5000)) {
    return store.apply(std::vector<Change>{std::move(change)}, now).front();
  }
  Job stored(const std::string& id) { return store.find(id).value(); }

  Job ended(int number, State state, WallTime when) {
    Job job = found(number);
    EXPECT_TRUE(apply(insertion(job)));
    EXPECT_TRUE(apply(moved(job, state), when));
    return stored(job.id);
  }
  Job archived(int number, WallTime when) {
    Job job = found(number);
    EXPECT_TRUE(apply(insertion(job)));
    Transition end = moved(job, State::done);
    end.after.original_name = job.name;
    EXPECT_TRUE(apply(end, when));
    return stored(job.id);
  }
  Job link(int number, State state) {
    Job job = found(number);
    job.name = "link-" + std::to_string(number) + ".URL";
    EXPECT_TRUE(apply(insertion(job)));
    EXPECT_TRUE(apply(moved(job, state)));
    return stored(job.id);
  }
  bool forget(const Job& job) { return apply(Forgetting{job.id, job.state, job.lease}); }

  std::vector<std::string> ids(Endings which, const EndMark& after = {}, std::size_t limit = 100) {
    std::vector<std::string> found;
    for (const auto& [mark, job] : store.ended(which, after, limit)) {
      found.push_back(job.id);
      last = mark;
    }
    return found;
  }
  std::int64_t rows_in(const std::string& table) {
    SQLite::Database other(folder / "queue.db");
    return other.execAndGet("SELECT count(*) FROM " + table).getInt64();
  }

  tests::TemporaryFolder folder;
  SqliteStore store{folder / "queue.db"};
  EndMark last;
};

TEST_F(Retention, EndsAreListedInTheirOrderWhateverTheyAreAndPageByPage) {
  ended(1, State::failed, at(300));
  ended(2, State::done, at(100));
  ended(3, State::submitted, at(50));
  ended(4, State::vanished, at(100));
  ended(5, State::cancelled, at(200));
  ended(6, State::removing, at(60));
  EXPECT_THAT(ids(Endings::all, {}, 3), ElementsAre("job-0002", "job-0004", "job-0005"));
  EXPECT_THAT(ids(Endings::all, last, 3), ElementsAre("job-0001"));
  EXPECT_THAT(ids(Endings::all, last, 3), IsEmpty());
  EXPECT_THAT(ids(Endings::failed, {}, 3), ElementsAre("job-0001"));
}

TEST_F(Retention, ADocumentGoesWithItsStoryAndIsNotCountedAnyMore) {
  const Job job = ended(1, State::done, at(100));
  const Job other = ended(2, State::done, at(100));
  ASSERT_EQ(store.events(job.id).size(), 2u);
  EXPECT_TRUE(forget(job));
  EXPECT_FALSE(store.find(job.id));
  EXPECT_EQ(rows_in("events"), 2) << "those of the other";
  EXPECT_EQ(store.events(other.id).size(), 2u);
  EXPECT_EQ(store.counts().at(static_cast<std::size_t>(State::done)), 1);
  EXPECT_EQ(store.standing_of(job.inbox, job.name, job.source_identity).rows, 0);
  EXPECT_FALSE(forget(job)) << "a second time is nothing";
}

// Nobody can wish anything of a document whose row is gone, so its files go after that; a crash forgets none.
TEST_F(Retention, WhoHasGoneIsNotedUntilNothingIsLeft) {
  const Job first = ended(1, State::done, at(100)), second = ended(2, State::failed, at(100));
  ASSERT_TRUE(forget(first));
  ASSERT_TRUE(forget(second));
  auto left = store.forgotten(10);
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(left[0].id, first.id);
  EXPECT_EQ(left[0].inbox, first.inbox);
  EXPECT_EQ(store.forgotten(1).size(), 1u);
  left.pop_back();
  store.nothing_left(left);
  ASSERT_EQ(store.forgotten(10).size(), 1u);
  EXPECT_EQ(store.forgotten(10)[0].id, second.id);
}

TEST_F(Retention, WhatIsOnItsWayOrHasMovedMeanwhileStays) {
  for (int state = 1; state <= kStateCount; ++state) {
    if (is_end(static_cast<State>(state))) continue;
    EXPECT_FALSE(forget(ended(state, static_cast<State>(state), at(1)))) << state;
  }
  const Job job = ended(50, State::failed, at(100));
  ASSERT_TRUE(apply(moved(job, State::retrying)));
  EXPECT_FALSE(forget(job));
  ASSERT_TRUE(apply(moved(stored(job.id), State::failed)));
  EXPECT_FALSE(forget(job)) << "an end again, but another one";
  EXPECT_EQ(stored(job.id).state, State::failed);
}

TEST_F(Retention, ADocumentForWhichSomethingIsAskedOrWantedStays) {
  Job job = ended(1, State::done, at(100));
  const auto seq = store.ask(
      {.seq = 0, .asked_at = at(1), .kind = CommandKind::reprocess, .job = job.id, .arguments = "{}"});
  EXPECT_FALSE(forget(job));
  ASSERT_TRUE(apply(Answering{seq, {}}));
  Transition asked = moved(job, State::done);
  asked.after.asked = Asked::remove;
  ASSERT_TRUE(apply(asked));
  EXPECT_FALSE(forget(stored(job.id)));
  Transition wanted = moved(stored(job.id), State::done);
  wanted.after.asked = Asked::nothing;
  wanted.after.wanted_settings = "{}";
  ASSERT_TRUE(apply(wanted));
  EXPECT_FALSE(forget(stored(job.id)));
  Transition nothing = moved(stored(job.id), State::done);
  nothing.after.wanted_settings.clear();
  ASSERT_TRUE(apply(nothing));
  EXPECT_TRUE(forget(stored(job.id)));
}

// A link's lost task is told from others' by the links that have them.
TEST_F(Retention, NoLinkGoesWhileTheAnswerOfOneIsLookedFor) {
  const Job over = link(1, State::done);
  const Job document = ended(2, State::done, at(100));
  const Job in_doubt = link(3, State::submitting);
  EXPECT_FALSE(forget(over));
  EXPECT_TRUE(forget(document));
  Transition again = moved(in_doubt, State::ready);
  again.after.possible_duplicates = 1;
  ASSERT_TRUE(apply(again));
  EXPECT_FALSE(forget(over)) << "one that was sent again has lost an answer before";
  ASSERT_TRUE(apply(moved(stored(in_doubt.id), State::done)));
  EXPECT_TRUE(forget(over));
  EXPECT_TRUE(forget(stored(in_doubt.id))) << "two that are over do not hold each other";
}

TEST_F(Retention, AnOriginalIsListedAndCountedWhileItLiesInTheArchive) {
  const Job first = archived(1, at(100)), second = archived(2, at(50));
  ended(3, State::done, at(10));
  EXPECT_THAT(ids(Endings::archived), ElementsAre("job-0002", "job-0001"));
  EXPECT_EQ(store.archived(), 2);
  Transition pruned = moved(second, State::done, "original_pruned");
  pruned.after.original_pruned = true;
  ASSERT_TRUE(apply(pruned));
  EXPECT_TRUE(stored(second.id).original_pruned);
  EXPECT_THAT(ids(Endings::archived), ElementsAre("job-0001"));
  EXPECT_EQ(store.archived(), 1);
  ASSERT_TRUE(apply(moved(first, State::updating)));
  EXPECT_EQ(store.archived(), 0) << "on its way again";
  ASSERT_TRUE(apply(moved(stored(first.id), State::done)));
  EXPECT_EQ(store.archived(), 1);
  EXPECT_TRUE(forget(stored(first.id)));
  EXPECT_EQ(store.archived(), 0);
}

TEST_F(Retention, AnsweredCommandsGoOldestFirstAndPendingOnesStay) {
  const Command wish{.seq = 0, .asked_at = at(1), .kind = CommandKind::pause, .job = "", .arguments = "{}"};
  const auto pending = store.ask(wish);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(apply(Answering{store.ask(wish), {}}, at(100 * (i + 1))));
  EXPECT_EQ(store.forget_commands(at(301), 2), 2u);
  EXPECT_EQ(store.forget_commands(at(301), 2), 1u);
  EXPECT_EQ(store.forget_commands(at(301), 2), 0u);
  EXPECT_EQ(rows_in("commands"), 2);
  EXPECT_EQ(store.pending_commands(10).front().seq, pending);
}

TEST_F(Retention, SpendingGoesByWholeDays) {
  constexpr std::int64_t kDay = 86'400'000;
  Job job = found(1);
  ASSERT_TRUE(apply(insertion(job)));
  for (int day = 0; day < 4; ++day) {
    Transition paid = moved(stored(job.id), State::claiming);
    paid.spent = {1, 1};
    ASSERT_TRUE(apply(paid, at(day * kDay)));
  }
  EXPECT_EQ(store.forget_spending(at(2 * kDay + 5)), 2u);
  EXPECT_EQ(store.spent_on(at(kDay)), Spent{});
  EXPECT_EQ(store.spent_on(at(2 * kDay)), (Spent{1, 1}));
}

}  // namespace
}  // namespace chunkrd::queue
