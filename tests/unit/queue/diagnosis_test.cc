// What is believed of a damaged queue, and what a database turns out to be.
#include "queue/sqlite/diagnosis.h"

#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "queue/sqlite/contradiction.h"
#include "queue/sqlite/sqlite_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/queue/jobs.h"

namespace chunkrd::queue {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

void write_bytes(const fs::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

// --- what is believed

TEST(AContradiction, IsSeenInWhatOneBitCanChange) {
  Seeded random;
  Job good = document(1, random);
  EXPECT_EQ(contradiction_in(good), "");
  const std::vector<std::function<void(Job&)>> changes{[](Job& job) { job.state = static_cast<State>(17); },
                                                       [](Job& job) { job.state = static_cast<State>(0); },
                                                       [](Job& job) { job.id[3] ^= 1; },
                                                       [](Job& job) { job.id.pop_back(); },
                                                       [](Job& job) { job.found_at += 1ms; },
                                                       [](Job& job) { job.settings = "{ }"; },
                                                       [](Job& job) {
                                                         job.settings = R"({"a":1})";
                                                         job.settings_hash = sha256_hex(R"({"a":2})");
                                                       },
                                                       [](Job& job) { job.sha256.clear(); },
                                                       [](Job& job) { job.sha256[0] = 'x'; },
                                                       [](Job& job) { job.name.clear(); },
                                                       [](Job& job) { job.inbox.clear(); },
                                                       [](Job& job) { job.task_id = "\x01"; },
                                                       [](Job& job) { job.lease = -1; },
                                                       [](Job& job) { job.asked = static_cast<Asked>(9); },
                                                       [](Job& job) { job.state = State::submitted; },
                                                       [](Job& job) { job.state = State::submitting; },
                                                       [](Job& job) { job.state = State::collecting; },
                                                       [](Job& job) { job.state = State::done; }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Job bad = good;
    changes[i](bad);
    EXPECT_NE(contradiction_in(bad), "") << i;
  }
}

// --- what it is

class Diagnosing : public ::testing::Test {
 protected:
  void make(const std::string& sql = "") {
    {
      SqliteStore store(file);
    }
    if (!sql.empty()) SQLite::Database(file.native(), SQLite::OPEN_READWRITE).exec(sql);
  }
  tests::TemporaryFolder folder;
  const fs::path file = folder / "queue.sqlite";
};

TEST_F(Diagnosing, TellsAMissingAWholeADamagedANewerAndAForeignDatabaseApart) {
  EXPECT_EQ(diagnose(file).condition, Condition::missing);
  write_bytes(file, "");
  EXPECT_EQ(diagnose(file).condition, Condition::missing) << "empty";
  make();
  EXPECT_EQ(diagnose(file).condition, Condition::whole);
  make("UPDATE meta SET value = '999' WHERE key = 'chunkrd_schema'");
  EXPECT_EQ(diagnose(file).condition, Condition::newer);
  EXPECT_THAT(diagnose(file).detail, ::testing::HasSubstr("999"));
  fs::remove(file);
  SQLite::Database(file.native(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE songs (title TEXT)");
  EXPECT_EQ(diagnose(file).condition, Condition::foreign);
  write_bytes(file, std::string(10'000, 'x'));
  EXPECT_EQ(diagnose(file).condition, Condition::damaged);
}

TEST_F(Diagnosing, AQueueThatHasLostItsVersionIsDamagedAndNotForeign) {
  make("DELETE FROM meta");
  EXPECT_EQ(diagnose(file).condition, Condition::damaged);
}

}  // namespace
}  // namespace chunkrd::queue
