// Names are used again: whose a file is, its name does not say.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/sha256.h"
#include "pipeline/original.h"
#include "pipeline/report.h"
#include "pipeline/retention.h"
#include "tests/unit/pipeline/world.h"

namespace chunkrd::pipeline {
namespace {

namespace fs = std::filesystem;
using queue::Job;
using queue::State;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

// A row whose original was put away as a.pdf.
Job add_put_away(SmallWorld& world, int number, State state, const fs::path& shelf, Duration age) {
  Job job = world.add(number, State::delivered, age);
  Job after = job;
  after.state = state;
  after.sha256 = sha256_hex("document");
  after.size_bytes = 8;
  after.original_name = "a.pdf";
  after.shelf = shelf.native();
  if (state == State::failed) after.error_code = "task_failed";
  const queue::Change change = queue::Transition{State::delivered, after, {"ended", ""}};
  Mark then = world.clock.mark();
  then.lived -= age;
  world.store.apply(std::span(&change, 1), then);
  return world.store.find(job.id).value();
}

// Of originals over an hour old.
bool prune_archive(SmallWorld& world) {
  config::Settings settings = world.settings();
  settings.retention = {.finished_after = std::nullopt,
                        .finished_keep = 0,
                        .archive_after = std::chrono::seconds(3600),
                        .archive_keep = 0};
  world.context.rules = make_rules(settings);
  Retention retention(world.context);
  retention.begin_anew();
  bool ended = false;
  asio::co_spawn(
      world.loop,
      [](Retention& its) -> awaitable<void> {
        for (int i = 0; i < 6; ++i) co_await its.step();
      }(retention),
      [&](std::exception_ptr) { ended = true; });
  return world.until([&] { return ended; });
}

TEST(Retention, LeavesAYoungerDocumentsOriginalOfTheSameName) {
  SmallWorld world;
  const fs::path archive = world.folder / "archive";
  const Job older = add_put_away(world, 1, State::done, archive, std::chrono::hours(2));
  const Job younger = add_put_away(world, 2, State::done, archive, Duration::zero());
  write(archive / "a.pdf", "document");
  ASSERT_TRUE(prune_archive(world));
  EXPECT_TRUE(world.store.find(older.id)->original_pruned);
  EXPECT_TRUE(fs::exists(archive / "a.pdf")) << "it is the younger one's, and not over its bound";
  EXPECT_FALSE(world.store.find(younger.id)->original_pruned);
}

TEST(Retention, DeletesAnOriginalWhoseNameTwoOldDocumentsHave) {
  SmallWorld world;
  const fs::path archive = world.folder / "archive";
  for (const int number : {1, 2})
    add_put_away(world, number, State::done, archive, std::chrono::hours(5 - number));
  write(archive / "a.pdf", "document");
  ASSERT_TRUE(prune_archive(world));
  EXPECT_FALSE(fs::exists(archive / "a.pdf"));
  for (const Job& job : world.store.list({}, {}, 10)) EXPECT_TRUE(job.original_pruned) << job.id;
}

// The older one cannot give it up meanwhile: its task is being deleted.
TEST(Retention, DeletesAnOriginalAlsoWhileTheRowOfAnotherOneOfItsNameIsBusy) {
  SmallWorld world;
  const fs::path archive = world.folder / "archive";
  Job older = add_put_away(world, 1, State::done, archive, std::chrono::hours(5));
  add_put_away(world, 2, State::done, archive, std::chrono::hours(4));
  Job after = older;
  after.state = State::removing;
  after.sha256 = sha256_hex("another document");
  const queue::Change change = queue::Transition{State::done, after, {"removing", ""}};
  world.store.apply(std::span(&change, 1), world.clock.mark());
  write(archive / "a.pdf", "document");
  ASSERT_TRUE(prune_archive(world));
  EXPECT_FALSE(fs::exists(archive / "a.pdf"));
}

TEST(Failed, HoldsTheDocumentThatItsReportNames) {
  SmallWorld world;
  const fs::path failed = world.folder / "failed";
  const Job first = add_put_away(world, 1, State::failed, failed, Duration::zero());
  const Job second = add_put_away(world, 2, State::failed, failed, Duration::zero());
  write(failed / "a.pdf", "another document");
  const auto& shelf = world.context.rules->place_of(first)->failed;
  EXPECT_FALSE(original::is_in_failed(shelf, "a.pdf", first, true)) << "nothing tells whose it is";
  EXPECT_TRUE(original::is_in_failed(shelf, "a.pdf", first, false)) << "nobody else says that it is his";
  write(failed / "a.pdf.error.json", failure_report(second, world.clock.now()));
  EXPECT_FALSE(original::is_in_failed(shelf, "a.pdf", first, false));
  EXPECT_TRUE(original::is_in_failed(shelf, "a.pdf", second, true));
}

TEST(Retry, DoesNotTakeAnothersDocument) {
  SmallWorld world;
  const fs::path failed = world.folder / "failed";
  const Job first = add_put_away(world, 1, State::failed, failed, Duration::zero());
  const Job second = add_put_away(world, 2, State::failed, failed, Duration::zero());
  write(failed / "a.pdf", "another document");
  write(failed / "a.pdf.error.json", failure_report(second, world.clock.now()));
  Job retried = first;
  retried.state = State::retrying;
  retried.due = world.clock.now();
  const queue::Change change = queue::Transition{State::failed, retried, {"retry", ""}};
  world.store.apply(std::span(&change, 1), world.clock.mark());
  asio::co_spawn(world.loop, world.scheduler.run(), asio::detached);
  EXPECT_TRUE(world.until([&] { return world.store.find(first.id)->state == State::failed; }));
  EXPECT_TRUE(fs::exists(failed / "a.pdf"));
  EXPECT_TRUE(fs::exists(failed / "a.pdf.error.json"));
  world.scheduler.stop();
  world.until([&] { return world.scheduler.steps_running() == 0; });
}

}  // namespace
}  // namespace chunkrd::pipeline
