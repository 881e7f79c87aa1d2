// What every Store promises. One more implementation is one more line in INSTANTIATE at the end.
#include "queue/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>

#include "core/ids.h"
#include "queue/sqlite/sqlite_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/queue/jobs.h"

namespace chunkrd::queue {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Kind {
  std::string name;
  std::function<std::unique_ptr<Store>(const std::filesystem::path& folder)> open;
};

class EveryStore : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override { store = GetParam().open(folder.path()); }
  void reopen() {
    store.reset();
    store = GetParam().open(folder.path());
  }

  bool apply(Change change, WallTime now = at(5000)) {
    return store->apply(std::vector<Change>{std::move(change)}, now).front();
  }
  Job stored(const std::string& id) { return store->find(id).value(); }
  Job add(Job job) {
    EXPECT_TRUE(apply(insertion(job)));
    return stored(job.id);
  }
  Job add_in(State state, int number, WallTime due, int priority = 0) {
    Job job = found(number);
    job.state = state;
    job.due = due;
    job.priority = priority;
    return add(job);
  }
  std::vector<std::string> due_ids(State state, WallTime now, std::size_t limit = 100) {
    std::vector<std::string> ids;
    for (const auto& job : store->due(state, now, limit)) ids.push_back(job.id);
    return ids;
  }
  std::vector<std::string> listed(const Filter& filter, const std::string& before = "",
                                  std::size_t limit = 100) {
    std::vector<std::string> ids;
    for (const auto& job : store->list(filter, before, limit)) ids.push_back(job.id);
    return ids;
  }
  std::vector<std::string> story(const std::string& id) {
    std::vector<std::string> told;
    for (const auto& [when, event] : store->events(id))
      told.push_back(fmt::format("{} {} {}", when.time_since_epoch().count(), event.what, event.detail));
    return told;
  }

  tests::TemporaryFolder folder;
  std::unique_ptr<Store> store;
};

Job with_everything_set() {
  Job job = found(1, at(1111));
  job.inbox = "/srv/in \xFF\n";
  job.name = std::string("a/\0 '\"\\ \xC3\x28 \xE2\x82\xAC.pdf", 18);
  job.profile = "invoices";
  job.settings = R"({"ocr_strategy":"All"})";
  job.priority = -7;
  job.state = State::collecting;
  job.due = at(2222);
  job.size_bytes = 5'000'000'000;
  job.sha256 = "ab12";
  job.tag = "tag0";
  job.task_id = "3f1c";
  job.intent_at = at(3333);
  job.submitted_at = at(4444);
  job.task_status = "Succeeded";
  job.attempts = 1;
  job.transient_failures = 2;
  job.possible_duplicates = 3;
  job.polls = 4;
  job.not_found = 5;
  job.empty_reads = 6;
  job.pages = 7;
  job.delivered_name = "a/\xFE~1.pdf";
  job.error_stage = "collect";
  job.error_code = "empty_output";
  job.error_message = "nothing in it";
  job.original_name = "a/\xFE~2.pdf";
  job.asked = Asked::cancel_or_remove;
  job.wanted_profile = "scans";
  job.wanted_settings = R"({"ocr_strategy":"Auto"})";
  job.may_resubmit = true;
  job.revision = 8;
  job.reused_from = "job-0009";
  job.spool = "/srv/\xff/spool";
  job.outbox = "/srv/outbox";
  job.shelf = "/srv/failed";
  job.took = Took::copied;
  job.spooled = "1:2:3:4";
  job.earlier_tasks = "t1 t2";
  return job;
}

void expect_same(const Job& a, const Job& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.inbox, b.inbox);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.source_identity, b.source_identity);
  EXPECT_EQ(a.found_at, b.found_at);
  EXPECT_EQ(a.profile, b.profile);
  EXPECT_EQ(a.settings, b.settings);
  EXPECT_EQ(a.settings_hash, b.settings_hash);
  EXPECT_EQ(a.priority, b.priority);
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.due, b.due);
  EXPECT_EQ(a.lease, b.lease);
  EXPECT_EQ(a.state_since, b.state_since);
  EXPECT_EQ(a.size_bytes, b.size_bytes);
  EXPECT_EQ(a.sha256, b.sha256);
  EXPECT_EQ(a.tag, b.tag);
  EXPECT_EQ(a.task_id, b.task_id);
  EXPECT_EQ(a.intent_at, b.intent_at);
  EXPECT_EQ(a.submitted_at, b.submitted_at);
  EXPECT_EQ(a.task_status, b.task_status);
  EXPECT_EQ(a.attempts, b.attempts);
  EXPECT_EQ(a.transient_failures, b.transient_failures);
  EXPECT_EQ(a.possible_duplicates, b.possible_duplicates);
  EXPECT_EQ(a.polls, b.polls);
  EXPECT_EQ(a.not_found, b.not_found);
  EXPECT_EQ(a.empty_reads, b.empty_reads);
  EXPECT_EQ(a.pages, b.pages);
  EXPECT_EQ(a.delivered_name, b.delivered_name);
  EXPECT_EQ(a.error_stage, b.error_stage);
  EXPECT_EQ(a.error_code, b.error_code);
  EXPECT_EQ(a.error_message, b.error_message);
  EXPECT_EQ(a.original_name, b.original_name);
  EXPECT_EQ(a.asked, b.asked);
  EXPECT_EQ(a.wanted_profile, b.wanted_profile);
  EXPECT_EQ(a.wanted_settings, b.wanted_settings);
  EXPECT_EQ(a.may_resubmit, b.may_resubmit);
  EXPECT_EQ(a.revision, b.revision);
  EXPECT_EQ(a.reused_from, b.reused_from);
  EXPECT_EQ(a.spool, b.spool);
  EXPECT_EQ(a.outbox, b.outbox);
  EXPECT_EQ(a.shelf, b.shelf);
  EXPECT_EQ(a.took, b.took);
  EXPECT_EQ(a.spooled, b.spooled);
  EXPECT_EQ(a.earlier_tasks, b.earlier_tasks);
}

TEST_P(EveryStore, GivesBackEveryFieldOfANewRowAsItCame) {
  Job job = with_everything_set();
  ASSERT_TRUE(apply(insertion(job), at(5000)));
  reopen();
  job.state_since = at(5000);
  expect_same(stored(job.id), job);
}

TEST_P(EveryStore, ATransitionChangesEveryFieldThatMayChangeAndNoOther) {
  const Job before = add(found(1));
  Transition transition{before.state, with_everything_set(), {"moved", ""}};
  transition.after.id = before.id;
  ASSERT_TRUE(apply(transition, at(6000)));
  Job expected = with_everything_set();
  expected.id = before.id;
  expected.inbox = before.inbox;
  expected.name = before.name;
  expected.source_identity = before.source_identity;
  expected.found_at = before.found_at;
  expected.lease = before.lease + 1;
  expected.state_since = at(6000);
  expect_same(stored(before.id), expected);
}

TEST_P(EveryStore, AnEmptyOptionalComesBackEmptyAfterItHadAValue) {
  Job job = with_everything_set();
  job.intent_at = job.submitted_at = std::nullopt;
  job.pages = std::nullopt;
  add(with_everything_set());
  ASSERT_TRUE(apply(Transition{job.state, job, {"moved", ""}}));
  EXPECT_EQ(stored(job.id).intent_at, std::nullopt);
  EXPECT_EQ(stored(job.id).submitted_at, std::nullopt);
  EXPECT_EQ(stored(job.id).pages, std::nullopt);
}

TEST_P(EveryStore, AJobThatIsNotThereIsNotFound) {
  EXPECT_FALSE(store->find("nobody"));
  EXPECT_THAT(store->events("nobody"), IsEmpty());
}

// --- guards

TEST_P(EveryStore, ATransitionFromAnotherStateChangesNothing) {
  const Job job = add(found(1));
  Transition late = moved(job, State::submitting);
  late.from = State::ready;
  EXPECT_FALSE(apply(late));
  expect_same(stored(job.id), job);
  EXPECT_EQ(story(job.id).size(), 1U);
}

TEST_P(EveryStore, ALateWriterHasLostItsLease) {
  const Job seen_by_both = add(found(1));
  ASSERT_TRUE(apply(moved(seen_by_both, State::claiming, "again later")));
  EXPECT_FALSE(apply(moved(seen_by_both, State::ready, "too late")));
  EXPECT_EQ(stored(seen_by_both.id).state, State::claiming);
  EXPECT_EQ(stored(seen_by_both.id).lease, seen_by_both.lease + 1);
  EXPECT_THAT(story(seen_by_both.id), ElementsAre("5000 found ", "5000 again later "));
}

TEST_P(EveryStore, TheSameTransitionTwiceInOneBatchTakesEffectOnce) {
  const Job job = add(found(1));
  const std::vector<Change> twice{moved(job, State::ready), moved(job, State::ready)};
  EXPECT_THAT(store->apply(twice, at(6000)), ElementsAre(true, false));
  EXPECT_EQ(stored(job.id).lease, 1);
}

TEST_P(EveryStore, ABatchIsAppliedInOrder) {
  Job job = found(1);
  Job later = job;
  later.state = State::ready;
  later.lease = 1;
  const std::vector<Change> batch{insertion(job), moved(job, State::ready), moved(later, State::submitting)};
  EXPECT_THAT(store->apply(batch, at(6000)), ElementsAre(true, true, true));
  EXPECT_EQ(stored(job.id).state, State::submitting);
  EXPECT_EQ(stored(job.id).lease, 2);
}

TEST_P(EveryStore, ABatchThatThrowsHasNoEffectAtAll) {
  add(found(1));
  Job same_name = found(2);
  same_name.name = found(1).name;
  same_name.state = State::ready;
  same_name = add(same_name);
  const std::vector<Change> batch{insertion(found(3)), moved(same_name, State::claiming)};
  EXPECT_THROW(store->apply(batch, at(6000)), StoreError) << "two jobs of one name in claiming";
  EXPECT_FALSE(store->find(found(3).id));
  expect_same(stored(same_name.id), same_name);
  EXPECT_TRUE(apply(insertion(found(4)))) << "and the store goes on";
}

TEST_P(EveryStore, AnEmptyBatchIsNothing) {
  EXPECT_THAT(store->apply({}, at(1)), IsEmpty());
}

TEST_P(EveryStore, ATransitionOfAJobThatIsNotThereIsRefused) {
  EXPECT_FALSE(apply(moved(found(1), State::ready)));
}

TEST_P(EveryStore, StateSinceStaysWhileTheStateStays) {
  const Job job = add(found(1));
  ASSERT_TRUE(apply(moved(job, State::claiming), at(7000)));
  EXPECT_EQ(stored(job.id).state_since, at(5000));
  ASSERT_TRUE(apply(moved(stored(job.id), State::ready), at(8000)));
  EXPECT_EQ(stored(job.id).state_since, at(8000));
}

// --- new rows

TEST_P(EveryStore, OfOneNameOnlyOneJobIsClaiming) {
  add(found(1));
  Job changed = found(2);
  changed.name = found(1).name;
  EXPECT_FALSE(apply(insertion(changed)));
  EXPECT_FALSE(store->find(changed.id));
  EXPECT_EQ(store->counts().at(static_cast<std::size_t>(State::claiming)), 1);
}

TEST_P(EveryStore, AFreeNameMayBeClaimedAgainByAnotherFile) {
  const Job first = add(found(1));
  ASSERT_TRUE(apply(moved(first, State::ready)));
  Job second = found(2);
  second.name = first.name;
  EXPECT_TRUE(apply(insertion(second)));
}

TEST_P(EveryStore, TheSameFileSeenTwiceIsOneJob) {
  const Job first = add(found(1));
  ASSERT_TRUE(apply(moved(first, State::done)));
  Job again = found(2);
  again.name = first.name;
  again.source_identity = first.source_identity;
  EXPECT_FALSE(apply(insertion(again)));
  again.inbox = "/srv/other";
  EXPECT_TRUE(apply(insertion(again))) << "another inbox, another document";
}

TEST_P(EveryStore, KnowsAFileByPlaceAndIdentity) {
  const Job job = add(with_everything_set());
  const auto rows = [&](const std::string& inbox, const std::string& name, const std::string& identity) {
    return store->standing_of(inbox, name, identity).rows;
  };
  EXPECT_EQ(rows(job.inbox, job.name, job.source_identity), 1);
  EXPECT_EQ(store->standing_of(job.inbox, job.name, job.source_identity).latest->id, job.id);
  EXPECT_EQ(rows(job.inbox, job.name, "another"), 0);
  EXPECT_EQ(rows(job.inbox, "another", job.source_identity), 0);
  EXPECT_EQ(rows("another", job.name, job.source_identity), 0);
}

TEST_P(EveryStore, SaysOfANameThatAnotherFileOfItIsBeingTaken) {
  const Job first = add(found(1));
  EXPECT_TRUE(store->standing_of(first.inbox, first.name, "another").name_is_claimed);
  EXPECT_FALSE(store->standing_of(first.inbox, first.name, first.source_identity).name_is_claimed)
      << "itself";
  ASSERT_TRUE(apply(moved(first, State::ready)));
  EXPECT_FALSE(store->standing_of(first.inbox, first.name, "another").name_is_claimed);
}

// Whoever inserts says what he has seen: a row that came, or was taken up again, meanwhile is not passed
// over.
TEST_P(EveryStore, AFileMayHaveANewRowOnlyForWhomKnowsThatAllItsRowsHaveEnded) {
  const Job first = add(found(1));
  Job again = found(2);
  again.name = first.name;
  again.source_identity = first.source_identity;
  const auto insert_knowing = [&](std::int64_t rows) {
    Insertion insertion_of_it = insertion(again);
    insertion_of_it.earlier = rows;
    return apply(insertion_of_it);
  };
  EXPECT_FALSE(insert_knowing(1)) << "it is being taken";
  ASSERT_TRUE(apply(moved(first, State::vanished)));
  EXPECT_FALSE(insert_knowing(0));
  EXPECT_FALSE(insert_knowing(2));
  const Job vanished = stored(first.id);
  ASSERT_TRUE(apply(moved(vanished, State::removing)));
  EXPECT_FALSE(insert_knowing(1)) << "a person wants something of it";
  ASSERT_TRUE(apply(moved(stored(first.id), State::vanished)));
  EXPECT_TRUE(insert_knowing(1));
  const auto standing = store->standing_of(first.inbox, first.name, first.source_identity);
  EXPECT_EQ(standing.rows, 2);
  EXPECT_EQ(standing.latest->id, again.id) << "the one that works on it";
}

TEST_P(EveryStore, KnowsWhichLinksMayHaveWhichTasks) {
  auto link = [&](int number, State state, int possible_duplicates, const char* task_id) {
    Job job = found(number, at(1000));
    job.name = fmt::format("{}.URL", number);
    job.state = state;
    job.possible_duplicates = possible_duplicates;
    job.intent_at = at(2000);
    job.task_id = task_id;
    job.earlier_tasks = number == 3 ? "earlier-1 earlier-2" : "";
    add(job);
  };
  link(1, State::submitting, 0, "");
  link(2, State::submitted, 0, "task-2");
  link(3, State::done, 1, "task-3");
  link(4, State::ready, 0, "");
  Job other = found(5);
  other.task_id = "task-5";
  other.state = State::submitting;
  other.intent_at = at(2000);
  add(other);

  for (const char* task : {"task-2", "task-3", "earlier-1", "earlier-2"})
    EXPECT_TRUE(store->link_has_task(task)) << task;
  for (const char* task : {"task-4", "task-5"}) EXPECT_FALSE(store->link_has_task(task)) << task;
  const auto in_doubt = [&](WallTime from, WallTime to) {
    std::set<std::string> names;
    for (const Job& job : store->links_in_doubt(from, to)) names.insert(job.name);
    return names;
  };
  EXPECT_EQ(in_doubt(at(0), at(9000)), (std::set<std::string>{"1.URL", "3.URL"}));
  EXPECT_EQ(in_doubt(at(2001), at(9000)), std::set<std::string>{"1.URL"}) << "it is sent still";
  EXPECT_EQ(in_doubt(at(0), at(999)), std::set<std::string>{}) << "found later";
}

// A row keeps the first of its intents.
TEST_P(EveryStore, ALinkThatWasSentAgainAndAgainMayHaveATaskOfAnyTimeSince) {
  Job job = found(1, at(1000));
  job.name = "1.url";
  job.state = State::submitted;
  job.possible_duplicates = 1;
  job.intent_at = at(2000);
  job.submitted_at = at(8000);
  add(job);
  EXPECT_EQ(store->links_in_doubt(at(7000), at(9000)).size(), 1U);
  EXPECT_EQ(store->links_in_doubt(at(8001), at(9000)).size(), 0U);
}

// --- what is due

TEST_P(EveryStore, ReadyJobsComeByPriorityThenByAge) {
  add_in(State::ready, 3, at(10), 0);
  add_in(State::ready, 1, at(30), 0);
  add_in(State::ready, 4, at(20), 5);
  add_in(State::ready, 2, at(20), -5);
  EXPECT_THAT(due_ids(State::ready, at(100)), ElementsAre("job-0004", "job-0001", "job-0003", "job-0002"));
  EXPECT_THAT(due_ids(State::ready, at(100), 2), ElementsAre("job-0004", "job-0001"));
}

TEST_P(EveryStore, ReadyJobsInBackoffWaitWhateverTheirPriority) {
  add_in(State::ready, 1, at(201), 9);
  add_in(State::ready, 2, at(200), 0);
  EXPECT_THAT(due_ids(State::ready, at(200)), ElementsAre("job-0002"));
}

TEST_P(EveryStore, ReadyJobsComeByProfileToo) {
  for (const int number : {1, 2, 3, 4}) {
    Job job = found(number);
    job.state = State::ready;
    job.due = at(number == 4 ? 9000 : 1000);
    job.profile = number == 2 ? "scans" : number == 4 ? "waits" : "default";
    add(job);
  }
  const auto ready = store->ready_by_profile(at(5000), 1, {});
  ASSERT_EQ(ready.size(), 3U);
  ASSERT_EQ(ready.at("default").size(), 1U) << "the limit is for each profile";
  EXPECT_EQ(ready.at("default").front().id, "job-0001");
  EXPECT_EQ(ready.at("scans").front().id, "job-0002");
  EXPECT_THAT(ready.at("waits"), IsEmpty());
}

TEST_P(EveryStore, OtherJobsComeByDueTimeThenInTheOrderOfArrival) {
  add_in(State::submitted, 1, at(30), 9);
  add_in(State::submitted, 3, at(10));
  add_in(State::submitted, 2, at(10));
  add_in(State::submitted, 4, at(31));
  EXPECT_THAT(due_ids(State::submitted, at(30)), ElementsAre("job-0003", "job-0002", "job-0001"));
  EXPECT_THAT(due_ids(State::collecting, at(30)), IsEmpty());
  EXPECT_THAT(due_ids(State::submitted, at(30), 0), IsEmpty());
}

TEST_P(EveryStore, NextDueIsTheFirstOfItsStateAfterATime) {
  EXPECT_EQ(store->next_due(State::ready, at(0)), std::nullopt);
  add_in(State::ready, 1, at(30));
  add_in(State::ready, 2, at(20));
  add_in(State::submitted, 3, at(10));
  EXPECT_EQ(store->next_due(State::ready, at(0)), at(20));
  EXPECT_EQ(store->next_due(State::ready, at(20)), at(30));
  EXPECT_EQ(store->next_due(State::ready, at(30)), std::nullopt);
  EXPECT_EQ(store->next_due(State::submitted, at(0)), at(10));
}

// --- what is told

TEST_P(EveryStore, AJobsStoryIsToldInOrder) {
  const Job job = add(found(1));
  add(found(2));
  Transition transition = moved(job, State::ready, "taken");
  transition.event.detail = "12 bytes";
  ASSERT_TRUE(apply(transition, at(4000)));  // the clock went back: the order stays
  EXPECT_THAT(story(job.id), ElementsAre("5000 found ", "4000 taken 12 bytes"));
}

TEST_P(EveryStore, CountsFollowEveryMove) {
  EXPECT_EQ(store->counts(), StateCounts{});
  const Job first = add(found(1));
  add(found(2));
  ASSERT_TRUE(apply(moved(first, State::ready)));
  ASSERT_FALSE(apply(moved(first, State::ready)));
  ASSERT_FALSE(apply(insertion(found(2))));
  ASSERT_TRUE(apply(moved(stored(first.id), State::ready)));
  StateCounts expected{};
  expected.at(static_cast<std::size_t>(State::claiming)) = 1;
  expected.at(static_cast<std::size_t>(State::ready)) = 1;
  reopen();
  EXPECT_EQ(store->counts(), expected);
}

TEST_P(EveryStore, TheOldestUnfinishedIsByWhenItWasFound) {
  EXPECT_EQ(store->oldest_unfinished(), std::nullopt);
  const Job older = add(found(2, at(500)));
  add(found(1, at(900)));
  EXPECT_EQ(store->oldest_unfinished(), at(500));
  ASSERT_TRUE(apply(moved(older, State::failed)));
  EXPECT_EQ(store->oldest_unfinished(), at(900));
}

TEST_P(EveryStore, NotesAreKeptAndReplaced) {
  EXPECT_EQ(store->note("pause.auth"), std::nullopt);
  store->set_note("pause.auth", "1");
  store->set_note("pause.auth", "");
  store->set_note("other", "x");
  reopen();
  EXPECT_EQ(store->note("pause.auth"), "");
  EXPECT_EQ(store->note("other"), "x");
}

TEST_P(EveryStore, AnEarlierResultIsFoundByBytesAndSettingsOnlyWhenItIsDone) {
  Job job = found(1);
  job.sha256 = "ab12";
  job.state = State::delivered;
  const Job before = add(job);
  EXPECT_EQ(store->delivered_like("ab12", "44136fa3", 9).size(), 0U);
  ASSERT_TRUE(apply(moved(before, State::done)));
  EXPECT_EQ(store->delivered_like("ab12", "44136fa3", 9).at(0).id, job.id);
  EXPECT_EQ(store->delivered_like("ab12", "other", 9).size(), 0U);
  EXPECT_EQ(store->delivered_like("cd34", "44136fa3", 9).size(), 0U);
}

TEST_P(EveryStore, OfSeveralEarlierResultsAllAreFoundTheLatestFirst) {
  for (const int number : {1, 2, 3}) {
    Job job = found(number);
    job.sha256 = "ab12";
    job.state = number == 3 ? State::failed : State::done;
    add(job);
  }
  const auto found = store->delivered_like("ab12", "44136fa3", 9);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].id, "job-0002");
  EXPECT_EQ(found[1].id, "job-0001");
  EXPECT_EQ(store->delivered_like("ab12", "44136fa3", 1).size(), 1U);
}

TEST_P(EveryStore, RowsOfAProfileThatIsHeldArePassedOver) {
  Job ready = found(1), wanted = found(2), ended = found(3);
  ready.state = State::ready;
  wanted.state = State::updating;
  ended.state = State::done;
  ready.profile = "old";
  wanted.wanted_profile = "new";
  wanted.wanted_settings = "{}";
  ended.profile = "gone";
  for (const Job& job : {ready, wanted, ended}) add(job);
  EXPECT_EQ(store->profiles(), (std::vector<std::string>{"new", "old"})) << "the profile that counts now";
  EXPECT_EQ(store->due(State::ready, at(5000), 9, {{}, {"old"}}).size(), 0U);
  EXPECT_EQ(store->due(State::ready, at(5000), 9, {{}, {"new", "default"}}).size(), 1U);
  EXPECT_EQ(store->due(State::updating, at(5000), 9, {{}, {"new"}}).size(), 0U);
  EXPECT_EQ(store->due(State::updating, at(5000), 9, {{}, {"default"}}).size(), 1U);
}

TEST_P(EveryStore, AnOriginalIsClaimedByEveryRowThatSaysItLiesThere) {
  Job first = found(1), second = found(2), pruned = found(3), old = found(4);
  for (Job* job : {&first, &second, &pruned}) job->shelf = "/srv/archive";
  for (Job* job : {&first, &second, &pruned, &old}) {
    job->state = State::done;
    job->original_name = "a.pdf";
  }
  second.original_name = "b.pdf";
  pruned.original_pruned = true;
  old.inbox = "/srv/other";
  for (const Job& job : {first, second, pruned, old}) add(job);
  EXPECT_FALSE(store->is_claimed_by_another(first, "/srv/archive", "a.pdf")) << "its own";
  EXPECT_TRUE(store->is_claimed_by_another(second, "/srv/archive", "a.pdf"));
  EXPECT_FALSE(store->is_claimed_by_another(second, "/srv/elsewhere", "a.pdf"));
  Job neighbour = found(5);
  neighbour.inbox = "/srv/other";
  EXPECT_TRUE(store->is_claimed_by_another(neighbour, "/srv/elsewhere", "a.pdf"))
      << "a row of an earlier release does not know its shelf";
}

TEST_P(EveryStore, TheEarlierResultOfADocumentIsTheLatestOfItsName) {
  for (const int number : {1, 2, 3, 4}) {
    Job job = found(number);
    job.name = "report.pdf";
    job.state = State::done;
    job.delivered_name = number == 3 ? "" : "report.pdf";
    add(job);
  }
  const Job last = found(4);
  EXPECT_EQ(store->delivered_as(last.inbox, "report.pdf", "job-0004").value().id, "job-0002");
  EXPECT_EQ(store->delivered_as(last.inbox, "report.pdf", "another").value().id, "job-0004");
  EXPECT_EQ(store->delivered_as("/other", "report.pdf", "another"), std::nullopt);
  EXPECT_EQ(store->delivered_as(last.inbox, "other.pdf", "another"), std::nullopt);
}

// --- for people who look for a document

TEST_P(EveryStore, JobsAreListedNewestFirstAPageAtATime) {
  for (const int number : {3, 1, 5, 2, 4}) add_in(static_cast<State>(number), number, at(0));
  EXPECT_THAT(listed({}), ElementsAre("job-0005", "job-0004", "job-0003", "job-0002", "job-0001"));
  EXPECT_THAT(listed({}, "", 2), ElementsAre("job-0005", "job-0004"));
  EXPECT_THAT(listed({}, "job-0004", 2), ElementsAre("job-0003", "job-0002"));
  EXPECT_THAT(listed({}, "job-0001"), IsEmpty());
  EXPECT_THAT(listed({}, "", 0), IsEmpty());
}

TEST_P(EveryStore, AFilterTakesWhatFitsAllOfIt) {
  int number = 0;
  for (const char* inbox : {"/in \xFF", "/srv/in"})
    for (const State state : {State::ready, State::failed, State::done})
      for (const char* error : {"", "bad_request", "empty_file"}) {
        Job job = found(++number);
        job.inbox = inbox;
        job.state = state;
        job.error_code = error;
        add(job);
      }
  EXPECT_EQ(listed({}).size(), 18U);
  EXPECT_EQ(listed({.states = {State::failed, State::ready}}).size(), 12U);
  EXPECT_EQ(listed({.inbox = "/in \xFF"}).size(), 9U);
  EXPECT_EQ(listed({.error_code = "bad_request"}).size(), 6U);
  const Filter all_of_it{
      .states = {State::failed, State::done}, .inbox = "/srv/in", .error_code = "empty_file"};
  EXPECT_THAT(listed(all_of_it), ElementsAre("job-0018", "job-0015"));
  EXPECT_THAT(listed({.inbox = "/nowhere"}), IsEmpty());
  EXPECT_THAT(listed({.states = {State::vanished}}), IsEmpty());
  EXPECT_THAT(listed({.error_code = "bad"}), IsEmpty());
  EXPECT_THAT(store->error_codes(), ElementsAre("bad_request", "empty_file"));
}

TEST_P(EveryStore, SinceTakesWhatWasFoundThenOrLater) {
  SystemRandom random;
  std::vector<std::string> ids;
  for (const int number : {1, 2, 3}) {
    Job job = found(number, at(number * 1000));
    job.id = make_job_id(job.found_at, random);
    ids.push_back(add(job).id);
  }
  EXPECT_THAT(listed({.since = at(2000)}), ElementsAre(ids[2], ids[1]));
  EXPECT_THAT(listed({.since = at(2001)}), ElementsAre(ids[2]));
  EXPECT_THAT(listed({.since = at(-5)}).size(), 3U);
}

// Small pages over many ranges: what a page leaves out because another range was first comes in a later one.
TEST_P(EveryStore, PagesTogetherAreTheWholeList) {
  std::vector<std::string> all;
  for (int number = 1; number <= 200; ++number) {
    Job job = found(number);
    job.inbox = "/srv/in" + std::to_string(number % 7);
    job.state = static_cast<State>(1 + number * number % kStateCount);
    all.insert(all.begin(), add(job).id);
  }
  for (const std::size_t page_size : {1U, 3U, 64U, 500U}) {
    std::vector<std::string> pages, page;
    do {
      page = listed({}, pages.empty() ? "" : pages.back(), page_size);
      pages.insert(pages.end(), page.begin(), page.end());
    } while (!page.empty());
    EXPECT_EQ(pages, all) << "pages of " << page_size;
  }
}

TEST_P(EveryStore, AJobIsFoundByTheBeginningOfItsId) {
  for (const int number : {1, 2, 12}) add(found(number));
  const auto beginning = [&](const std::string& prefix, std::size_t limit = 10) {
    std::vector<std::string> ids;
    for (const Job& job : store->with_prefix(prefix, limit)) ids.push_back(job.id);
    return ids;
  };
  EXPECT_THAT(beginning("job-000"), ElementsAre("job-0002", "job-0001"));
  EXPECT_THAT(beginning("job-0012"), ElementsAre("job-0012"));
  EXPECT_THAT(beginning("", 2), ElementsAre("job-0012", "job-0002"));
  EXPECT_THAT(beginning("job-1"), IsEmpty());
  EXPECT_THAT(beginning("job-00120"), IsEmpty());
}

TEST_P(EveryStore, AJobIsFoundByItsNameAndByTheNameItWasPutAwayUnder) {
  for (const int number : {1, 2, 3}) {
    Job job = found(number);
    job.name = number == 3 ? "other.pdf" : "a/\xFF.pdf";
    job.delivered_name = number == 1 ? "a/\xFF.pdf" : "a/\xFF~ab12.pdf";
    job.original_name = number == 1 ? "a/\xFF~old.pdf" : "";
    job.state = State::done;
    add(job);
  }
  EXPECT_EQ(store->named("/srv/in", "a/\xFF.pdf").value().id, "job-0002") << "the latest of that name";
  EXPECT_EQ(store->named("/srv/in", "a/\xFF.pdf", "a/\xFF.pdf").value().id, "job-0001");
  EXPECT_EQ(store->named("/srv/in", "a/\xFF.pdf", "a/\xFF~old.pdf").value().id, "job-0001");
  EXPECT_EQ(store->named("/srv/in", "a/\xFF.pdf", "elsewhere"), std::nullopt);
  EXPECT_EQ(store->named("/srv/in", "a/"), std::nullopt);
  EXPECT_EQ(store->named("/elsewhere", "a/\xFF.pdf"), std::nullopt);
}

TEST_P(EveryStore, TheOldestUnfinishedJobAndTheLastOneDone) {
  EXPECT_EQ(store->oldest_unfinished_job(), std::nullopt);
  EXPECT_TRUE(store->latest_in(State::done, 1).empty());
  add_in(State::done, 1, at(70));
  add_in(State::done, 2, at(90));
  add_in(State::done, 3, at(80));
  for (const int number : {4, 5}) {
    Job job = found(number, at(number == 4 ? 2000 : 1500));
    job.state = number == 4 ? State::ready : State::retrying;
    add(job);
  }
  EXPECT_EQ(store->oldest_unfinished_job().value().id, "job-0005");
  const auto latest = store->latest_in(State::done, 2);
  ASSERT_EQ(latest.size(), 2U);
  EXPECT_EQ(latest[0].id, "job-0002");
  EXPECT_EQ(latest[1].id, "job-0003");
}

TEST_P(EveryStore, SaysSinceWhenTheOldestOfEachStateIsInIt) {
  const auto since = [this](State state) {
    return store->oldest_by_state()[static_cast<std::size_t>(state)];
  };
  EXPECT_EQ(since(State::ready), std::nullopt);
  for (const int number : {1, 2}) {
    Job job = found(number, at(number * 100));
    job.state = State::ready;
    ASSERT_TRUE(apply(insertion(job), at(6000 + number)));
  }
  add_in(State::done, 3, at(5));
  EXPECT_EQ(since(State::ready), at(6001));
  EXPECT_EQ(since(State::submitted), std::nullopt);
  EXPECT_EQ(since(State::done), std::nullopt) << "an end";
}

// --- what was paid

constexpr std::int64_t kDay = 86'400'000;

TEST_P(EveryStore, WhatATransitionSpendsIsAddedToItsDay) {
  Job job = add(found(1));
  for (const auto when : {kDay - 2, kDay - 1, kDay}) {
    Transition transition = moved(job, job.state);
    transition.spent = {1, 20};
    ASSERT_TRUE(apply(transition, at(when)));
    job = stored(job.id);
  }
  reopen();
  EXPECT_EQ(store->spent_on(at(0)), (Spent{2, 40}));
  EXPECT_EQ(store->spent_on(at(kDay)), (Spent{1, 20})) << "the day turns at midnight UTC";
  EXPECT_EQ(store->spent_on(at(2 * kDay)), Spent{});
}

TEST_P(EveryStore, WhatWasPaidForGoesAlongWhenTheClockIsSetToAnotherDay) {
  Job job = add(found(1));
  const auto pay = [&](const Mark& now) {
    Transition transition = moved(job, job.state);
    transition.spent = {1, 20};
    const Change change = transition;
    ASSERT_EQ(store->apply({&change, 1}, now), std::vector{true});
    job = stored(job.id);
  };
  pay(at(5 * kDay));
  pay(Mark(at(5 * kDay + 1), at(5 * kDay + 1), at(2 * kDay)));
  reopen();
  EXPECT_EQ(store->spent_on(at(2 * kDay)), (Spent{2, 40})) << "the same day by another name";
  pay(Mark(at(5 * kDay + 2), at(5 * kDay + 2), at(9 * kDay)));
  EXPECT_EQ(store->spent_on(at(9 * kDay)), (Spent{3, 60}));
  pay(Mark(at(6 * kDay + 2), at(6 * kDay + 2), at(10 * kDay)));
  EXPECT_EQ(store->spent_on(at(10 * kDay)), (Spent{1, 20})) << "a day that was lived through";
}

// --- time

TEST_P(EveryStore, KnowsTheMomentOfItsLastChange) {
  EXPECT_EQ(store->clock(), std::nullopt);
  const Mark now(at(1), at(2), at(3));
  store->apply({}, now);
  reopen();
  EXPECT_EQ(store->clock(), now);
}

TEST_P(EveryStore, AnEndIsDatedByTheTimeThatWasLivedThrough) {
  const Job job = add(found(1));
  const Change end = moved(job, State::done);
  store->apply({&end, 1}, Mark(at(100), at(9000), at(7)));
  EXPECT_EQ(stored(job.id).due, at(100));
  EXPECT_EQ(stored(job.id).state_since, at(9000));
  Job read = stored(job.id);
  read.original_pruned = true;
  const Change pruned = moved(read, State::done);
  store->apply({&pruned, 1}, Mark(at(200), at(9100), at(8)));
  EXPECT_EQ(stored(job.id).due, at(100)) << "and stays when it was";
}

TEST_P(EveryStore, ALateTransitionSpendsNothing) {
  const Job job = add(found(1));
  Transition late = moved(job, State::submitted);
  late.after.lease += 1;
  late.spent = {1, 1};
  EXPECT_FALSE(apply(late));
  EXPECT_EQ(store->spent_on(at(5000)), Spent{});
}

// --- commands

Command wish(CommandKind kind, std::string job = {}) {
  return {.asked_at = at(700), .kind = kind, .job = std::move(job), .arguments = R"({"a":1})"};
}

TEST_P(EveryStore, CommandsArePendingInTheirOrderUntilTheyAreAnswered) {
  const auto first = store->ask(wish(CommandKind::remove, "job-0001"));
  const auto second = store->ask(wish(CommandKind::pause));
  reopen();
  const auto pending = store->pending_commands(10);
  ASSERT_EQ(pending.size(), 2U);
  EXPECT_EQ(pending[0].seq, first);
  EXPECT_EQ(pending[0].kind, CommandKind::remove);
  EXPECT_EQ(pending[0].job, "job-0001");
  EXPECT_EQ(pending[0].arguments, R"({"a":1})");
  EXPECT_EQ(pending[0].asked_at, at(700));
  EXPECT_EQ(store->pending_commands(1).size(), 1U);
  EXPECT_FALSE(store->answer_of(first).has_value());

  ASSERT_TRUE(apply(Answering{first, {CommandAnswer::Outcome::refused, "no such job"}}));
  EXPECT_EQ(store->pending_commands(10).front().seq, second);
  EXPECT_EQ(store->answer_of(first).value().outcome, CommandAnswer::Outcome::refused);
  EXPECT_EQ(store->answer_of(first).value().text, "no such job");
}

TEST_P(EveryStore, ACommandIsAnsweredTogetherWithItsTransitionOrNotAtAll) {
  const Job job = add(found(1));
  const auto seq = store->ask(wish(CommandKind::cancel, job.id));
  Transition late = moved(job, State::burying);
  late.after.lease += 1;
  EXPECT_FALSE(apply(Answering{seq, {}, late}));
  EXPECT_FALSE(store->answer_of(seq).has_value());

  EXPECT_TRUE(apply(Answering{seq, {}, moved(job, State::burying)}));
  EXPECT_EQ(stored(job.id).state, State::burying);
  EXPECT_FALSE(apply(Answering{seq, {}, moved(stored(job.id), State::failed)})) << "answered already";
  EXPECT_EQ(stored(job.id).state, State::burying);
}

INSTANTIATE_TEST_SUITE_P(, EveryStore,
                         ::testing::Values(Kind{"Sqlite",
                                                [](const std::filesystem::path& folder) {
                                                  return std::make_unique<SqliteStore>(folder / "queue.db");
                                                }}),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace chunkrd::queue
