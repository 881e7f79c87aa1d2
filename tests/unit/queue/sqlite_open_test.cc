#include <SQLiteCpp/Statement.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <thread>

#include "queue/sqlite/availability.h"
#include "queue/sqlite/filesystem.h"
#include "queue/sqlite/schema.h"
#include "queue/sqlite/sqlite_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/queue/jobs.h"

namespace chunkrd::queue {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string bytes_of(const fs::path& file) {
  if (!fs::is_regular_file(file)) return {};
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const fs::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

std::string asked(SQLite::Database& database, const std::string& query) {
  return database.execAndGet(query).getString();
}

class OpeningAQueue : public ::testing::Test {
 protected:
  void fill(int jobs) {
    SqliteStore store(file);
    std::vector<Change> changes;
    for (int number = 0; number < jobs; ++number) changes.emplace_back(insertion(found(number)));
    store.apply(changes, at(1));
  }

  void sql(const std::string& statements) {
    SQLite::Database(file.native(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(statements);
  }

  // Opens, and returns the error's text. The file and its log must not have changed.
  std::string refusal() {
    const std::string before = bytes_of(file), log_before = bytes_of(log);
    std::string text = "(opened)";
    try {
      SqliteStore store(file);
    } catch (const StoreError& error) {
      text = error.what();
    }
    EXPECT_EQ(bytes_of(file), before) << "the file was touched";
    EXPECT_EQ(bytes_of(log), log_before) << "the log was touched";
    return text;
  }

  tests::TemporaryFolder folder;
  const fs::path file = folder / "queue.db";
  const fs::path log = folder / "queue.db-wal";
};

TEST_F(OpeningAQueue, SetsWhatDurabilityAndMemoryNeed) {
  auto database = open_database(file, {});
  EXPECT_EQ(asked(database, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(asked(database, "PRAGMA synchronous"), "2") << "FULL";
  EXPECT_EQ(asked(database, "PRAGMA cache_size"), "-8192") << "8 MiB";
  EXPECT_EQ(asked(database, "PRAGMA foreign_keys"), "1");
  EXPECT_EQ(asked(database, "PRAGMA busy_timeout"), "10000");
  EXPECT_EQ(asked(database, "PRAGMA wal_autocheckpoint"), "1000");
  EXPECT_EQ(asked(database,
                  "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND NOT strict "
                  "AND name NOT LIKE 'sqlite_%'"),
            "0");
}

TEST_F(OpeningAQueue, AnEmptyFileBecomesAQueue) {
  write_bytes(file, "");
  EXPECT_EQ(SqliteStore(file).counts(), StateCounts{});
}

TEST_F(OpeningAQueue, EventsCannotBeRewritten) {
  fill(1);
  EXPECT_THROW(sql("UPDATE events SET what = 'never happened'"), SQLite::Exception);
}

TEST_F(OpeningAQueue, AMissingFolderIsNamed) {
  const auto missing = folder / "no" / "queue.db";
  try {
    SqliteStore store(missing);
    FAIL() << "opened";
  } catch (const StoreError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr(missing.native()), HasSubstr("No such file or directory")));
  }
}

TEST_F(OpeningAQueue, AFolderInItsPlaceIsNamed) {
  fs::create_directory(file);
  EXPECT_THAT(refusal(), AllOf(HasSubstr(file.native()), HasSubstr("unable to open")));
}

// --- damaged, newer, foreign: refused, and not a byte changed

TEST_F(OpeningAQueue, SomethingElseThanADatabaseIsRefused) {
  for (const auto& content : {std::string("hello\n"), std::string(10'000, 'x'), std::string(512, '\0')}) {
    write_bytes(file, content);
    EXPECT_THAT(refusal(), AllOf(HasSubstr(file.native()), HasSubstr("is damaged or no SQLite database"),
                                 HasSubstr("nothing was changed"), HasSubstr("aside"), HasSubstr("spool")));
  }
}

TEST_F(OpeningAQueue, ATruncatedDatabaseIsRefused) {
  fill(500);
  fs::resize_file(file, fs::file_size(file) / 2);
  EXPECT_THAT(refusal(), HasSubstr("is damaged"));
}

TEST_F(OpeningAQueue, EveryOverwrittenPageIsNoticed) {
  fill(300);
  const std::string whole = bytes_of(file);
  constexpr std::size_t kPage = 4096;
  int noticed = 0;
  for (std::size_t page = 0; page < whole.size(); page += kPage) {
    std::string broken = whole;
    broken.replace(page, 64, 64, '\xA5');
    write_bytes(file, broken);
    if (refusal() != "(opened)") ++noticed;
    fs::remove(log);
  }
  // Opening says ok only where the page held nothing: freed by a later one.
  EXPECT_EQ(noticed, static_cast<int>(whole.size() / kPage));
}

TEST_F(OpeningAQueue, TheLogOfADamagedDatabaseIsLeftAlone) {
  fill(500);
  std::string crashed, crashed_log;
  {
    SqliteStore running(file);
    const std::vector<Change> one{insertion(found(9999))};
    running.apply(one, at(1));
    crashed = bytes_of(file);
    crashed_log = bytes_of(log);
  }
  ASSERT_FALSE(crashed_log.empty());
  crashed.replace(crashed.size() / 2 / 4096 * 4096, 64, 64, '\xA5');
  write_bytes(file, crashed);
  write_bytes(log, crashed_log);
  EXPECT_THAT(refusal(), HasSubstr("is damaged"));
}

TEST_F(OpeningAQueue, ANewerDatabaseIsRefusedWithBothVersions) {
  fill(1);
  sql("UPDATE meta SET value = '999' WHERE key = 'chunkrd_schema'");
  EXPECT_THAT(refusal(), AllOf(HasSubstr(file.native()), HasSubstr("schema version 999"),
                               HasSubstr("knows " + std::to_string(migrations().size())),
                               HasSubstr("nothing was changed"), HasSubstr("Install the newer chunkrd")));
}

TEST_F(OpeningAQueue, ADatabaseOfAnotherProgramIsRefused) {
  sql("CREATE TABLE songs (title TEXT)");
  EXPECT_THAT(refusal(), AllOf(HasSubstr(file.native()), HasSubstr("another program")));
  sql("CREATE TABLE meta (version INTEGER)");
  EXPECT_THAT(refusal(), HasSubstr("another program"));
}

// --- by a command, beside the daemon or without it

TEST_F(OpeningAQueue, ACommandMakesNoQueue) {
  for (const auto access : {Access::read, Access::change}) {
    EXPECT_THROW(SqliteStore(file, {.access = access}), StoreError);
    EXPECT_FALSE(fs::exists(file));
  }
}

TEST_F(OpeningAQueue, ACommandThatReadsSeesWhatTheDaemonWritesAndCannotWrite) {
  SqliteStore daemon(file);
  SqliteStore command(file, {.access = Access::read});
  const std::vector<Change> one{insertion(found(1))};
  daemon.apply(one, at(1));
  EXPECT_TRUE(command.find("job-0001"));
  EXPECT_THROW(command.apply(one, at(2)), StoreError);
  EXPECT_THROW(command.set_note("a", "b"), StoreError);
}

TEST_F(OpeningAQueue, ACommandReadsWhatAKilledDaemonHasLeftInTheLog) {
  std::string crashed, crashed_log;
  {
    SqliteStore daemon(file);
    const std::vector<Change> one{insertion(found(1))};
    daemon.apply(one, at(1));
    crashed = bytes_of(file);
    crashed_log = bytes_of(log);
  }
  write_bytes(file, crashed);
  write_bytes(log, crashed_log);
  fs::remove(folder / "queue.db-shm");
  EXPECT_TRUE(SqliteStore(file, {.access = Access::read}).find("job-0001"));
}

TEST_F(OpeningAQueue, OneThatAnotherProgramHoldsLockedIsUnavailableAndNotBroken) {
  fill(1);
  SqliteStore store(file, {.busy_timeout = std::chrono::milliseconds(20)});
  const Change change = insertion(found(7));
  {
    SQLite::Database other(file.native(), SQLite::OPEN_READWRITE);
    other.exec("BEGIN IMMEDIATE");
    EXPECT_THROW(store.apply({&change, 1}, at(2)), StoreUnavailable);
    EXPECT_THROW((SqliteStore(file, {.busy_timeout = std::chrono::milliseconds(20)}).set_note("a", "b")),
                 StoreUnavailable);
  }
  EXPECT_TRUE(store.apply({&change, 1}, at(3)).front()) << "nothing of the first try is left";
}

TEST_F(OpeningAQueue, AFileThatIsTakenAwayIsPutBackWithAllThatItHeld) {
  SqliteStore store(file);
  const Change before = insertion(found(1)), after = insertion(found(2));
  ASSERT_TRUE(store.apply({&before, 1}, at(1)).front());
  for (const char* each : {"", "-shm"}) fs::remove(file.native() + each);
  try {
    store.apply({&after, 1}, at(2));
    FAIL() << "written into a file that has no name";
  } catch (const StoreUnavailable&) {
    FAIL() << "that does not pass";
  } catch (const StoreError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr(file.native()), HasSubstr("was removed while it was in use")));
  }
  SqliteStore again(file);
  EXPECT_TRUE(again.find("job-0001"));
  EXPECT_FALSE(again.find("job-0002"));
}

TEST_F(OpeningAQueue, OneThatIsReplacedIsLeftAndWhatItHeldIsSavedBesideIt) {
  SqliteStore store(file);
  const Change before = insertion(found(1));
  ASSERT_TRUE(store.apply({&before, 1}, at(1)).front());
  write_bytes(folder / "other", "another file");
  fs::rename(folder / "other", file);
  EXPECT_THROW(store.counts(), StoreError);
  EXPECT_EQ(bytes_of(file), "another file");
  EXPECT_TRUE(SqliteStore(file.native() + ".taken-away").find("job-0001"));
}

TEST_F(OpeningAQueue, TheProgramThatHoldsItLockedIsNamed) {
  fill(1);
  SQLite::Database other(file.native(), SQLite::OPEN_READWRITE);
  other.exec("BEGIN IMMEDIATE");
  // The kernel does not name ourselves to us: somebody else has to ask.
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  if (const pid_t child = ::fork(); child == 0) {
    const std::string text = why_unavailable(StoreUnavailable::Cause::locked, file);
    (void)!::write(pipe[1], text.data(), text.size());
    ::_exit(0);
  }
  ::close(pipe[1]);
  std::string text(1000, ' ');
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(pipe[0], text.data(), text.size()))));
  ::close(pipe[0]);
  EXPECT_THAT(text, HasSubstr("locked by another program (queue_test, pid " + std::to_string(::getpid()) +
                              "): " + file.native()));
}

TEST_F(OpeningAQueue, TheLogDoesNotStayAsLongAsASlowReaderHasMadeIt) {
  fill(1);
  SqliteStore store(file);
  {
    SQLite::Database reader(file.native(), SQLite::OPEN_READONLY);
    SQLite::Statement slow(reader, "SELECT * FROM jobs");
    slow.executeStep();
    for (int i = 0; i < 12; ++i) store.set_note("large", std::string(2 << 20, static_cast<char>('a' + i)));
    EXPECT_GT(fs::file_size(log), 20u << 20);
  }
  for (int i = 0; i < 3; ++i) store.set_note("small", std::to_string(i));
  EXPECT_LE(fs::file_size(log), 17u << 20);
}

TEST_F(OpeningAQueue, ACommandLeavesAWishBesideTheDaemon) {
  SqliteStore daemon(file);
  SqliteStore command(file, {.access = Access::change});
  command.ask({.asked_at = at(1), .kind = CommandKind::pause, .job = "", .arguments = "{}"});
  EXPECT_EQ(daemon.pending_commands(10).size(), 1U);
}

TEST_F(OpeningAQueue, ACommandLeavesAnOlderQueueToTheDaemon) {
  fill(1);
  sql("UPDATE meta SET value = '1' WHERE key = 'chunkrd_schema'");
  const std::string before = bytes_of(file);
  for (const auto access : {Access::read, Access::change}) try {
      SqliteStore command(file, {.access = access});
      FAIL() << "opened";
    } catch (const StoreError& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr("has schema version 1"), HasSubstr("restart the daemon")));
    }
  EXPECT_EQ(bytes_of(file), before);
}

// --- a start that takes its time

TEST_F(OpeningAQueue, ALookThatTakesTooLongIsCut) {
  SQLite::Database database(file.native(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  // quick_check asks it of every row: as long as a disk that gives one after the other.
  int asked_for = 0;
  const auto slow = [](sqlite3_context* context, int, sqlite3_value**) {
    ++*static_cast<int*>(sqlite3_user_data(context));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    sqlite3_result_int(context, 1);
  };
  database.exec("PRAGMA ignore_check_constraints = ON");
  database.createFunction("slow", 1, true, &asked_for, slow);
  database.exec("CREATE TABLE many (a INTEGER CHECK (slow(a)))");
  database.exec(
      "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 3000) "
      "INSERT INTO many SELECT n FROM number");
  database.exec("PRAGMA ignore_check_constraints = OFF");
  EXPECT_EQ(damage_within(database, std::chrono::milliseconds(60)), std::nullopt);
  EXPECT_GT(asked_for, 0);
  EXPECT_LT(asked_for, 1500) << "it was not cut";
}

TEST_F(OpeningAQueue, WhatWasNotLookedAtIsNotTakenForDamageAndTheQueueOpens) {
  fill(300);
  SqliteStore store(file, {.look_at_most = std::chrono::milliseconds(0)});
  EXPECT_TRUE(store.find("job-0001"));
}

TEST_F(OpeningAQueue, AnOlderOneTellsThatItIsStillBroughtUpToDate) {
  {
    SQLite::Database old(file.native(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    migrate(old, migrations().first(1));
    old.exec(
        "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 20000) "
        "INSERT INTO jobs SELECT n, 'job' || n, x'2F696E', x'61', 'ino ' || n, n, 'default', '{}', 'h', 5, "
        "9, 2, 3, 2, 10, 'ab', 'tag', 'task', 1, 2, 'Succeeded', 1, 0, 0, 2, 0, 0, 7, x'61', '', '', '' "
        "FROM number");
  }
  int told = 0;
  SqliteStore(file, {.still_working = [&] { ++told; }});
  EXPECT_GT(told, 0);
  const int before = told;
  SqliteStore(file, {.still_working = [&] { ++told; }});
  EXPECT_EQ(told, before) << "there was nothing to do";
}

// --- migrations

constexpr std::array<std::string_view, 2> kTwoSteps = {
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT; CREATE TABLE one (a TEXT) STRICT",
    "ALTER TABLE one ADD COLUMN b TEXT NOT NULL DEFAULT 'new'"};
constexpr std::array<std::string_view, 2> kBrokenSecondStep = {
    kTwoSteps[0], "ALTER TABLE one ADD COLUMN b TEXT; CREATE TABLE one (twice TEXT)"};

class Migrating : public ::testing::Test {
 protected:
  tests::TemporaryFolder folder;
  SQLite::Database database{(folder / "queue.db").native(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
};

TEST_F(Migrating, AnOldDatabaseGetsTheStepsItHasNotSeenAndKeepsItsRows) {
  EXPECT_EQ(schema_version(database), 0);
  migrate(database, std::span(kTwoSteps).first(1));
  EXPECT_EQ(schema_version(database), 1);
  database.exec("INSERT INTO one (a) VALUES ('old')");
  migrate(database, kTwoSteps);
  EXPECT_EQ(schema_version(database), 2);
  EXPECT_EQ(asked(database, "SELECT a || ' ' || b FROM one"), "old new");
  migrate(database, kTwoSteps);
  EXPECT_EQ(schema_version(database), 2) << "a second time is nothing";
}

TEST_F(Migrating, AStepThatFailsLeavesTheVersionBeforeIt) {
  EXPECT_THROW(migrate(database, kBrokenSecondStep), SQLite::Exception);
  EXPECT_EQ(schema_version(database), 1);
  EXPECT_EQ(asked(database, "SELECT count(*) FROM pragma_table_info('one')"), "1") << "half a step stayed";
}

// Version 1 went out: what it has written must be read by every later program.
TEST_F(Migrating, AQueueOfTheFirstVersionKeepsItsDocuments) {
  migrate(database, migrations().first(1));
  database.exec(
      "INSERT INTO jobs VALUES (1, '01J', x'2F696E', x'612E706466', 'ino 1', 1, 'default', '{}', 'h', 5, 9, "
      "2, 3, 2,"
      " 10, 'ab', 'tag', 'task', 1, 2, 'Succeeded', 1, 0, 0, 2, 0, 0, 7, x'612E706466', '', '', '')");
  migrate(database, migrations());
  SqliteStore store(folder / "queue.db");
  const auto job = store.find("01J").value();
  EXPECT_EQ(job.name, "a.pdf");
  EXPECT_EQ(job.state, State::done);
  EXPECT_EQ(job.pages, 7);
  EXPECT_EQ(job.asked, Asked::nothing);
  EXPECT_EQ(job.earlier_tasks, "");
  EXPECT_EQ(store.counts().at(static_cast<std::size_t>(State::done)), 1);
}

// --- where it lies

TEST(NetworkFilesystem, IsToldByItsMagicNumber) {
  EXPECT_EQ(network_filesystem(0x6969), "NFS");
  EXPECT_EQ(network_filesystem(0xFF534D42), "CIFS");
  EXPECT_EQ(network_filesystem(static_cast<std::uint64_t>(std::int64_t{-11317950})), "CIFS")
      << "as a 32-bit kernel field may arrive";
  EXPECT_EQ(network_filesystem(0xFE534D42), "SMB2");
  EXPECT_EQ(network_filesystem(0x65735546), "FUSE");
  EXPECT_EQ(network_filesystem(0x00C36400), "Ceph");
}

TEST(NetworkFilesystem, LocalOnesAreTaken) {
  EXPECT_EQ(network_filesystem(0xEF53), std::nullopt) << "ext4";
  EXPECT_EQ(network_filesystem(0x58465342), std::nullopt) << "xfs";
  EXPECT_EQ(network_filesystem(0x9123683E), std::nullopt) << "btrfs";
  EXPECT_EQ(network_filesystem(0x01021994), std::nullopt) << "tmpfs";
  EXPECT_EQ(network_filesystem(0x794C7630), std::nullopt) << "overlayfs";
}

}  // namespace
}  // namespace chunkrd::queue
