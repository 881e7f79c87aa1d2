// Rows that are made again from what lies in the folders.
#include <gtest/gtest.h>

#include <fstream>

#include "core/sha256.h"
#include "pipeline/original.h"
#include "pipeline/rebuild/recovery.h"
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

  queue::Job rebuilt() const {
    queue::SqliteStore store{state() / "queue.sqlite", {.durability = queue::Durability::none}};
    const WallTime now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    Recovery(store, rules_, state(), Listed(), now).take();
    return store.find(kId).value();
  }

  void expect_put_away(const queue::Job& job) const {
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

TEST_F(RebuildTest, AnOriginalThatWasChangedGoesBackIntoTheInbox) {
  write(state() / "spool" / kId, "another!");
  deliver("document");
  const queue::Job job = rebuilt();
  EXPECT_TRUE(std::holds_alternative<lifecycle::Returned>(original::put_away(home_of(place(), job), job)));
  EXPECT_TRUE(fs::exists(home_.path() / "inbox/a.txt"));
}

}  // namespace
}  // namespace chunkrd::pipeline::rebuild
