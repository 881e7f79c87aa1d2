#include "queue/sqlite/open.h"

#include <SQLiteCpp/Statement.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "core/escape.h"
#include "core/fd.h"
#include "queue/sqlite/availability.h"
#include "queue/sqlite/filesystem.h"
#include "queue/sqlite/replacement.h"
#include "queue/sqlite/schema.h"

namespace chunkrd::queue {
namespace {

namespace fs = std::filesystem;

// With about 1000 rows of neighbours in it, more gains nothing (research/performance.md, SQLite queue).
constexpr int kCacheKib = 8192;

// What a slow reader has made the log grow to is given back when that one has ended.
constexpr std::int64_t kLogBytesKept = 16 << 20;

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
    throw StoreRefused(
        fmt::format("queue: {}: is a database of another program; nothing was changed. Let `state` name a "
                    "folder of its own; or `chunkrd rebuild --force` puts it aside",
                    printable(file.native())));
  if (*version > known_version())
    throw StoreRefused(fmt::format(
        "queue: {}: has schema version {}, this chunkrd knows {} and older; nothing was changed. Install the "
        "newer chunkrd again, or let `state` name another folder; without it, `chunkrd rebuild --force` "
        "takes what this one understands",
        printable(file.native()), *version, known_version()));
  return *version;
}

void refuse_older(int version, const fs::path& file) {
  if (version < known_version())
    throw StoreRefused(
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

void refuse_damaged(SQLite::Database& database, const fs::path& file, std::chrono::milliseconds at_most) {
  const auto damage = damage_within(database, at_most);
  if (!damage)
    spdlog::info("queue: {}: only part of it could be looked at in {} s; `chunkrd check` looks at all of it",
                 printable(file.native()), at_most.count() / 1000);
  else if (!damage->empty())
    throw damaged(file, *damage);
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

// SQLite says no more than that it cannot open it.
void refuse_shortage(const fs::path& file, int system_error) {
  using enum StoreUnavailable::Cause;
  for (const int shortage : {ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM})
    if (system_error == shortage) throw StoreUnavailable(full, why_unavailable(full, file, system_error));
  if (system_error == EROFS) throw StoreUnavailable(refused, why_unavailable(refused, file, system_error));
}

// It holds the names of documents, and what failed with them: nobody else's business. SQLite gives its log
// the same rights.
void keep_private(const fs::path& file) {
  const FileDescriptor made(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!made) refuse_shortage(file, errno);
  for (const char* ending : {"", "-wal", "-shm"}) {
    const fs::path one = file.native() + ending;
    struct stat status{};
    if (::lstat(one.c_str(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0077) != 0)
      (void)::chmod(one.c_str(), status.st_mode & 07700);
  }
}

// While it lives, the database calls `tell` now and then for as long as it gets on with one statement.
class TellsOfWork {
 public:
  TellsOfWork(SQLite::Database& database, std::function<void()> tell)
      : database_(database), tell_(std::move(tell)) {
    if (tell_) sqlite3_progress_handler(database_.getHandle(), kInstructions, &look, this);
  }
  TellsOfWork(const TellsOfWork&) = delete;
  TellsOfWork& operator=(const TellsOfWork&) = delete;
  ~TellsOfWork() { sqlite3_progress_handler(database_.getHandle(), 0, nullptr, nullptr); }

 private:
  // Some milliseconds of work that has all it needs in memory.
  static constexpr int kInstructions = 100'000;
  static constexpr std::chrono::seconds kTellEvery{1};

  static int look(void* self) {
    auto& here = *static_cast<TellsOfWork*>(self);
    if (const auto now = std::chrono::steady_clock::now(); now - here.told_ >= kTellEvery) {
      here.told_ = now;
      here.tell_();
    }
    return 0;
  }

  SQLite::Database& database_;
  std::function<void()> tell_;
  std::chrono::steady_clock::time_point told_;
};

void set_up(SQLite::Database& database, const SqliteOptions& options) {
  if (options.access == Access::own) database.exec("PRAGMA journal_mode = WAL");
  database.exec(options.durability == Durability::full ? "PRAGMA synchronous = FULL"
                                                       : "PRAGMA synchronous = OFF");
  database.exec(fmt::format("PRAGMA cache_size = -{}", kCacheKib));
  // A plan by the values that are bound is made anew for each of them: many times the work of the query.
  (void)::sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
  database.exec(fmt::format("PRAGMA journal_size_limit = {}", kLogBytesKept));
  if (options.access == Access::own) migrate(database, migrations());
  database.exec("PRAGMA foreign_keys = ON");
}

}  // namespace

std::string damage_in(SQLite::Database& database) {
  SQLite::Statement check(database, "PRAGMA quick_check(1)");
  if (!check.executeStep() || check.getColumn(0).getString() == "ok") return {};
  return check.getColumn(0).getString();
}

// A thread that ends what the database is doing when its time is over.
std::optional<std::string> damage_within(SQLite::Database& database, std::chrono::milliseconds limit) {
  std::mutex mutex;
  std::condition_variable ended;
  bool over = false, cut = false;
  std::thread watch([&] {
    std::unique_lock lock(mutex);
    cut = !ended.wait_for(lock, limit, [&] { return over; });
    if (cut) sqlite3_interrupt(database.getHandle());
  });
  std::exception_ptr failure;
  std::string damage;
  try {
    damage = damage_in(database);
  } catch (const SQLite::Exception&) {
    failure = std::current_exception();
  }
  {
    const std::lock_guard lock(mutex);
    over = true;
  }
  ended.notify_one();
  watch.join();
  // What was not read looks to SQLite as if it were not there.
  if (cut) return std::nullopt;
  if (failure) std::rethrow_exception(failure);
  return damage;
}

void throw_store_error(const fs::path& file, std::string_view doing, const SQLite::Exception& error,
                       int system_error) {
  if (const auto cause = passing_cause(error, file, system_error))
    throw StoreUnavailable(*cause, why_unavailable(*cause, file, system_error));
  const int code = error.getErrorCode() & 0xFF;
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) throw damaged(file, error.what());
  throw StoreError(fmt::format("queue: {}: {} failed: {}; check the disk, and that the folder may be written",
                               printable(file.native()), doing, error.what()));
}

SQLite::Database open_database(const fs::path& file, const SqliteOptions& options) {
  refuse_network_filesystem(file);
  if (options.access == Access::own) {
    finish_replacement(file);
    keep_private(file);
  } else {
    refuse_half_replaced(file);
  }
  std::optional<SQLite::Database> database;
  try {
    database.emplace(file.native(), flags_for(options.access),
                     static_cast<int>(options.busy_timeout.count()));
    keep_log_on_close(*database, 1);
    const int version = refuse_foreign_or_newer(*database, file);
    if (options.access == Access::own)
      refuse_damaged(*database, file, options.look_at_most);
    else
      refuse_older(version, file);
    keep_log_on_close(*database, 0);
    const TellsOfWork telling(*database, options.still_working);
    set_up(*database, options);
  } catch (const SQLite::Exception& error) {
    throw_store_error(file, "opening", error, database ? sqlite3_system_errno(database->getHandle()) : 0);
  }
  return std::move(*database);
}

}  // namespace chunkrd::queue
