// The commands on a queue of a million documents: memory does not follow the queue, whatever is asked for.
// That no statement walks over the rows is tested where SQLite says so: tests/unit/queue/sqlite_plan_test.cc.
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <fstream>
#include <limits>
#include <ranges>
#include <thread>

#include "core/ids.h"
#include "queue/job.h"
#include "queue/sqlite/open.h"
#include "tests/system/harness/command.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
using queue::State;

constexpr int kRows = 1'000'000;
constexpr long kMemoryMaxKib = 64 * 1024;
// A thousand documents of the second inbox, the oldest of all, were cancelled: rare, and at the far end of
// every walk.
constexpr int kCancelled = 1000;
const WallTime kFirst{std::chrono::milliseconds(1'760'000'000'000)};

class Numbers final : public Random {
 public:
  std::uint64_t next() override { return state_ = state_ * 6364136223846793005U + 1442695040888963407U; }

 private:
  std::uint64_t state_ = 1;
};

State state_of(int row) {
  if (row < kCancelled) return State::cancelled;
  if (row % 10 == 3) return State::failed;
  return row % 10 < 5 ? State::ready : State::done;
}

std::string error_of(State state) {
  return state == State::cancelled ? "cancelled" : state == State::failed ? "bad_request" : "";
}

// One document a second since kFirst.
void fill(const fs::path& file, const std::vector<std::string>& inboxes) {
  auto database = queue::open_database(file, {.durability = queue::Durability::none});
  database.exec("PRAGMA journal_mode = OFF; PRAGMA cache_size = -400000; BEGIN");
  SQLite::Statement insert(database, R"sql(
    INSERT INTO jobs (id, inbox, name, source_identity, found_at, profile, settings, settings_hash, priority, state, due,
                      lease, state_since, size_bytes, sha256, tag, task_id, task_status, attempts, transient_failures,
                      possible_duplicates, polls, not_found, empty_reads, delivered_name, error_stage, error_code,
                      error_message)
    VALUES (?1, CAST(?2 AS BLOB), CAST(?3 AS BLOB), ?1, ?4, 'default', '{}', '44136fa355b3678a', 0, ?5, ?4, 0, ?4, 40960,
            '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', '', '', '', 0, 0, 0, 0, 0, 0, x'', '', ?6,
            ''))sql");
  Numbers numbers;
  for (int row = 0; row < kRows; ++row) {
    const WallTime found = kFirst + std::chrono::seconds(row);
    const State state = state_of(row);
    insert.bind(1, make_job_id(found, numbers));
    insert.bind(2, inboxes[row < kCancelled ? 1U : static_cast<std::size_t>(row) % 3 / 2]);
    insert.bind(3, fmt::format("2025/invoice-{:07}.pdf", row));
    insert.bind(4, found.time_since_epoch().count());
    insert.bind(5, static_cast<int>(state));
    insert.bind(6, error_of(state));
    insert.exec();
    insert.reset();
  }
  database.exec("COMMIT; PRAGMA journal_mode = WAL");
}

class AMillion : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    home_ = std::make_unique<Installation>();
    home_->write_config();
    // In a process of its own: a child's peak memory begins with its parent's.
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        fill(home_->state / "queue.sqlite", {home_->inbox.native(), "/srv/other inbox"});
        ::_exit(0);
      } catch (...) {
        ::_exit(1);
      }
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_EQ(status, 0);
  }
  static void TearDownTestSuite() { home_.reset(); }

  // Runs it and looks at its memory.
  Ran chunkrd(std::vector<std::string> arguments, const RunOptions& options = RunOptions()) {
    const std::string shown = fmt::format("{}", fmt::join(arguments, " "));
    const auto started = std::chrono::steady_clock::now();
    const Ran ran = home_->command(std::move(arguments), options);
    const auto took_ms = (std::chrono::steady_clock::now() - started) / std::chrono::milliseconds(1);
    EXPECT_LT(ran.peak_kib, kMemoryMaxKib) << shown;
    peak_kib_ = std::max(peak_kib_, ran.peak_kib);
    if (took_ms > slowest_ms_) {
      slowest_ms_ = took_ms;
      slowest_ = shown;
    }
    return ran;
  }
  void TearDown() override {
    fmt::print("peak {} KiB, slowest {} ms: {}\n", peak_kib_, slowest_ms_, slowest_);
    RecordProperty("peak_kib", static_cast<int>(peak_kib_));
    RecordProperty("slowest_ms", static_cast<int>(slowest_ms_));
  }
  static std::size_t lines(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
  }

  static std::unique_ptr<Installation> home_;
  long peak_kib_ = 0;
  std::int64_t slowest_ms_ = 0;
  std::string slowest_;
};
std::unique_ptr<Installation> AMillion::home_;

TEST_F(AMillion, JobsAreListedInLittleMemoryWithEveryCombinationOfFilters) {
  using Words = std::vector<std::string>;
  const std::vector<Words> states{
      {}, {"--state", "cancelled"}, {"--state", "done"}, {"--state", "failed,submitted"}};
  const std::vector<Words> inboxes{{}, {"--inbox", home_->inbox}, {"--inbox", "/srv/other inbox"}};
  const std::vector<Words> ages{{}, {"--since", "2025-10-09T10:00"}, {"--since", "2025-10-20"}};
  const std::vector<Words> errors{
      {}, {"--error", "bad_request"}, {"--error", "cancelled"}, {"--error", "none"}};
  for (const auto& state : states)
    for (const auto& inbox : inboxes)
      for (const auto& age : ages)
        for (const auto& error : errors) {
          Words words{"jobs", "--json", "--limit", "20"};
          for (const Words* more : {&state, &inbox, &age, &error})
            words.insert(words.end(), more->begin(), more->end());
          const Ran ran = chunkrd(words);
          EXPECT_EQ(ran.exit_code, 0) << ran.err;
          EXPECT_LE(lines(ran.out), 20U);
        }
  EXPECT_EQ(lines(chunkrd({"jobs", "--ids", "--state", "cancelled", "--all"}).out), std::size_t{kCancelled});
  EXPECT_EQ(lines(chunkrd({"jobs", "--ids", "--inbox", home_->inbox, "--state", "cancelled"}).out), 0U);
}

// The lists are read a line at a time: a child's peak memory begins with its parent's.
TEST_F(AMillion, AllOfThemAreWrittenInLittleMemory) {
  const fs::path list = home_->folder() / "list";
  const auto all = [&](const std::vector<std::string>& how) {
    write_file(list, "");
    std::vector<std::string> words{"jobs", "--all"};
    words.insert(words.end(), how.begin(), how.end());
    EXPECT_EQ(chunkrd(words, {.output_file = list}).exit_code, 0);
    return std::ifstream(list);
  };
  std::string line;
  int rows = 0;
  for (auto in = all({"--json"}); std::getline(in, line);) ++rows;
  EXPECT_EQ(rows, kRows);
  rows = 0;
  std::string before = "~";
  for (auto in = all({"--ids"}); std::getline(in, line); before = line, ++rows)
    ASSERT_LT(line, before) << "not newest first, or twice the same";
  EXPECT_EQ(rows, kRows);
  rows = 0;
  for (auto in = all({}); std::getline(in, line);) ++rows;
  EXPECT_EQ(rows, kRows + 1) << "as a table, with its titles";
}

TEST_F(AMillion, OneOfThemIsFoundAndTheirStateIsTold) {
  const std::string id = chunkrd({"jobs", "--ids", "--state", "cancelled", "--limit", "1"}).out.substr(0, 26);
  for (const std::string& name : {id, id.substr(0, 14), (home_->inbox / "2025/invoice-0000003.pdf").native()})
    EXPECT_EQ(chunkrd({"show", "--json", name}).exit_code, name.starts_with('/') ? 66 : 0) << name;
  EXPECT_EQ(chunkrd({"show", (home_->inbox / "2025/invoice-0900001.pdf").native()}).exit_code, 0);
  EXPECT_EQ(chunkrd({"show", "0"}).exit_code, 64);
  const Ran status = chunkrd({"status", "--json"});
  EXPECT_EQ(status.exit_code, 0) << status.err;
  EXPECT_THAT(status.out, ::testing::HasSubstr("\"cancelled\":1000,"));
  EXPECT_GT(lines(chunkrd({"__complete", "jobs", "0"}).out), 10U);
  EXPECT_EQ(chunkrd({"__complete", "errors"}).out, "bad_request\ncancelled\n");
}

// The one command that reads all of it: that the queue is whole cannot be told otherwise.
TEST_F(AMillion, CheckGoesThroughThemInLittleMemory) {
  EXPECT_THAT(chunkrd({"check"}).out, ::testing::HasSubstr("whole, 1000000 jobs"));
}

// The shortest of many: what else the machine does is not in it.
std::chrono::nanoseconds shortest_scrape(const Installation& home) {
  auto shortest = std::chrono::nanoseconds::max();
  for (int i = 0; i < 50; ++i) {
    const auto started = std::chrono::steady_clock::now();
    home.metrics();
    shortest = std::min<std::chrono::nanoseconds>(shortest, std::chrono::steady_clock::now() - started);
  }
  return shortest;
}

// They are read every two seconds. The least of some spans: after its start the daemon goes through the queue
// once, to see that it is whole.
double seconds_spent_while_gauges_are_read(const Installation& home) {
  const std::string read_at = "chunkrd_queue_last_answer_timestamp_seconds",
                    spent = "process_cpu_seconds_total";
  double least = std::numeric_limits<double>::max();
  for (int span = 0; span < 4; ++span) {
    const double first = home.metric(read_at), before = home.metric(spent);
    EXPECT_TRUE(eventually([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(500));  // a scrape costs, too
      return home.metric(read_at) > first + 3;
    }));
    least = std::min(least, home.metric(spent) - before);
  }
  return least;
}

double seconds_of_a_walk(const fs::path& file) {
  auto database = queue::open_database(file, {.access = queue::Access::read});
  const auto started = std::clock();
  SQLite::Statement walk(database, "SELECT count(*) FROM jobs WHERE delivered_name IS NOT x'01'");
  walk.executeStep();
  return static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC;
}

// The last one: the daemon changes the queue.
TEST_F(AMillion, AScrapeCostsWhatItCostsWithNone) {
  home_->top_level = "retention: {finished_after: never}\n";
  home_->write_config();
  EXPECT_EQ(chunkrd({"pause", "so that nothing is submitted"}).exit_code, 0);
  home_->start_daemon();
  const std::string ready = "chunkrd_queue_documents{state=\"ready\"}";
  ASSERT_TRUE(eventually([&] { return home_->metric(ready) > 0; }));
  EXPECT_EQ(home_->metric(ready), std::ranges::count(std::views::iota(0, kRows), State::ready, state_of));
  Installation empty;
  empty.start_daemon();
  const auto none = shortest_scrape(empty), many = shortest_scrape(*home_);
  fmt::print("a scrape takes {} us, with an empty queue {} us\n", many.count() / 1000, none.count() / 1000);
  EXPECT_LT(many, 5 * none);
  const double spent = seconds_spent_while_gauges_are_read(*home_);
  const double walk = seconds_of_a_walk(home_->state / "queue.sqlite");
  fmt::print("reading the gauges costs {} s of the processor, a walk over the rows {} s\n", spent, walk);
  EXPECT_LT(spent, walk);
}

}  // namespace
}  // namespace chunkrd::tests
