// A new queue in the place of the old one: one of the two is there at every moment.
#include "queue/sqlite/replacement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <regex>

#include "queue/sqlite/sqlite_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/queue/jobs.h"

namespace chunkrd::queue {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const fs::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

class Replacing : public ::testing::Test {
 protected:
  // Another queue, with job number 1 in it.
  fs::path build() {
    const fs::path built = folder / "work" / "queue.sqlite";
    fs::create_directory(built.parent_path());
    SqliteStore store(built, {.durability = Durability::none});
    const std::vector<Change> one{insertion(found(1))};
    store.apply(one, at(1));
    return built;
  }

  bool has_the_new_one() { return SqliteStore(file).find("job-0001").has_value(); }

  std::map<std::string, std::string> everything() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(folder.path()))
      if (entry.is_regular_file()) files[entry.path().filename()] = bytes_of(entry.path());
    return files;
  }

  tests::TemporaryFolder folder;
  const fs::path file = folder / "queue.sqlite";
};

TEST_F(Replacing, KeepsTheOldOneWithItsLogUnderANameThatSaysWhatItIs) {
  write_bytes(file, "damaged");
  write_bytes(folder / "queue.sqlite-wal", "its log");
  write_bytes(folder / "queue.sqlite-shm", "its index");
  const auto kept = replace(file, build(), "damaged");
  EXPECT_TRUE(
      std::regex_match(kept.filename().native(), std::regex(R"(queue\.sqlite\.damaged-\d{8}T\d{6}Z)")))
      << kept;
  EXPECT_EQ(bytes_of(kept), "damaged");
  EXPECT_EQ(bytes_of(kept.native() + "-wal"), "its log");
  EXPECT_EQ(bytes_of(kept.native() + "-shm"), "its index");
  EXPECT_FALSE(fs::exists(folder / "queue.sqlite-wal")) << "it would destroy the new one";
  EXPECT_TRUE(has_the_new_one());
}

TEST_F(Replacing, ALogWithoutItsDatabaseIsKeptToo) {
  write_bytes(folder / "queue.sqlite-wal", "its log");
  const auto kept = replace(file, build(), "damaged");
  EXPECT_EQ(bytes_of(kept.native() + "-wal"), "its log");
  EXPECT_TRUE(has_the_new_one());
}

TEST_F(Replacing, NothingIsKeptWhereThereWasNothing) {
  EXPECT_EQ(replace(file, build(), "damaged"), "");
  EXPECT_TRUE(has_the_new_one());
}

TEST_F(Replacing, TwoOfOneSecondAreBothKept) {
  write_bytes(file, "first");
  const auto time = fs::last_write_time(file);
  const auto first = replace(file, build(), "damaged");
  write_bytes(file, "second");
  fs::last_write_time(file, time);
  const auto second = replace(file, build(), "damaged");
  EXPECT_EQ(bytes_of(first), "first");
  EXPECT_EQ(bytes_of(second), "second");
}

TEST_F(Replacing, WhatWasInterruptedIsEndedByWhoeverWorksTheQueueNext) {
  write_bytes(file, "damaged");
  write_bytes(folder / "queue.sqlite-wal", "its log");
  fs::rename(build(), folder / "queue.sqlite.rebuilt");
  EXPECT_TRUE(is_being_replaced(file));
  for (const auto access : {Access::read, Access::change}) try {
      SqliteStore command(file, {.access = access});
      FAIL() << "opened";
    } catch (const StoreError& error) {
      EXPECT_THAT(error.what(), HasSubstr("is being rebuilt"));
    }
  EXPECT_TRUE(has_the_new_one());
  EXPECT_FALSE(is_being_replaced(file));
}

TEST_F(Replacing, ADamagedNewOneIsNotPutInPlace) {
  write_bytes(file, "the old one");
  const auto built = build();
  write_bytes(built, std::string(8192, 'x'));
  const auto before = everything();
  EXPECT_THROW(replace(file, built, "damaged"), StoreError);
  EXPECT_EQ(everything(), before);
}

}  // namespace
}  // namespace chunkrd::queue
