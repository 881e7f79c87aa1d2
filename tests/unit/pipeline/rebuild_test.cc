// Rows that are made again from what lies in the folders.
#include <gtest/gtest.h>

#include <fstream>

#include "core/ids.h"
#include "core/sha256.h"
#include "pipeline/original.h"
#include "pipeline/rebuild/older.h"
#include "pipeline/rebuild/recovery.h"
#include "pipeline/report.h"
#include "pipeline/sidecar.h"
#include "pipeline/traces.h"
#include "tests/support/temporary_folder.h"

namespace chunkrd::pipeline::rebuild {
namespace {

namespace fs = std::filesystem;
using queue::State;

const std::string kId = "01hzzzzzzz0123456789abcdef";

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

// A document that was delivered, whose original is still in a spool.
class RebuildTest : public testing::Test {
 protected:
  RebuildTest() {
    for (const char* name : {"inbox", "state"}) fs::create_directory(home_.path() / name);
    config::Settings settings;
    settings.state = state();
    config::Inbox inbox;
    inbox.path = home_.path() / "inbox";
    inbox.outbox = home_.path() / "outbox";
    inbox.failed = home_.path() / "failed";
    inbox.archive = home_.path() / "archive";
    settings.inboxes.push_back(inbox);
    settings.profiles["default"];
    rules_ = make_rules(settings);
  }

  fs::path state() const { return home_.path() / "state"; }
  const Place& place() const { return *rules_->places.begin()->second; }
  fs::path manifest() const { return home_.path() / "outbox/.chunkrd/manifests" / (kId + ".json"); }

  void deliver(const std::string& original) const { deliver(original, place().outbox); }
  static void deliver(const std::string& original, outbox::Outbox outbox) {
    const fs::path result = outbox.prepare(kId) / "result.json";
    write(result, "{}");
    const outbox::Origin origin{.job_id = kId,
                                .name = "a.txt",
                                .task_id = "task",
                                .input_sha256 = sha256_hex(original),
                                .settings_hash = "settings"};
    outbox.publish(origin, origin.name, {{".json", result}});
  }

  queue::Job rebuilt(const Listed& listed = {}) const {
    queue::SqliteStore store{state() / "queue.sqlite", {.durability = queue::Durability::none}};
    Recovery(store, rules_, state(), listed, now()).take();
    return store.find(kId).value();
  }

  static WallTime now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

  // What an older queue says of the document.
  queue::Job old_row(State state) const {
    queue::Job job;
    job.id = kId;
    job.inbox = place().rules.path.native();
    job.name = "a.txt";
    job.source_identity = "1-2-3-4";
    job.found_at = time_of_job_id(kId).value();
    job.profile = "default";
    job.settings = "{}";
    job.settings_hash = sha256_hex("{}");
    job.state = state;
    return job;
  }
  void keep(queue::Job job) const {
    queue::SqliteStore store{state() / "queue.sqlite", {.durability = queue::Durability::none}};
    const queue::Change change = queue::Insertion{std::move(job), {"found", ""}};
    ASSERT_TRUE(store.apply({&change, 1}, now()).front());
  }

  // The task list, read whole, with these tasks of the document, the newest first.
  static Listed listing(const std::vector<std::pair<std::string, taskapi::Status>>& tasks) {
    Listed listed;
    listed.read_at = now();
    for (const auto& [id, status] : tasks) {
      taskapi::Task task;
      task.task_id = id;
      task.status = status;
      listed.by_mark[job_mark(kId)].push_back(task);
    }
    return listed;
  }

  // As the service gave it.
  static std::string result_of(const std::string& job_id) {
    return R"({"task_id":"t1","status":"Succeeded","created_at":"2026-01-01T00:00:00Z","message":"",)"
           R"("configuration":{},"output":{"file_name":"a-)" +
           job_mark(job_id) +
           R"(0001.txt","page_count":1,"chunks":[{"chunk_id":"c","chunk_length":1,"segments":[]}]}})";
  }

  void expect_put_away(queue::Job job) const {
    job.bound_for = original::bound_for(place().rules);
    const auto outcome = original::put_away(home_of(place(), job), job);
    const auto* returned = std::get_if<lifecycle::Returned>(&outcome);
    EXPECT_EQ(returned, nullptr) << returned->told;
    EXPECT_TRUE(fs::exists(home_.path() / "archive/a.txt"));
  }

  tests::TemporaryFolder home_;
  std::shared_ptr<const Rules> rules_;
};

TEST_F(RebuildTest, TheOriginalOfWhatWasDeliveredIsPutAwayAsItIs) {
  write(state() / "spool" / kId, "document");
  deliver("document");
  const queue::Job job = rebuilt();
  EXPECT_EQ(job.state, State::delivered);
  EXPECT_EQ(job.size_bytes, 8U);
  expect_put_away(job);
}

TEST_F(RebuildTest, SoIsOneWhoseDeliveryHadNoManifestYet) {
  write(state() / "spool" / kId, "document");
  deliver("document");
  fs::create_directory(home_.path() / "outbox/.chunkrd/tmp" / kId);
  fs::rename(manifest(), home_.path() / "outbox/.chunkrd/tmp" / kId / ".intent");
  const queue::Job job = rebuilt();
  EXPECT_EQ(job.state, State::delivering);
  expect_put_away(job);
}

TEST_F(RebuildTest, SoIsOneInTheSpoolThatWasUsedBefore) {
  write(place().rules.path / ".chunkrd/spool" / kId, "document");
  deliver("document");
  const queue::Job job = rebuilt();
  EXPECT_EQ(job.state, State::delivered);
  expect_put_away(job);
}

// The daemon's sandbox is in the way of a rename into the state folder; who rebuilds it has none.
TEST_F(RebuildTest, ADocumentInTheOtherSpoolOfItsInboxIsTakenBackWithoutARow) {
  const fs::path spool = place().rules.path / ".chunkrd/spool";
  ASSERT_NE(place().spool.folder(), spool);
  write(spool / kId, "document");
  const queue::Job job = rebuilt(listing({}));
  EXPECT_EQ(job.state, State::submitting);
  EXPECT_EQ(job.spool, spool.native());
}

TEST_F(RebuildTest, AnOutboxThatIsNotConfiguredAnyMoreIsReadWhereARowThatCameBackKnowsOfIt) {
  const fs::path before = home_.path() / "outbox of last year";
  deliver("document", outbox::Outbox(before, outbox::Layout::flat));
  write(home_.path() / "archive/a.txt", "document");
  {
    queue::SqliteStore store{state() / "queue.sqlite", {.durability = queue::Durability::none}};
    queue::Job other;
    other.id = "01hyyyyyyy0123456789abcdef";
    other.inbox = place().rules.path.native();
    other.name = "b.txt";
    other.source_identity = "another";
    other.state = State::done;
    other.outbox = before.native();
    const WallTime now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    store.apply(std::vector<queue::Change>{queue::Insertion{other, {}}}, now);
  }
  const queue::Job job = rebuilt();
  EXPECT_EQ(job.state, State::done);
  EXPECT_EQ(job.outbox, before);
  EXPECT_EQ(job.delivered_name, "a.txt");
}

TEST_F(RebuildTest, WhatHasNoOriginalAnyMoreCanBeDeliveredAnew) {
  deliver("document");
  queue::Job job = rebuilt();
  EXPECT_EQ(job.state, State::done);
  EXPECT_TRUE(job.original_pruned);
  job.state = State::delivered;
  EXPECT_TRUE(std::holds_alternative<lifecycle::Stored>(original::put_away(home_of(place(), job), job)))
      << "a reprocess would never come to its end";
}

TEST_F(RebuildTest, TheSidecarBesideAnArchivedOriginalIsKnown) {
  deliver("document");
  write(home_.path() / "archive/a.txt", "document");
  write(home_.path() / "archive/a.txt.chunkr.yaml", "priority: 1");
  const queue::Job job = rebuilt();
  EXPECT_FALSE(job.original_pruned);
  sidecar::remove_archived(*place().archive, job, job.original_name);
  EXPECT_FALSE(fs::exists(home_.path() / "archive/a.txt.chunkr.yaml"))
      << "it would stay when its document goes";
}

TEST_F(RebuildTest, AnOriginalThatWasChangedGoesBackIntoTheInbox) {
  write(state() / "spool" / kId, "another!");
  deliver("document");
  queue::Job job = rebuilt();
  job.bound_for = original::bound_for(place().rules);
  EXPECT_TRUE(std::holds_alternative<lifecycle::Returned>(original::put_away(home_of(place(), job), job)));
  EXPECT_TRUE(fs::exists(home_.path() / "inbox/a.txt"));
}

TEST_F(RebuildTest, ARowThatWasToBeClaimedFollowsTheTaskThatItDoesNotKnow) {
  keep(old_row(State::claiming));
  write(state() / "spool" / kId, "document");
  const queue::Job job = rebuilt(listing({{"t1", taskapi::Status::Processing}}));
  EXPECT_EQ(job.state, State::submitted);
  EXPECT_EQ(job.task_id, "t1") << "it would be paid again";
  EXPECT_EQ(job.sha256, sha256_hex("document"));
  EXPECT_EQ(job.size_bytes, 8U);
}

TEST_F(RebuildTest, SoDoesOneThatIsTriedAgain) {
  queue::Job row = old_row(State::retrying);
  row.task_id = "t1";
  row.task_status = "Failed";
  row.error_code = "task_failed";
  row.original_name = "a.txt";
  row.attempts = 3;
  keep(row);
  write(state() / "spool" / kId, "document");
  const queue::Job job =
      rebuilt(listing({{"t2", taskapi::Status::Starting}, {"t1", taskapi::Status::Failed}}));
  EXPECT_EQ(job.state, State::submitted);
  EXPECT_EQ(job.task_id, "t2");
  EXPECT_EQ(job.error_code, "");
  EXPECT_EQ(job.original_name, "");
}

TEST_F(RebuildTest, WithoutTheListWhatMayBeSubmittedIsLookedForFirst) {
  keep(old_row(State::claiming));
  write(state() / "spool" / kId, "document");
  EXPECT_EQ(rebuilt().state, State::submitting);
}

TEST_F(RebuildTest, SoItIsWhereTheListDoesNotHaveItYet) {
  keep(old_row(State::claiming));
  write(state() / "spool" / kId, "document");
  EXPECT_EQ(rebuilt(listing({})).state, State::submitting);
}

TEST_F(RebuildTest, ANewerTaskThanTheRowKnowsIsFollowed) {
  queue::Job row = old_row(State::submitted);
  row.sha256 = sha256_hex("document");
  row.task_id = "t1";
  row.tag = job_mark(kId) + "0001";
  keep(row);
  write(state() / "spool" / kId, "document");
  const queue::Job job =
      rebuilt(listing({{"t2", taskapi::Status::Processing}, {"t1", taskapi::Status::Failed}}));
  EXPECT_EQ(job.task_id, "t2");
  EXPECT_EQ(job.attempts, 1);
  EXPECT_EQ(job.earlier_tasks, "t1");
}

TEST_F(RebuildTest, AManifestInTheOutboxWinsOverAnyOlderRow) {
  for (const State state_then : {State::claiming, State::submitted, State::collecting, State::delivering,
                                 State::retrying, State::failed, State::burying}) {
    fs::remove_all(state() / "queue.sqlite");
    queue::Job row = old_row(state_then);
    row.sha256 = sha256_hex("document");
    row.task_id = "task";
    row.tag = job_mark(kId);
    row.intent_at = row.found_at;
    if (state_then == State::failed || state_then == State::burying) row.error_code = "task_lost";
    keep(row);
    if (!fs::exists(manifest())) deliver("document");
    write(home_.path() / "archive/a.txt", "document");
    const queue::Job job = rebuilt(listing({}));
    EXPECT_EQ(job.state, State::done) << queue::to_string(state_then);
    EXPECT_EQ(job.delivered_name, "a.txt");
    EXPECT_EQ(job.error_code, "");
    EXPECT_EQ(job.original_name, "a.txt");
  }
}

TEST_F(RebuildTest, AReprocessThatIsUnderWayIsNewerThanTheManifest) {
  queue::Job row = old_row(State::reparsing);
  row.sha256 = sha256_hex("document");
  row.task_id = "task";
  row.delivered_name = "a.txt";
  row.revision = 1;
  row.wanted_profile = "default";
  row.wanted_settings = R"({"ocr_strategy":"All"})";
  keep(row);
  deliver("document");
  EXPECT_EQ(rebuilt(listing({{"task", taskapi::Status::Processing}})).state, State::reparsing);
}

TEST_F(RebuildTest, ADocumentInTheSpoolIsNotForgottenByARowThatHasEnded) {
  queue::Job row = old_row(State::failed);
  row.error_code = "task_failed";
  row.task_id = "t1";
  keep(row);
  write(state() / "spool" / kId, "document");
  const queue::Job job = rebuilt(listing({{"t1", taskapi::Status::Failed}}));
  EXPECT_EQ(job.state, State::submitting) << "it was tried again since";
  EXPECT_EQ(job.task_id, "") << "that came of the try before";
  EXPECT_EQ(job.earlier_tasks, "t1");
}

TEST_F(RebuildTest, AReportInFailedIsNewerThanARowThatIsUnderWay) {
  queue::Job row = old_row(State::submitted);
  row.sha256 = sha256_hex("document");
  row.task_id = "t1";
  row.tag = job_mark(kId);
  keep(row);
  queue::Job failed = row;
  failed.error_stage = "poll";
  failed.error_code = "task_failed";
  failed.error_message = "no";
  write(home_.path() / "failed/a.txt", "document");
  write(home_.path() / "failed/a.txt.error.json", failure_report(failed, now()));
  const queue::Job job = rebuilt(listing({{"t1", taskapi::Status::Failed}}));
  EXPECT_EQ(job.state, State::failed);
  EXPECT_EQ(job.original_name, "a.txt");
  EXPECT_EQ(job.shelf, (home_.path() / "failed").native());
}

// Without an old queue nothing but the state folder knows of them.
TEST_F(RebuildTest, FoldersOfAnEarlierConfigurationAreKnownByWhatTheStateFolderRemembers) {
  const fs::path outbox = home_.path() / "outbox-before", archive = home_.path() / "archive-before";
  const fs::path failed = home_.path() / "failed-before";
  for (const fs::path& folder : {outbox, archive, failed})
    (void)Ground(folder, state(), Ground::Kind::open).open();
  deliver("document", outbox::Outbox(outbox, outbox::Layout::flat));
  write(archive / "a.txt", "document");
  queue::Job lost = old_row(State::failed);
  lost.id = "01hyyyyyyy0123456789abcdef";
  lost.name = "b.txt";
  lost.error_code = "task_failed";
  write(failed / "b.txt", "other");
  write(failed / "b.txt.error.json", failure_report(lost, now()));

  const queue::Job job = rebuilt();
  EXPECT_EQ(job.state, State::done);
  EXPECT_EQ(job.outbox, outbox);
  EXPECT_EQ(job.shelf, archive);
  EXPECT_FALSE(job.original_pruned);
  queue::SqliteStore store{state() / "queue.sqlite", {.durability = queue::Durability::none}};
  const auto failure = store.find(lost.id);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->shelf, failed);
}

TEST_F(RebuildTest, AFolderThatHasAnotherMarkByNowIsNotOurs) {
  const fs::path outbox = home_.path() / "outbox-before";
  (void)Ground(outbox, state(), Ground::Kind::open).open();
  deliver("document", outbox::Outbox(outbox, outbox::Layout::flat));
  write(outbox / ".chunkrd/id", "of-another-installation\n");
  queue::SqliteStore store{state() / "queue.sqlite", {.durability = queue::Durability::none}};
  Recovery(store, rules_, state(), {}, now()).take();
  EXPECT_FALSE(store.find(kId));
}

// Retention has forgotten it since: no row, no manifest, no original.
TEST_F(RebuildTest, WhatLiesInTheOutboxWithoutAManifestIsNotDeliveredAnew) {
  for (const State state_then :
       {State::ready, State::submitting, State::submitted, State::collecting, State::delivering}) {
    SCOPED_TRACE(queue::to_string(state_then));
    for (const char* ending : {"", "-wal", "-shm"})
      fs::remove(state() / ("queue.sqlite" + std::string(ending)));
    queue::Job row = old_row(state_then);
    row.sha256 = sha256_hex("document");
    if (state_then != State::ready) row.tag = job_mark(kId) + "0001", row.intent_at = row.found_at;
    keep(row);
    write(home_.path() / "outbox/a.txt.json", result_of(kId));
    const queue::Job job = rebuilt(listing({}));
    EXPECT_EQ(job.state, State::done);
    EXPECT_EQ(job.delivered_name, "a.txt");
    EXPECT_EQ(job.error_code, "");
  }
}

// Of another document with the same name: a result, a report, an original.
TEST_F(RebuildTest, WhatIsAnotherDocumentsIsNoTraceOfThisOne) {
  const std::string other = "01hyyyyyyyfedcba9876543210";
  queue::Job row = old_row(State::ready);
  row.sha256 = sha256_hex("document");
  queue::Job reported = old_row(State::failed);
  reported.id = other;
  write(place().rules.outbox / "a.txt.json", result_of(other));
  write(place().rules.failed / "a.txt", "another document");
  write(place().rules.failed / "a.txt.error.json", failure_report(reported, now()));
  write(*place().rules.archive / "a.txt", "another document");
  const lifecycle::Traces traces = traces_of(place(), row);
  EXPECT_FALSE(traces.result);
  EXPECT_FALSE(traces.reported);
  EXPECT_FALSE(traces.original);

  row.id = other;
  row.sha256 = sha256_hex("another document");
  const lifecycle::Traces its_own = traces_of(place(), row);
  EXPECT_TRUE(its_own.result && its_own.reported && its_own.original);
  fs::remove(place().rules.failed / "a.txt.error.json");
  const auto original = traces_of(place(), row).original;
  EXPECT_TRUE(original && original->shelf == place().rules.archive->native());
}

TEST_F(RebuildTest, WithoutTheListAtLeastWhatWasDeliveredTodayIsSpent) {
  deliver("document");
  queue::SqliteStore store{state() / "queue.sqlite", {.durability = queue::Durability::none}};
  Recovery(store, rules_, state(), {}, now()).take();
  EXPECT_EQ(store.spent_on(now()).documents, 1);
}

TEST_F(RebuildTest, ARowOfOneAttemptIsLookedForByWhatAllAttemptsHaveInCommon) {
  queue::Job row = old_row(State::submitting);
  row.sha256 = sha256_hex("document");
  row.tag = job_mark(kId) + "0001";
  row.intent_at = row.found_at;
  keep(row);
  write(state() / "spool" / kId, "document");
  EXPECT_EQ(rebuilt(listing({})).tag, job_mark(kId));
}

TEST_F(RebuildTest, AQueueThatIsNotOlderIsLeftAsItIs) {
  keep(old_row(State::ready));
  queue::SqliteStore store{state() / "queue.sqlite", {.durability = queue::Durability::none}};
  EXPECT_FALSE(bring_up_to_date(store, rules_, state(), now()));
  EXPECT_EQ(store.find(kId)->state, State::ready);
}

TEST_F(RebuildTest, AnOlderQueueSubmitsNothingThatWasNotLookedFor) {
  queue::Job row = old_row(State::ready);
  row.sha256 = sha256_hex("document");
  keep(row);
  write(state() / "spool" / kId, "document");
  const std::string newer = "01hyyyyyyy0123456789abcdef";
  write(state() / "spool" / newer, "taken since");
  queue::SqliteStore store{state() / "queue.sqlite", {.durability = queue::Durability::none}};
  store.set_note(queue::kOlderNote, "2026-01-01");
  ASSERT_TRUE(bring_up_to_date(store, rules_, state(), now()));
  EXPECT_EQ(store.find(kId)->state, State::submitting);
  ASSERT_TRUE(store.find(newer)) << "it would lie in the spool for ever";
  EXPECT_EQ(store.find(newer)->state, State::submitting);
  EXPECT_EQ(store.note(queue::kOlderNote), "");
}

}  // namespace
}  // namespace chunkrd::pipeline::rebuild
