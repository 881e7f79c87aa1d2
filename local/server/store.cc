#include "local/server/store.h"

#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include <array>
#include <utility>

namespace chunkrd::local::server {
namespace {

constexpr std::array<std::string_view, 5> kStatusNames = {"Starting", "Processing", "Succeeded", "Failed",
                                                          "Cancelled"};
constexpr int kBusyTimeoutMs = 5000;

// `queued` is the place in the queue (null: not in it); the previous_ columns are set while an update runs.
constexpr const char* kSchema = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS tasks(
  task_id TEXT PRIMARY KEY, status TEXT NOT NULL, message TEXT NOT NULL,
  created_at INTEGER NOT NULL, started_at INTEGER, finished_at INTEGER, expires_at INTEGER,
  configuration TEXT NOT NULL, file_name TEXT NOT NULL, content_type TEXT NOT NULL,
  run TEXT NOT NULL DEFAULT '', chunks_offset INTEGER NOT NULL DEFAULT 0,
  chunks_bytes INTEGER NOT NULL DEFAULT 0, page_count INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0, queued INTEGER, held INTEGER NOT NULL DEFAULT 0,
  previous_status TEXT, previous_message TEXT, previous_configuration TEXT,
  previous_started_at INTEGER, previous_finished_at INTEGER, previous_expires_at INTEGER);
CREATE INDEX IF NOT EXISTS tasks_by_age ON tasks(created_at);
CREATE INDEX IF NOT EXISTS tasks_queued ON tasks(queued) WHERE queued IS NOT NULL;
CREATE INDEX IF NOT EXISTS tasks_expiring ON tasks(expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS tasks_processing ON tasks(started_at) WHERE status = 'Processing';
CREATE TABLE IF NOT EXISTS ledger(
  file_name TEXT PRIMARY KEY, created INTEGER NOT NULL, succeeded INTEGER NOT NULL DEFAULT 0);
)sql";

constexpr const char* kRequeue = R"sql(
UPDATE tasks SET status = 'Starting', queued = COALESCE(queued, created_at), held = 0,
  message = CASE WHEN previous_status IS NULL THEN 'Task queued' ELSE 'Task queued for update' END
WHERE status = 'Processing' OR held = 1;
)sql";

constexpr const char* kColumns =
    "task_id, status, message, created_at, started_at, finished_at, expires_at, configuration, file_name, "
    "content_type, run, chunks_offset, chunks_bytes, page_count, attempts, previous_status";

std::int64_t to_row(WallTime time) {
  return time.time_since_epoch().count();
}

std::optional<WallTime> time_in(const SQLite::Column& column) {
  if (column.isNull()) return std::nullopt;
  return WallTime(Duration(column.getInt64()));
}

void bind_time(SQLite::Statement& statement, int index, std::optional<WallTime> time) {
  if (time) {
    statement.bind(index, to_row(*time));
  } else {
    statement.bind(index);
  }
}

Task task_in(SQLite::Statement& row) {
  Task task;
  task.id = row.getColumn(0).getString();
  task.status = status_from(row.getColumn(1).getString()).value_or(Status::Failed);
  task.message = row.getColumn(2).getString();
  task.created_at = WallTime(Duration(row.getColumn(3).getInt64()));
  task.started_at = time_in(row.getColumn(4));
  task.finished_at = time_in(row.getColumn(5));
  task.expires_at = time_in(row.getColumn(6));
  task.configuration = row.getColumn(7).getString();
  task.file_name = row.getColumn(8).getString();
  task.content_type = row.getColumn(9).getString();
  task.output = {.run = row.getColumn(10).getString(),
                 .chunks_offset = static_cast<std::uint64_t>(row.getColumn(11).getInt64()),
                 .chunks_bytes = static_cast<std::uint64_t>(row.getColumn(12).getInt64()),
                 .page_count = row.getColumn(13).getInt()};
  task.attempts = row.getColumn(14).getInt();
  task.is_update = !row.getColumn(15).isNull();
  return task;
}

}  // namespace

std::string_view to_string(Status status) noexcept {
  return kStatusNames[static_cast<std::size_t>(status)];
}

std::optional<Status> status_from(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kStatusNames.size(); ++i) {
    if (kStatusNames[i] == text) return static_cast<Status>(i);
  }
  return std::nullopt;
}

Store::Store(const std::filesystem::path& file)
    : database_(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs) {
  database_.exec(kSchema);
  database_.exec(kRequeue);
}

void Store::insert(const Task& task) {
  const std::scoped_lock lock(mutex_);
  SQLite::Transaction transaction(database_);
  SQLite::Statement insert(
      database_,
      "INSERT INTO tasks(task_id, status, message, created_at, configuration, file_name, "
      "content_type, queued) VALUES(?1, 'Starting', ?2, ?3, ?4, ?5, ?6, ?3)");
  insert.bind(1, task.id);
  insert.bind(2, task.message);
  insert.bind(3, to_row(task.created_at));
  insert.bind(4, task.configuration);
  insert.bind(5, task.file_name);
  insert.bind(6, task.content_type);
  insert.exec();
  SQLite::Statement count(database_,
                          "INSERT INTO ledger(file_name, created) VALUES(?1, 1) "
                          "ON CONFLICT(file_name) DO UPDATE SET created = created + 1");
  count.bind(1, task.file_name);
  count.exec();
  transaction.commit();
}

std::optional<Task> Store::find(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  SQLite::Statement select(database_, std::string("SELECT ") + kColumns + " FROM tasks WHERE task_id = ?1");
  select.bind(1, id);
  if (!select.executeStep()) return std::nullopt;
  return task_in(select);
}

std::vector<std::string> Store::list(const ListFilter& filter, WallTime now) {
  const std::scoped_lock lock(mutex_);
  SQLite::Statement select(database_,
                           "SELECT task_id FROM tasks WHERE (expires_at IS NULL OR expires_at > ?1) "
                           "AND (?2 IS NULL OR created_at >= ?2) AND (?3 IS NULL OR created_at <= ?3) "
                           "ORDER BY created_at DESC, rowid DESC LIMIT ?4 OFFSET ?5");
  select.bind(1, to_row(now));
  bind_time(select, 2, filter.start);
  bind_time(select, 3, filter.end);
  select.bind(4, filter.limit);
  select.bind(5, filter.offset);
  std::vector<std::string> ids;
  while (select.executeStep()) ids.push_back(select.getColumn(0).getString());
  return ids;
}

bool Store::change(const std::string& sql, const std::string& id) {
  const std::scoped_lock lock(mutex_);
  SQLite::Statement statement(database_, sql);
  statement.bind(1, id);
  return statement.exec() > 0;
}

bool Store::update(const std::string& id, const std::string& configuration) {
  const std::scoped_lock lock(mutex_);
  SQLite::Statement statement(
      database_,
      "UPDATE tasks SET previous_status = status, previous_message = message, previous_configuration = "
      "configuration, previous_started_at = started_at, previous_finished_at = finished_at, "
      "previous_expires_at = expires_at, status = 'Starting', message = 'Task queued for update', "
      "configuration = ?2, queued = (SELECT COALESCE(MAX(queued), 0) + 1 FROM tasks WHERE queued IS NOT "
      "NULL) "
      "WHERE task_id = ?1 AND status IN ('Succeeded', 'Failed')");
  statement.bind(1, id);
  statement.bind(2, configuration);
  return statement.exec() > 0;
}

bool Store::cancel(const std::string& id) {
  return change(
      "UPDATE tasks SET status = 'Cancelled', message = 'Task cancelled', held = 0, "
      "queued = CASE WHEN previous_status IS NULL THEN NULL ELSE COALESCE(queued, created_at) END "
      "WHERE task_id = ?1 AND status = 'Starting'",
      id);
}

bool Store::remove(const std::string& id) {
  return change("DELETE FROM tasks WHERE task_id = ?1 AND status IN ('Succeeded', 'Failed', 'Cancelled')",
                id);
}

std::optional<Task> Store::next_queued() {
  const std::scoped_lock lock(mutex_);
  SQLite::Statement select(database_,
                           std::string("SELECT ") + kColumns +
                               " FROM tasks WHERE queued IS NOT NULL ORDER BY queued, rowid LIMIT 1");
  if (!select.executeStep()) return std::nullopt;
  return task_in(select);
}

bool Store::start(const std::string& id, WallTime now) {
  const std::scoped_lock lock(mutex_);
  SQLite::Statement statement(
      database_,
      "UPDATE tasks SET status = 'Processing', message = 'Task started', queued = NULL, "
      "started_at = ?2, attempts = attempts + 1 "
      "WHERE task_id = ?1 AND status = 'Starting' AND queued IS NOT NULL");
  statement.bind(1, id);
  statement.bind(2, to_row(now));
  return statement.exec() > 0;
}

void Store::hold(const std::string& id) {
  change(
      "UPDATE tasks SET queued = NULL, held = 1 WHERE task_id = ?1 AND status IN ('Starting', 'Processing')",
      id);
}

void Store::put_back(const std::string& id) {
  change(
      "UPDATE tasks SET status = 'Starting', queued = created_at, attempts = attempts - 1, "
      "message = CASE WHEN previous_status IS NULL THEN 'Task queued' ELSE 'Task queued for update' END "
      "WHERE task_id = ?1 AND status = 'Processing'",
      id);
}

void Store::report(const std::string& id, const std::string& message) {
  const std::scoped_lock lock(mutex_);
  SQLite::Statement statement(database_,
                              "UPDATE tasks SET message = ?2 WHERE task_id = ?1 AND status = 'Processing'");
  statement.bind(1, id);
  statement.bind(2, message);
  statement.exec();
}

void Store::finish_up(const std::string& id, WallTime now) {
  const std::scoped_lock lock(mutex_);
  SQLite::Statement statement(database_,
                              "UPDATE tasks SET message = 'Finishing up', finished_at = ?2 "
                              "WHERE task_id = ?1 AND status = 'Processing'");
  statement.bind(1, id);
  statement.bind(2, to_row(now));
  statement.exec();
}

void Store::succeed(const std::string& id, const Output& output, std::optional<WallTime> expires_at) {
  const std::scoped_lock lock(mutex_);
  SQLite::Transaction transaction(database_);
  SQLite::Statement statement(
      database_,
      "UPDATE tasks SET status = 'Succeeded', message = 'Task succeeded', expires_at = ?2, run = ?3, "
      "chunks_offset = ?4, chunks_bytes = ?5, page_count = ?6, attempts = 0, previous_status = NULL, "
      "previous_message = NULL, previous_configuration = NULL WHERE task_id = ?1 AND status = 'Processing'");
  statement.bind(1, id);
  bind_time(statement, 2, expires_at);
  statement.bind(3, output.run);
  statement.bind(4, static_cast<std::int64_t>(output.chunks_offset));
  statement.bind(5, static_cast<std::int64_t>(output.chunks_bytes));
  statement.bind(6, output.page_count);
  const bool has_succeeded = statement.exec() > 0;
  if (has_succeeded) {
    SQLite::Statement count(database_,
                            "UPDATE ledger SET succeeded = succeeded + 1 "
                            "WHERE file_name = (SELECT file_name FROM tasks WHERE task_id = ?1)");
    count.bind(1, id);
    count.exec();
  }
  transaction.commit();
}

void Store::fail(const std::string& id, const std::string& message, std::optional<WallTime> finished_at,
                 std::optional<WallTime> expires_at) {
  const std::scoped_lock lock(mutex_);
  SQLite::Statement statement(database_,
                              "UPDATE tasks SET status = 'Failed', message = ?2, finished_at = ?3, "
                              "expires_at = ?4, attempts = 0, held = 0 "
                              "WHERE task_id = ?1 AND status = 'Processing'");
  statement.bind(1, id);
  statement.bind(2, message);
  bind_time(statement, 3, finished_at);
  bind_time(statement, 4, expires_at);
  statement.exec();
}

void Store::revert(const std::string& id) {
  change(
      "UPDATE tasks SET status = previous_status, message = previous_message, "
      "configuration = previous_configuration, started_at = previous_started_at, "
      "finished_at = previous_finished_at, expires_at = previous_expires_at, attempts = 0, queued = NULL, "
      "held = 0, previous_status = NULL, previous_message = NULL, previous_configuration = NULL "
      "WHERE task_id = ?1 AND previous_status IS NOT NULL AND status IN ('Processing', 'Cancelled')",
      id);
}

std::vector<std::string> Store::stuck(WallTime before) {
  const std::scoped_lock lock(mutex_);
  SQLite::Statement select(
      database_, "SELECT task_id FROM tasks WHERE status = 'Processing' AND held = 1 AND started_at < ?1");
  select.bind(1, to_row(before));
  std::vector<std::string> ids;
  while (select.executeStep()) ids.push_back(select.getColumn(0).getString());
  return ids;
}

std::vector<std::string> Store::purge(WallTime now) {
  const std::scoped_lock lock(mutex_);
  SQLite::Statement remove(database_,
                           "DELETE FROM tasks WHERE expires_at <= ?1 AND status IN ('Succeeded', 'Failed') "
                           "RETURNING task_id");
  remove.bind(1, to_row(now));
  std::vector<std::string> ids;
  while (remove.executeStep()) ids.push_back(remove.getColumn(0).getString());
  return ids;
}

std::vector<LedgerLine> Store::ledger() {
  const std::scoped_lock lock(mutex_);
  SQLite::Statement select(database_, "SELECT file_name, created, succeeded FROM ledger ORDER BY file_name");
  std::vector<LedgerLine> lines;
  while (select.executeStep()) {
    lines.push_back({.file_name = select.getColumn(0).getString(),
                     .created = select.getColumn(1).getInt64(),
                     .succeeded = select.getColumn(2).getInt64()});
  }
  return lines;
}

}  // namespace chunkrd::local::server
