#include "queue/sqlite/open.h"

#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "core/escape.h"
#include "queue/sqlite/filesystem.h"
#include "queue/sqlite/schema.h"

namespace chunkrd::queue {
namespace {

namespace fs = std::filesystem;

// With about 1000 rows of neighbours in it, more gains nothing (research/performance.md, SQLite queue).
constexpr int kCacheKib = 8192;

// While this is on, closing the connection leaves the write-ahead log as it was found.
void keep_log_on_close(SQLite::Database& database, int on) {
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on, nullptr);
}

StoreError damaged(const fs::path& file, std::string_view found) {
  const auto name = printable(file.native());
  return StoreError(
      fmt::format("queue: {0}: is damaged or no SQLite database ({1}); nothing was changed. Move {0}, "
                  "{0}-wal and {0}-shm "
                  "aside and start again: the originals of unfinished documents lie in the spool",
                  name, found));
}

void refuse_unusable(SQLite::Database& database, const fs::path& file) {
  const auto version = schema_version(database);
  const int known = static_cast<int>(migrations().size());
  if (!version)
    throw StoreError(
        fmt::format("queue: {}: is a database of another program; nothing was changed. Move it aside, or let "
                    "`state` name a folder of its own",
                    printable(file.native())));
  if (*version > known)
    throw StoreError(fmt::format(
        "queue: {}: has schema version {}, this chunkrd knows {} and older; nothing was changed. Install the "
        "newer chunkrd again, or let `state` name another folder",
        printable(file.native()), *version, known));
  SQLite::Statement check(database, "PRAGMA quick_check(1)");
  if (check.executeStep() && check.getColumn(0).getString() != "ok")
    throw damaged(file, check.getColumn(0).getString());
}

void set_up(SQLite::Database& database, const SqliteOptions& options) {
  database.exec("PRAGMA journal_mode = WAL");
  database.exec(options.durability == Durability::full ? "PRAGMA synchronous = FULL"
                                                       : "PRAGMA synchronous = OFF");
  database.exec(fmt::format("PRAGMA cache_size = -{}", kCacheKib));
  migrate(database, migrations());
  database.exec("PRAGMA foreign_keys = ON");
}

}  // namespace

StoreError store_error(const fs::path& file, std::string_view doing, const SQLite::Exception& error) {
  const int code = error.getErrorCode() & 0xFF;
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) return damaged(file, error.what());
  const char* advice = "check the disk, and that the folder may be written";
  if (code == SQLITE_FULL) advice = "the disk is full: free some space and start again";
  if (code == SQLITE_BUSY) advice = "another program holds it locked: end that one and start again";
  return StoreError(
      fmt::format("queue: {}: {} failed: {}; {}", printable(file.native()), doing, error.what(), advice));
}

SQLite::Database open_database(const fs::path& file, const SqliteOptions& options) {
  refuse_network_filesystem(file);
  try {
    SQLite::Database database(file.native(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE,
                              static_cast<int>(options.busy_timeout.count()));
    keep_log_on_close(database, 1);
    refuse_unusable(database, file);
    keep_log_on_close(database, 0);
    set_up(database, options);
    return database;
  } catch (const SQLite::Exception& error) {
    throw store_error(file, "opening", error);
  }
}

}  // namespace chunkrd::queue
