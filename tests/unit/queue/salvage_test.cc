// Real databases, really damaged: what comes back is true, and what can be read comes back.
#include "queue/sqlite/salvage.h"

#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>
#include <set>

#include "core/ids.h"
#include "core/sha256.h"
#include "queue/sqlite/contradiction.h"
#include "queue/sqlite/diagnosis.h"
#include "queue/sqlite/schema.h"
#include "queue/sqlite/sqlite_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/queue/jobs.h"

namespace chunkrd::queue {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int kPage = 4096;

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const fs::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

class Salvaging : public ::testing::Test {
 protected:
  static constexpr int kJobs = 400;

  // A queue with documents in several states, stories, wishes, a pause and a day's sum.
  void SetUp() override {
    Seeded random;
    SqliteStore store(file, {.durability = Durability::none});
    for (int i = 0; i < kJobs; ++i) {
      Job job = document(i, random);
      originals.emplace(job.id, job);
      std::vector<Change> one{Insertion{job, {"found", "settled"}}};
      store.apply(one, at(1));
      if (i % 4 == 0) submit(store, job);
    }
    store.set_note("operator_pause", "the invoice is checked");
    store.ask(
        {.asked_at = at(5), .kind = CommandKind::cancel, .job = originals.begin()->first, .arguments = "{}"});
  }

  void submit(SqliteStore& store, Job job) {
    Job after = job;
    after.state = State::submitted;
    after.tag = job_mark(job.id) + "0000";
    after.task_id = "task-of-" + job.id;
    after.intent_at = after.submitted_at = job.found_at;
    std::vector<Change> one{Transition{State::ready, after, {"submitted", ""}, {.documents = 1, .pages = 2}}};
    store.apply(one, at(2));
    after.lease = 1;
    originals[job.id] = after;
  }

  // What comes back must be what was written; never a job more.
  Salvage salvaged(const std::string& label) {
    fs::remove(into);
    Salvage found = salvage(file, into);
    SqliteStore store(into);
    const auto jobs = store.list({}, {}, 10'000);
    EXPECT_EQ(static_cast<std::int64_t>(jobs.size()), found.jobs) << label;
    std::int64_t events = 0;
    for (const Job& job : jobs) {
      const auto original = originals.find(job.id);
      if (original == originals.end()) {
        ADD_FAILURE() << label << ": nobody knows " << job.id;
        continue;
      }
      EXPECT_EQ(job.name, original->second.name) << label;
      EXPECT_EQ(job.state, original->second.state) << label;
      EXPECT_EQ(job.task_id, original->second.task_id) << label;
      EXPECT_EQ(job.lease, original->second.lease) << label;
      events += static_cast<std::int64_t>(store.events(job.id).size());
    }
    EXPECT_EQ(events, found.events) << label;
    last_ids.clear();
    for (const Job& job : jobs) last_ids.insert(job.id);
    return found;
  }

  void damage(std::size_t at, std::string_view with) {
    std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(static_cast<std::streamoff>(at));
    out << with;
  }

  tests::TemporaryFolder folder;
  const fs::path file = folder / "queue.sqlite";
  const fs::path into = folder / "new.sqlite";
  std::map<std::string, Job> originals;
  std::set<std::string> last_ids;
};

TEST_F(Salvaging, AWholeQueueComesBackWhole) {
  const Salvage found = salvaged("whole");
  EXPECT_EQ(found.jobs, kJobs);
  EXPECT_EQ(found.lost, 0);
  EXPECT_EQ(found.contradictory, 0);
  EXPECT_EQ(found.events, kJobs + kJobs / 4);
  EXPECT_EQ(found.commands, 1);
  EXPECT_EQ(found.notes, 3) << "one of them is how late it was, one of which file it was written into";
  EXPECT_EQ(found.days, 1);
  EXPECT_TRUE(found.whole);
  SqliteStore store(into);
  EXPECT_EQ(store.note("operator_pause"), "the invoice is checked");
  EXPECT_EQ(store.pending_commands(10).size(), 1U);
  EXPECT_EQ(store.spent_on(at(2)), (Spent{100, 200}));
  EXPECT_EQ(store.counts()[static_cast<std::size_t>(State::submitted)], 100) << "the counters are made anew";
}

TEST_F(Salvaging, AnyOnePageThatIsOverwrittenCostsAtMostWhatHangsOnIt) {
  const std::string whole = bytes_of(file);
  const std::size_t pages = whole.size() / kPage;
  ASSERT_GT(pages, 60U);
  int all_of_it = 0, nothing = 0;
  for (std::size_t page = 0; page < pages; ++page) {
    write_bytes(file, whole);
    damage(page * kPage, std::string(64, '\xA5'));
    const Salvage found = salvaged(fmt::format("page {}", page + 1));
    all_of_it += found.jobs == kJobs;
    nothing += found.jobs == 0;
    // No leaf of the table has more rows.
    if (found.jobs > 0) EXPECT_GE(found.jobs, kJobs - 16) << "page " << page + 1;
  }
  EXPECT_LE(nothing, 1) << "only the root of the table; the first page and the schema are mended";
  EXPECT_GT(all_of_it, 30) << "indexes, stories, the schema";
}

TEST_F(Salvaging, DamageInManyPlacesOfAnyKindBringsBackNothingThatIsFalse) {
  const std::string whole = bytes_of(file);
  for (unsigned seed = 1; seed <= 40; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) {
      return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    std::string broken = whole;
    for (std::size_t wounds = 1 + below(12); wounds > 0; --wounds) {
      const std::size_t at = kPage + below(broken.size() - kPage);
      const std::size_t length = std::min(1 + below(3 * kPage), broken.size() - at);
      if (below(2) == 0) {
        std::fill_n(broken.begin() + static_cast<std::ptrdiff_t>(at), length, '\0');
      } else {
        for (std::size_t i = 0; i < length; ++i) broken[at + i] = static_cast<char>(random());
      }
    }
    if (below(4) == 0) broken.resize(broken.size() / 2 + below(broken.size() / 2));
    write_bytes(file, broken);
    SCOPED_TRACE(fmt::format("seed {}", seed));
    salvaged(fmt::format("seed {}", seed));
  }
}

TEST_F(Salvaging, ARowWithZerosInThePlaceOfItsFoldersIsNotBelieved) {
  Seeded random;
  const Job whole = document(1, random);
  ASSERT_EQ(contradiction_in(whole), "");
  for (std::string Job::* text : {&Job::spool, &Job::outbox, &Job::shelf, &Job::bound_for,
                                  &Job::delivered_name, &Job::original_name, &Job::earlier_tasks}) {
    Job job = whole;
    job.*text = std::string(20, '\0');
    EXPECT_NE(contradiction_in(job), "");
  }
}

TEST_F(Salvaging, AFileThatWasCutBringsBackItsBeginning) {
  const std::string whole = bytes_of(file);
  write_bytes(file, whole.substr(0, whole.size() * 6 / 10));
  const Salvage found = salvaged("cut");
  EXPECT_GT(found.jobs, kJobs / 4);
  EXPECT_LT(found.jobs, kJobs);
  EXPECT_FALSE(found.whole);
}

TEST_F(Salvaging, WhatIsNoDatabaseGivesAnEmptyQueue) {
  for (const std::string& content :
       {std::string(), std::string("hello\n"), std::string(100'000, 'x'), std::string(8192, '\0')}) {
    write_bytes(file, content);
    EXPECT_EQ(salvaged("garbage").jobs, 0);
  }
  fs::remove(file);
  EXPECT_EQ(salvaged("missing").jobs, 0);
}

TEST_F(Salvaging, WhatStandsInTheLogOnlyComesBackToo) {
  std::string crashed, log;
  {
    SqliteStore running(file);
    Seeded random;
    Job late = document(9999, random);
    originals.emplace(late.id, late);
    std::vector<Change> one{Insertion{late, {"found", ""}}};
    running.apply(one, at(1));
    crashed = bytes_of(file);
    log = bytes_of(folder / "queue.sqlite-wal");
  }
  write_bytes(file, crashed);
  write_bytes(folder / "queue.sqlite-wal", log);
  damage(crashed.size() / 2 / kPage * kPage, std::string(64, '\xA5'));
  const auto copy = folder / "copy.sqlite";
  EXPECT_EQ(copy_readable(file, copy), 0U);
  EXPECT_EQ(diagnose(copy).condition, Condition::damaged);
  fs::remove(into);
  salvage(copy, into);
  Seeded random;
  EXPECT_TRUE(SqliteStore(into).find(document(9999, random).id)) << "its row is in the log alone";
  EXPECT_EQ(bytes_of(folder / "queue.sqlite-wal"), log);
}

// An older program's table lacks columns; they have what the migration would have given them.
TEST_F(Salvaging, AQueueOfTheFirstVersionIsUnderstood) {
  fs::remove(file);
  Seeded random;
  const Job job = document(1, random);
  {
    SQLite::Database old(file.native(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    migrate(old, migrations().first(1));
    SQLite::Statement insert(
        old, fmt::format("INSERT INTO jobs VALUES (1, '{}', x'2F696E', x'612E706466', 'i', {}, 'default', "
                         "'{{}}', '{}', 5, 9, 2, "
                         "3, 2, 10, '{}', 'tag', 'task', 1, 2, 'Succeeded', 1, 0, 0, 2, 0, 0, 7, "
                         "x'612E706466', '', '', '')",
                         job.id, job.found_at.time_since_epoch().count(), sha256_hex("{}"), job.sha256));
    insert.exec();
  }
  fs::remove(into);
  EXPECT_EQ(salvage(file, into).jobs, 1);
  const auto back = SqliteStore(into).find(job.id).value();
  EXPECT_EQ(back.name, "a.pdf");
  EXPECT_EQ(back.state, State::done);
  EXPECT_EQ(back.asked, Asked::nothing);
}

}  // namespace
}  // namespace chunkrd::queue
