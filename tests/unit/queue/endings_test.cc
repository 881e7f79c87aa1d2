// What has ended is written down in the transaction that ends it, and nobody who is to be told is forgotten.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "queue/sqlite/sqlite_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/queue/jobs.h"

namespace chunkrd::queue {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Endings : public ::testing::Test {
 protected:
  bool apply(Change change, WallTime now = at(5000)) {
    return store->apply(std::vector<Change>{std::move(change)}, now).front();
  }
  Job put(int number) {
    Job job = found(number);
    EXPECT_TRUE(apply(insertion(job)));
    return job;
  }
  Job move(const std::string& id, State to, WallTime now = at(5000)) {
    EXPECT_TRUE(apply(moved(store->find(id).value(), to), now));
    return store->find(id).value();
  }
  void reopen() {
    store.reset();
    store = std::make_unique<SqliteStore>(folder / "queue.db");
  }
  std::vector<std::string> told(std::int64_t after = 0) {
    std::vector<std::string> lines;
    for (const Ending& ending : store->endings(after, 100))
      lines.push_back(std::to_string(ending.seq) + " " + ending.job.id + " " +
                      std::string(to_string(ending.job.state)));
    return lines;
  }
  std::vector<std::string> waiting(const std::string& hook, WallTime now = at(5000)) {
    std::vector<std::string> ids;
    for (const Notification& each : store->notifications(hook, now, 100)) ids.push_back(each.ending.job.id);
    return ids;
  }

  tests::TemporaryFolder folder;
  std::unique_ptr<SqliteStore> store = std::make_unique<SqliteStore>(folder / "queue.db");
};

TEST_F(Endings, AreWrittenInTheirOrderWithWhatWasKnownThen) {
  Job job = put(1);
  put(2);
  Transition end = moved(job, State::failed);
  end.after.error_code = "task_failed";
  end.after.error_stage = "poll";
  end.after.error_message = "the service said so";
  end.after.pages = 7;
  end.after.task_id = "task-1";
  ASSERT_TRUE(apply(end, at(6000)));
  move("job-0002", State::done);
  EXPECT_THAT(told(), ElementsAre("1 job-0001 failed", "2 job-0002 done"));
  EXPECT_THAT(told(1), ElementsAre("2 job-0002 done"));
  const Ending first = store->endings(0, 1).front();
  EXPECT_EQ(first.at, at(6000));
  EXPECT_EQ(first.job.name, job.name);
  EXPECT_EQ(first.job.inbox, job.inbox);
  EXPECT_EQ(first.job.error_message, "the service said so");
  EXPECT_EQ(first.job.pages, 7);
  EXPECT_EQ(first.job.task_id, "task-1");
}

TEST_F(Endings, AFileThatVanishedIsNone) {
  put(1);
  move("job-0001", State::vanished);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(Endings, ATransitionThatIsRefusedEndsNothing) {
  Transition late = moved(put(1), State::done);
  late.after.lease = 17;
  EXPECT_FALSE(apply(late));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(Endings, ADocumentWhoseTaskIsDeletedAfterwardsHasNotEndedAgain) {
  put(1);
  move("job-0001", State::done);
  move("job-0001", State::removing);
  move("job-0001", State::done);
  EXPECT_THAT(told(), ElementsAre("1 job-0001 done"));
}

TEST_F(Endings, ADocumentWhoseTaskIsDeletedOnItsWayEndsOnce) {
  put(1);
  move("job-0001", State::delivered);
  move("job-0001", State::removing);
  move("job-0001", State::done);
  EXPECT_THAT(told(), ElementsAre("1 job-0001 done"));
}

TEST_F(Endings, ADocumentThatIsTriedAgainEndsAgainAlsoInTheSameWay) {
  put(1);
  move("job-0001", State::failed);
  move("job-0001", State::retrying);
  move("job-0001", State::burying);
  move("job-0001", State::removing);
  move("job-0001", State::failed);
  EXPECT_THAT(told(), ElementsAre("1 job-0001 failed", "2 job-0001 failed"));
}

TEST_F(Endings, NoNumberIsGivenTwiceWhateverIsForgotten) {
  put(1);
  put(2);
  move("job-0001", State::done);
  EXPECT_EQ(store->forget_endings(at(9'000'000), 0, 100), 1u);
  EXPECT_EQ(store->oldest_ending(), 0);
  reopen();
  EXPECT_EQ(store->newest_ending(), 1);
  move("job-0002", State::done);
  EXPECT_THAT(told(), ElementsAre("2 job-0002 done"));
}

TEST_F(Endings, AreForgottenByAgeOrNumberOldestFirst) {
  for (int i = 1; i <= 5; ++i) {
    put(i);
    move(found(i).id, State::done, at(1000 * i));
  }
  EXPECT_EQ(store->forget_endings(std::nullopt, 0, 100), 0u);
  EXPECT_EQ(store->forget_endings(at(1000), 0, 100), 1u);
  EXPECT_EQ(store->forget_endings(std::nullopt, 2, 1), 1u) << "no more at once than is asked for";
  EXPECT_EQ(store->forget_endings(std::nullopt, 2, 100), 1u);
  EXPECT_THAT(told(), ElementsAre("4 job-0004 done", "5 job-0005 done"));
}

TEST_F(Endings, AreKnownWhenTheirDocumentsAreForgotten) {
  put(1);
  const Job job = move("job-0001", State::done);
  ASSERT_TRUE(apply(Forgetting{job.id, job.state, job.lease}));
  EXPECT_THAT(told(), ElementsAre("1 job-0001 done"));
}

TEST_F(Endings, TwoQueuesAreToldFromEachOther) {
  const SqliteStore other(folder / "other.db");
  EXPECT_FALSE(store->queue_id().empty());
  EXPECT_NE(store->queue_id(), SqliteStore(folder / "third.db").queue_id());
}

TEST_F(Endings, WhoIsToBeToldWaitsUntilHeIsAlsoAfterARestart) {
  put(1);
  move("job-0001", State::done);
  EXPECT_EQ(store->announced(), std::nullopt);
  ASSERT_TRUE(apply(Announcing{0, 1, {{1, "webhook"}, {1, "command"}}}));
  EXPECT_FALSE(apply(Announcing{0, 1, {{1, "webhook"}}})) << "twice is once";
  reopen();
  EXPECT_EQ(store->announced(), 1);
  EXPECT_THAT(waiting("webhook"), ElementsAre("job-0001"));
  ASSERT_TRUE(apply(Told{store->notifications("webhook", at(5000), 1).front().seq}));
  EXPECT_THAT(waiting("webhook"), IsEmpty());
  EXPECT_THAT(waiting("command"), ElementsAre("job-0001"));
}

TEST_F(Endings, WhatIsPutOffComesBackWithWhatWasTold) {
  put(1);
  move("job-0001", State::done);
  ASSERT_TRUE(apply(Announcing{0, 1, {{1, "webhook"}}}));
  const auto first = store->notifications("webhook", at(5000), 1).front();
  ASSERT_TRUE(apply(PutOff{first.seq, at(8000), "{}", "answers 500"}));
  EXPECT_THAT(waiting("webhook", at(7999)), IsEmpty());
  EXPECT_EQ(store->next_notification("webhook", at(5000)), at(8000));
  const auto again = store->notifications("webhook", at(8000), 1).front();
  EXPECT_EQ(again.attempts, 1);
  EXPECT_EQ(again.body, "{}");
  const auto standing = store->hooks();
  ASSERT_EQ(standing.size(), 1u);
  EXPECT_EQ(standing[0].waiting, 1);
  EXPECT_EQ(standing[0].last_failure, "answers 500");
}

TEST_F(Endings, NobodyIsForgottenWhoIsStillToBeTold) {
  put(1);
  move("job-0001", State::done);
  ASSERT_TRUE(apply(Announcing{0, 1, {{1, "webhook"}}}));
  EXPECT_EQ(store->forget_endings(at(9'000'000), 0, 100), 0u);
  ASSERT_TRUE(apply(Told{1}));
  EXPECT_EQ(store->forget_endings(at(9'000'000), 0, 100), 1u);
}

TEST_F(Endings, WhatWaitsForTooLongIsGivenUp) {
  for (const int number : {1, 2}) {
    put(number);
    move(found(number).id, State::done);
    ASSERT_TRUE(apply(Announcing{number - 1, number, {{number, "webhook"}}}, at(1000 * number)));
  }
  EXPECT_EQ(store->give_up_notifications("webhook", at(999), 100), 0u);
  EXPECT_EQ(store->give_up_notifications("webhook", at(1000), 100), 1u);
  EXPECT_THAT(waiting("webhook"), ElementsAre("job-0002"));
}

TEST_F(Endings, AClockThatWasWrongPutsNoNotificationOff) {
  put(1);
  move("job-0001", State::done);
  ASSERT_TRUE(apply(Announcing{0, 1, {{1, "webhook"}}}));
  ASSERT_TRUE(apply(PutOff{1, at(1'000'000'000'000), "{}", "no"}));
  store->go_on(at(6000), Duration::zero());
  EXPECT_LE(store->next_notification("webhook", at(6000)), at(6000) + std::chrono::hours(2));
}

}  // namespace
}  // namespace chunkrd::queue
