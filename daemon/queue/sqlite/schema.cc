#include "queue/sqlite/schema.h"

#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include <array>
#include <string>

namespace chunkrd::queue {
namespace {

// Times are milliseconds since 1970, UTC. States are the numbers of queue::State: 1 claiming, 2 ready,
// below 9 unfinished. `seq` is there for short foreign keys and for a stable order of arrival.
constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
  seq                 INTEGER PRIMARY KEY,
  id                  TEXT    NOT NULL UNIQUE,
  inbox               BLOB    NOT NULL,
  name                BLOB    NOT NULL,
  source_identity     TEXT    NOT NULL,
  found_at            INTEGER NOT NULL,
  profile             TEXT    NOT NULL,
  settings            TEXT    NOT NULL,
  settings_hash       TEXT    NOT NULL,
  priority            INTEGER NOT NULL,
  state               INTEGER NOT NULL,
  due                 INTEGER NOT NULL,
  lease               INTEGER NOT NULL,
  state_since         INTEGER NOT NULL,
  size_bytes          INTEGER NOT NULL,
  sha256              TEXT    NOT NULL,
  tag                 TEXT    NOT NULL,
  task_id             TEXT    NOT NULL,
  intent_at           INTEGER,
  submitted_at        INTEGER,
  task_status         TEXT    NOT NULL,
  attempts            INTEGER NOT NULL,
  transient_failures  INTEGER NOT NULL,
  possible_duplicates INTEGER NOT NULL,
  polls               INTEGER NOT NULL,
  not_found           INTEGER NOT NULL,
  empty_reads         INTEGER NOT NULL,
  pages               INTEGER,
  delivered_name      BLOB    NOT NULL,
  error_stage         TEXT    NOT NULL,
  error_code          TEXT    NOT NULL,
  error_message       TEXT    NOT NULL
) STRICT;

-- The same file seen twice is one job; of one name, one job at a time is taken into the spool.
CREATE UNIQUE INDEX jobs_identity ON jobs (inbox, name, source_identity);
CREATE UNIQUE INDEX jobs_claiming ON jobs (inbox, name) WHERE state = 1;

-- What is due, in the order in which it is asked for. `due` at the end lets a search pass over documents
-- that wait for another attempt without looking at their rows.
CREATE INDEX jobs_due ON jobs (state, due);
CREATE INDEX jobs_ready ON jobs (state, priority DESC, id, due) WHERE state = 2;
CREATE INDEX jobs_unfinished ON jobs (found_at) WHERE state < 9;

CREATE TABLE events (
  seq    INTEGER PRIMARY KEY,
  job    INTEGER NOT NULL REFERENCES jobs (seq),
  at     INTEGER NOT NULL,
  what   TEXT    NOT NULL,
  detail TEXT    NOT NULL
) STRICT;
CREATE INDEX events_of_job ON events (job);
CREATE TRIGGER events_are_history BEFORE UPDATE ON events BEGIN
  SELECT raise(ABORT, 'events are append-only');
END;

CREATE TABLE notes (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- How many jobs are in each state, kept by the triggers so that nobody has to count rows.
CREATE TABLE counts (state INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT;
INSERT INTO counts (state, n) VALUES
  (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0), (10, 0), (11, 0), (12, 0);
CREATE TRIGGER jobs_counted_in AFTER INSERT ON jobs BEGIN
  UPDATE counts SET n = n + 1 WHERE state = new.state;
END;
CREATE TRIGGER jobs_counted_over AFTER UPDATE OF state ON jobs WHEN old.state <> new.state BEGIN
  UPDATE counts SET n = n - 1 WHERE state = old.state;
  UPDATE counts SET n = n + 1 WHERE state = new.state;
END;
CREATE TRIGGER jobs_counted_out AFTER DELETE ON jobs BEGIN
  UPDATE counts SET n = n - 1 WHERE state = old.state;
END;
)sql";

// A document's life after its delivery, and what people ask for. States 13 to 16 are unfinished again.
constexpr std::string_view kVersion2 = R"sql(
ALTER TABLE jobs ADD COLUMN original_name   BLOB    NOT NULL DEFAULT x'';
ALTER TABLE jobs ADD COLUMN asked           INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN wanted_profile  TEXT    NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN wanted_settings TEXT    NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN may_resubmit    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN revision        INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN reused_from     TEXT    NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN earlier_tasks   TEXT    NOT NULL DEFAULT '';

INSERT INTO counts (state, n) VALUES (13, 0), (14, 0), (15, 0), (16, 0);
DROP INDEX jobs_unfinished;
CREATE INDEX jobs_unfinished ON jobs (found_at) WHERE state < 9 OR state > 12;

-- Ready documents by profile: profiles take turns by their weights.
DROP INDEX jobs_ready;
CREATE INDEX jobs_ready ON jobs (state, profile, priority DESC, id, due) WHERE state = 2;

-- For people who look for documents, newest first (ids sort by age): any choice of inboxes, states and an error is
-- a few ranges of one of these, so no choice looks at rows that it does not show. See SqliteStore::list().
CREATE INDEX jobs_listed ON jobs (inbox, state, id);
CREATE INDEX jobs_of_error ON jobs (error_code, inbox, state, id) WHERE error_code <> '';
-- The earlier results that may be delivered again.
CREATE INDEX jobs_delivered ON jobs (sha256, settings_hash) WHERE state = 9;

-- What people ask for with the command line. `job` is empty for what concerns the whole daemon.
CREATE TABLE commands (
  seq         INTEGER PRIMARY KEY,
  asked_at    INTEGER NOT NULL,
  kind        TEXT    NOT NULL,
  job         TEXT    NOT NULL,
  arguments   TEXT    NOT NULL,
  answered_at INTEGER,
  outcome     TEXT    NOT NULL DEFAULT '',
  answer      TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX commands_pending ON commands (seq) WHERE answered_at IS NULL;

-- What was paid for on each day (UTC), for the budget.
CREATE TABLE spending (
  day       TEXT    PRIMARY KEY,
  documents INTEGER NOT NULL,
  pages     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// Sidecars, and documents that are submitted as an address (NAME.url): no tag tells their tasks apart.
constexpr std::string_view kVersion3 = R"sql(
ALTER TABLE jobs ADD COLUMN sidecar TEXT NOT NULL DEFAULT '';
CREATE INDEX jobs_links ON jobs (task_id) WHERE lower(substr(name, -4)) = '.url';
CREATE INDEX jobs_links_in_doubt ON jobs (found_at)
  WHERE lower(substr(name, -4)) = '.url' AND (state = 3 OR possible_duplicates > 0);
)sql";

// Retention: which originals lie in the archive, oldest first, and how many; which commands are answered.
// Rows themselves are found by jobs_due: of an end, `due` is when it was reached.
constexpr std::string_view kVersion4 = R"sql(
ALTER TABLE jobs ADD COLUMN original_pruned INTEGER NOT NULL DEFAULT 0;
CREATE INDEX jobs_archived ON jobs (due) WHERE state = 9 AND original_name <> x'' AND original_pruned = 0;

CREATE TABLE archived (n INTEGER NOT NULL) STRICT;
INSERT INTO archived (n) SELECT count(*) FROM jobs WHERE state = 9 AND original_name <> x'';
CREATE TRIGGER jobs_archived_counted AFTER UPDATE OF state, original_name, original_pruned ON jobs
  WHEN (old.state = 9 AND old.original_name <> x'' AND old.original_pruned = 0) <>
       (new.state = 9 AND new.original_name <> x'' AND new.original_pruned = 0) BEGIN
  UPDATE archived SET n = n + iif(new.state = 9 AND new.original_name <> x'' AND new.original_pruned = 0, 1, -1);
END;
CREATE TRIGGER jobs_archived_counted_in AFTER INSERT ON jobs
  WHEN new.state = 9 AND new.original_name <> x'' AND new.original_pruned = 0 BEGIN
  UPDATE archived SET n = n + 1;
END;
CREATE TRIGGER jobs_archived_counted_out AFTER DELETE ON jobs
  WHEN old.state = 9 AND old.original_name <> x'' AND old.original_pruned = 0 BEGIN
  UPDATE archived SET n = n - 1;
END;

-- Documents whose rows are gone, and who still have files of ours (a manifest) beside their results.
CREATE TABLE forgotten (id TEXT PRIMARY KEY, inbox BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE INDEX commands_answered ON commands (answered_at) WHERE answered_at IS NOT NULL;
)sql";

// A file whose row has vanished may lie in its inbox still, as it was, and gets another row then. That only
// one row works on a file is seen to by Insertion: an index that refused it would refuse what people ask of
// old rows, too.
constexpr std::string_view kVersion5 = R"sql(
DROP INDEX jobs_identity;
CREATE INDEX jobs_identity ON jobs (inbox, name, source_identity);
)sql";

// Where a document's files lie, so that nobody has to ask a configuration that may have changed since.
constexpr std::string_view kVersion6 = R"sql(
ALTER TABLE jobs ADD COLUMN spool   BLOB    NOT NULL DEFAULT x'';
ALTER TABLE jobs ADD COLUMN outbox  BLOB    NOT NULL DEFAULT x'';
ALTER TABLE jobs ADD COLUMN shelf   BLOB    NOT NULL DEFAULT x'';
ALTER TABLE jobs ADD COLUMN took    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN spooled TEXT    NOT NULL DEFAULT '';
)sql";

// Whose original lies under a name: somebody may have taken one away, and its name has been used again since.
// And by which profiles documents are worked on, without looking at the documents.
constexpr std::string_view kVersion7 = R"sql(
CREATE INDEX jobs_originals ON jobs (original_name, shelf) WHERE original_name <> x'' AND original_pruned = 0;
CREATE INDEX jobs_profiles ON jobs (iif(wanted_settings = '', profile, wanted_profile))
  WHERE state < 9 OR state > 12;
)sql";

// What came to an end, in that order, for whoever wants to know: `chunkrd events` reads it, `notify` tells of
// it. AUTOINCREMENT: no number is given twice, so that a reader can go on from the last one it has. `stands`
// while the document is at this end. The queue's id tells a reader that his numbers are of another queue.
constexpr std::string_view kVersion8 = R"sql(
CREATE TABLE endings (
  seq            INTEGER PRIMARY KEY AUTOINCREMENT,
  at             INTEGER NOT NULL,
  lived          INTEGER NOT NULL,
  stands         INTEGER NOT NULL,
  job            TEXT    NOT NULL,
  inbox          BLOB    NOT NULL,
  name           BLOB    NOT NULL,
  found_at       INTEGER NOT NULL,
  profile        TEXT    NOT NULL,
  state          INTEGER NOT NULL,
  revision       INTEGER NOT NULL,
  size_bytes     INTEGER NOT NULL,
  sha256         TEXT    NOT NULL,
  pages          INTEGER,
  task_id        TEXT    NOT NULL,
  outbox         BLOB    NOT NULL,
  delivered_name BLOB    NOT NULL,
  error_stage    TEXT    NOT NULL,
  error_code     TEXT    NOT NULL,
  error_message  TEXT    NOT NULL
) STRICT;
CREATE INDEX endings_standing ON endings (job) WHERE stands = 1;

CREATE TABLE notifications (
  seq      INTEGER PRIMARY KEY,
  ending   INTEGER NOT NULL REFERENCES endings (seq),
  hook     BLOB    NOT NULL,
  since    INTEGER NOT NULL,
  due      INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  failure  TEXT    NOT NULL DEFAULT '',
  body     TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX notifications_due ON notifications (hook, due);
CREATE INDEX notifications_since ON notifications (hook, since, attempts);
CREATE INDEX notifications_tried ON notifications (hook, attempts) WHERE attempts > 0;
CREATE INDEX notifications_of_ending ON notifications (ending);

INSERT INTO meta (key, value) VALUES ('queue_id', lower(hex(randomblob(4))));
)sql";

// Where an original is about to be put away: it may have been moved, and its row not know it yet, when the
// configuration changes.
constexpr std::string_view kVersion9 = R"sql(
ALTER TABLE jobs ADD COLUMN bound_for BLOB NOT NULL DEFAULT x'';
)sql";

constexpr std::array<std::string_view, 9> kMigrations = {
    kVersion1, kVersion2, kVersion3, kVersion4, kVersion5, kVersion6, kVersion7, kVersion8, kVersion9};

bool has_rows(SQLite::Database& database, const char* query) {
  return SQLite::Statement(database, query).executeStep();
}

}  // namespace

Migrations migrations() noexcept {
  return kMigrations;
}

std::optional<int> schema_version(SQLite::Database& database) {
  if (!has_rows(database, "SELECT 1 FROM sqlite_schema")) return 0;
  if (!has_rows(database, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'"))
    return std::nullopt;
  // The table is only called meta: its columns may be anybody's.
  if (!has_rows(database, "SELECT 1 FROM pragma_table_info('meta') WHERE name = 'key'") ||
      !has_rows(database, "SELECT 1 FROM pragma_table_info('meta') WHERE name = 'value'"))
    return std::nullopt;
  SQLite::Statement query(database, "SELECT value FROM meta WHERE key = 'chunkrd_schema'");
  if (!query.executeStep()) return std::nullopt;
  return query.getColumn(0).getInt();
}

void migrate(SQLite::Database& database, Migrations steps) {
  while (true) {
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    // Read inside the transaction: another process may have been faster.
    const int version = schema_version(database).value_or(0);
    if (version >= static_cast<int>(steps.size())) return;
    database.exec(std::string(steps[static_cast<std::size_t>(version)]));
    SQLite::Statement mark(database,
                           "INSERT INTO meta (key, value) VALUES ('chunkrd_schema', ?) "
                           "ON CONFLICT (key) DO UPDATE SET value = excluded.value");
    mark.bind(1, std::to_string(version + 1));
    mark.exec();
    transaction.commit();
  }
}

}  // namespace chunkrd::queue
