#include "queue/sqlite/open.h"

#include <SQLiteCpp/Statement.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "core/escape.h"
#include "core/fd.h"
#include "queue/sqlite/filesystem.h"
#include "queue/sqlite/replacement.h"
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
      fmt::format("queue: {}: is damaged or no SQLite database ({}); nothing was changed. `chunkrd rebuild` "
                  "makes it anew from what can be read of it, the spool, the outboxes and the service's task "
                  "list, and keeps the damaged one aside",
                  name, found));
}

int known_version() {
  return static_cast<int>(migrations().size());
}

// Returns the version that it has.
int refuse_foreign_or_newer(SQLite::Database& database, const fs::path& file) {
  const auto version = schema_version(database);
  if (!version)
    throw StoreError(
        fmt::format("queue: {}: is a database of another program; nothing was changed. Let `state` name a "
                    "folder of its own; or `chunkrd rebuild --force` puts it aside",
                    printable(file.native())));
  if (*version > known_version())
    throw StoreError(fmt::format(
        "queue: {}: has schema version {}, this chunkrd knows {} and older; nothing was changed. Install the "
        "newer chunkrd again, or let `state` name another folder; without it, `chunkrd rebuild --force` "
        "takes what this one understands",
        printable(file.native()), *version, known_version()));
  return *version;
}

void refuse_older(int version, const fs::path& file) {
  if (version < known_version())
    throw StoreError(
        fmt::format("queue: {}: has schema version {}, this chunkrd needs {}; nothing was changed. `chunkrd "
                    "run` brings it "
                    "up to date: restart the daemon",
                    printable(file.native()), version, known_version()));
}

void refuse_half_replaced(const fs::path& file) {
  if (is_being_replaced(file))
    throw StoreError(
        fmt::format("queue: {}: is being rebuilt. If that was interrupted, start the daemon, or `chunkrd "
                    "rebuild` again: either one ends it",
                    printable(file.native())));
}

void refuse_damaged(SQLite::Database& database, const fs::path& file) {
  if (const std::string damage = damage_in(database); !damage.empty()) throw damaged(file, damage);
}

int flags_for(Access access) {
  switch (access) {
    case Access::own:
      return SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
    case Access::change:
      return SQLite::OPEN_READWRITE;
    case Access::read:
      return SQLite::OPEN_READONLY;
  }
  return SQLite::OPEN_READONLY;
}

// It holds the names of documents, and what failed with them: nobody else's business. SQLite gives its log
// the same rights.
void keep_private(const fs::path& file) {
  (void)FileDescriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  for (const char* ending : {"", "-wal", "-shm"}) {
    const fs::path one = file.native() + ending;
    struct stat status{};
    if (::lstat(one.c_str(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0077) != 0)
      (void)::chmod(one.c_str(), status.st_mode & 07700);
  }
}

void set_up(SQLite::Database& database, const SqliteOptions& options) {
  if (options.access == Access::own) database.exec("PRAGMA journal_mode = WAL");
  database.exec(options.durability == Durability::full ? "PRAGMA synchronous = FULL"
                                                       : "PRAGMA synchronous = OFF");
  database.exec(fmt::format("PRAGMA cache_size = -{}", kCacheKib));
  // A plan by the values that are bound is made anew for each of them: many times the work of the query.
  (void)::sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
  if (options.access == Access::own) migrate(database, migrations());
  database.exec("PRAGMA foreign_keys = ON");
}

}  // namespace

std::string damage_in(SQLite::Database& database) {
  SQLite::Statement check(database, "PRAGMA quick_check(1)");
  if (!check.executeStep() || check.getColumn(0).getString() == "ok") return {};
  return check.getColumn(0).getString();
}

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
  if (options.access == Access::own) {
    finish_replacement(file);
    keep_private(file);
  } else {
    refuse_half_replaced(file);
  }
  try {
    SQLite::Database database(file.native(), flags_for(options.access),
                              static_cast<int>(options.busy_timeout.count()));
    keep_log_on_close(database, 1);
    const int version = refuse_foreign_or_newer(database, file);
    if (options.access == Access::own)
      refuse_damaged(database, file);
    else
      refuse_older(version, file);
    keep_log_on_close(database, 0);
    set_up(database, options);
    return database;
  } catch (const SQLite::Exception& error) {
    throw store_error(file, "opening", error);
  }
}

}  // namespace chunkrd::queue
