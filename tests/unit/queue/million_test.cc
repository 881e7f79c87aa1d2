// A backlog of a million documents: memory follows the work in hand, not the backlog.
#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <limits>

#include "queue/sqlite/sqlite_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/queue/jobs.h"

namespace chunkrd::queue {
namespace {

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr int kRows = 50'000;  // sanitizers are slow, and their memory is not ours
constexpr bool kMemoryIsOurs = false;
#else
constexpr int kRows = 1'000'000;
constexpr bool kMemoryIsOurs = true;
#endif

// Resident memory of this process now, in KiB.
long resident_kib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word)
    if (word == "VmRSS:") {
      long kib = 0;
      status >> kib;
      return kib;
    }
  return std::numeric_limits<long>::max();
}

// Half of them ready, in three priorities, a tenth of these in backoff; the others done long ago.
// Without a journal and in much memory, so that it takes seconds.
void make_backlog(const std::filesystem::path& file) {
  SQLite::Database database = open_database(file, {.durability = Durability::none});
  database.exec("PRAGMA journal_mode = OFF; PRAGMA cache_size = -400000");
  database.exec(fmt::format(R"sql(
    INSERT INTO jobs (id, inbox, name, source_identity, found_at, profile, settings, settings_hash, priority,
                      state, due, lease, state_since, size_bytes, sha256, tag, task_id, task_status, attempts,
                      transient_failures, possible_duplicates, polls, not_found, empty_reads, delivered_name,
                      error_stage, error_code, error_message)
    WITH RECURSIVE row(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM row WHERE n + 1 < {})
    SELECT format('%026d', n), CAST('/srv/in' AS BLOB), CAST(format('2025/invoice-%07d.pdf', n) AS BLOB),
           format('1:%d:40960:1745485200:1745485200', n), n, 'default', '{{}}', '44136fa355b3678a', n % 3,
           iif(n % 2 = 0, 2, 9), iif(n % 20 = 0, 1000000000, n), 0, n, 40960,
           '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', '', '', '', 0, 0, 0, 0, 0, 0,
           x'', '', '', ''
    FROM row)sql",
                            kRows));
}

// In a process of its own, whose memory is gone before anything is measured.
void make_backlog_elsewhere(const std::filesystem::path& file) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      make_backlog(file);
      ::_exit(0);
    } catch (...) {
      ::_exit(1);
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
}

// What is over goes a few milliseconds at a time, however much there is: nobody waits long for the queue.
void forget_some(SqliteStore& store) {
  constexpr std::size_t kAtOnce = 128;
  const auto done = store.counts().at(static_cast<std::size_t>(State::done));
  std::chrono::steady_clock::duration longest{}, all{};
  EndMark last;
  for (int round = 0; round < 50; ++round) {
    const auto started = std::chrono::steady_clock::now();
    std::vector<Change> changes;
    for (const auto& [mark, job] : store.ended(Endings::all, last, kAtOnce)) {
      changes.emplace_back(Forgetting{job.id, job.state, job.lease});
      last = mark;
    }
    ASSERT_EQ(changes.size(), kAtOnce);
    for (const bool applied : store.apply(changes, at(kRows))) ASSERT_TRUE(applied);
    const auto took = std::chrono::steady_clock::now() - started;
    longest = std::max(longest, took);
    all += took;
  }
  EXPECT_EQ(store.counts().at(static_cast<std::size_t>(State::done)), done - 50 * static_cast<int>(kAtOnce));
  ::testing::Test::RecordProperty("forget_longest_microseconds",
                                  static_cast<int>(longest / std::chrono::microseconds(1)));
  ::testing::Test::RecordProperty("forget_mean_microseconds",
                                  static_cast<int>(all / std::chrono::microseconds(50)));
  EXPECT_LT(longest, std::chrono::seconds(2));
}

TEST(AMillionJobs, AreWorkedOnInLittleMemory) {
  tests::TemporaryFolder folder;
  ASSERT_NO_FATAL_FAILURE(make_backlog_elsewhere(folder / "queue.db"));

  const long before_kib = resident_kib();
  SqliteStore store(folder / "queue.db");
  EXPECT_EQ(store.counts().at(static_cast<std::size_t>(State::ready)), kRows / 2);
  EXPECT_EQ(store.oldest_unfinished(), at(0));
  const auto looked_at = std::chrono::steady_clock::now();
  EXPECT_TRUE(store.oldest_by_state().at(static_cast<std::size_t>(State::ready)));
  EXPECT_EQ(store.latest_in(State::done, 8).size(), 8U);
  // What the metrics ask for every so often: a fraction of this, where half a million rows would take longer.
  EXPECT_LT(std::chrono::steady_clock::now() - looked_at, std::chrono::milliseconds(250));
  const auto started = std::chrono::steady_clock::now();
  constexpr int kRounds = 200, kTaken = 16;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<Change> changes;
    for (const Job& job : store.due(State::ready, at(kRows), kTaken)) {
      ASSERT_EQ(job.priority, 2);
      ASSERT_LE(job.due, at(kRows)) << "in backoff";
      changes.emplace_back(moved(job, State::submitting));
    }
    ASSERT_EQ(changes.size(), kTaken);
    for (const bool applied : store.apply(changes, at(kRows))) ASSERT_TRUE(applied);
    ASSERT_TRUE(store.next_due(State::submitting, at(-1)));
  }
  const auto took = std::chrono::steady_clock::now() - started;
  const long grown_kib = resident_kib() - before_kib;
  RecordProperty("microseconds_per_job",
                 static_cast<int>(took / std::chrono::microseconds(1) / (kRounds * kTaken)));
  RecordProperty("grown_kib", static_cast<int>(grown_kib));
  RecordProperty("resident_kib", static_cast<int>(resident_kib()));
  EXPECT_EQ(store.counts().at(static_cast<std::size_t>(State::submitting)), kRounds * kTaken);
  ASSERT_NO_FATAL_FAILURE(forget_some(store));
  if (kMemoryIsOurs) {
    EXPECT_LT(resident_kib(), 40 * 1024) << "grown by " << grown_kib << " KiB";
  }
}

}  // namespace
}  // namespace chunkrd::queue
