// A queue that has not come as far as it was: a copy of an earlier day, a lost log, another one in its place.
#include <gtest/gtest.h>

#include <filesystem>

#include "queue/sqlite/high_water.h"
#include "queue/sqlite/replacement.h"
#include "queue/sqlite/sqlite_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/queue/jobs.h"

namespace chunkrd::queue {
namespace {

namespace fs = std::filesystem;

class AnOlderQueue : public ::testing::Test {
 protected:
  static void work(const fs::path& file, int number, std::int64_t until) {
    SqliteStore store(file, {.durability = Durability::none});
    const Change change = insertion(found(number));
    store.apply({&change, 1}, at(until));
  }
  static std::string noted(const fs::path& file, Access access = Access::own) {
    SqliteStore store(file, {.access = access, .durability = Durability::none});
    return store.note(kOlderNote).value_or("");
  }
  void remove_queue() const {
    for (const std::string_view ending : kDatabaseFiles) fs::remove(file.native() + std::string(ending));
  }
  // Into the same file, as cp(1) does it.
  void put_back(const fs::path& copy) const {
    for (const std::string_view ending : kDatabaseFiles)
      if (!ending.empty()) fs::remove(file.native() + std::string(ending));
    fs::copy_file(copy, file, fs::copy_options::overwrite_existing);
  }

  tests::TemporaryFolder folder;
  const fs::path file = folder / "queue.sqlite";
  const fs::path backup = folder / "backup";
};

TEST_F(AnOlderQueue, IsNotOneThatIsOpenedAgain) {
  work(file, 1, 1000);
  work(file, 2, 2000);
  EXPECT_EQ(noted(file), "");
}

TEST_F(AnOlderQueue, IsACopyOfAnEarlierDay) {
  work(file, 1, 1000);
  fs::copy_file(file, backup);
  work(file, 2, 2000);
  put_back(backup);
  EXPECT_NE(noted(file), "");
  work(file, 3, 9000);
  EXPECT_NE(noted(file), "") << "it stays noted until somebody has seen to it, however far it comes";
}

TEST_F(AnOlderQueue, IsNotedByACommandThatWritesInItFirst) {
  work(file, 1, 1000);
  fs::copy_file(file, backup);
  work(file, 2, 2000);
  put_back(backup);
  EXPECT_NE(noted(file, Access::change), "");
}

TEST_F(AnOlderQueue, IsOneThatHasLostItsLog) {
  work(file, 1, 1000);
  {
    SqliteStore store(file, {.durability = Durability::none});
    const Change change = insertion(found(2));
    store.apply({&change, 1}, at(2000));
    fs::copy_file(file, backup);  // what is not in the log
  }
  put_back(backup);
  EXPECT_NE(noted(file), "");
}

TEST_F(AnOlderQueue, IsAnotherOneInItsPlace) {
  work(file, 1, 1000);
  remove_queue();
  EXPECT_NE(noted(file), "");
}

TEST_F(AnOlderQueue, IsAnotherOneAlsoWhereThatHasComeFurther) {
  work(file, 1, 1000);
  work(backup, 1, 5000);
  remove_queue();
  fs::rename(backup, file);
  EXPECT_NE(noted(file), "");
}

// With the whole folder nothing lies beside it that has come further.
TEST_F(AnOlderQueue, IsACopyOfAnyKindThatWasPutInItsPlace) {
  work(file, 1, 1000);
  fs::copy_file(file, backup);
  fs::rename(backup, file);
  if (birth_of(file).empty()) GTEST_SKIP() << "this filesystem does not tell when a file was made";
  EXPECT_NE(noted(file), "");
  SqliteStore(file, {.durability = Durability::none}).set_note(kOlderNote, "");
  EXPECT_EQ(noted(file), "") << "told once";
}

TEST_F(AnOlderQueue, IsNotTheQueueOfAnEarlierRelease) {
  work(file, 1, 1000);
  SqliteStore(file, {.durability = Durability::none}).set_note("birth", "");
  fs::remove(folder / "queue.latest");
  EXPECT_EQ(noted(file), "");
}

TEST_F(AnOlderQueue, IsNotOneThatWasRebuilt) {
  work(file, 1, 2000);
  const fs::path built = folder / "work" / "new.sqlite";
  fs::create_directory(built.parent_path());
  work(built, 1, 1000);
  replace(file, built, "replaced");
  EXPECT_EQ(noted(file), "") << "it was compared with everything when it was made";
}

TEST_F(AnOlderQueue, IsNotSeenWhereWhatWasNotedCannotBeRead) {
  work(file, 1, 1000);
  fs::resize_file(folder / "queue.latest", 3);
  EXPECT_EQ(noted(file), "");
}

TEST(TheHighWaterMark, IsTheLastOneAlsoAfterAQueueWithALongerId) {
  const tests::TemporaryFolder folder;
  const HighWater mark(folder / "queue.sqlite", HighWater::Write::always);
  EXPECT_FALSE(mark.read());
  mark.rise("a-queue-with-a-longer-id", WallTime(Duration(7)));
  mark.rise("another", WallTime(Duration(1'700'000'000'123)));
  const auto known = mark.read();
  ASSERT_TRUE(known);
  EXPECT_EQ(known->queue_id, "another");
  EXPECT_EQ(known->date, WallTime(Duration(1'700'000'000'123)));
}

}  // namespace
}  // namespace chunkrd::queue
