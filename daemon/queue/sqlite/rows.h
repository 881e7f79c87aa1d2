#pragma once

#include <SQLiteCpp/Statement.h>

#include <string>

#include "queue/job.h"

namespace chunkrd::queue {

/// The columns of a job that never change after the row is made, in the order of the binding below.
inline const std::string kFixedColumns = "id, inbox, name, source_identity, found_at";
/// The guard, and what follows from it.
inline const std::string kGuardColumns = "state, due, lease, state_since";
/// What a step changes.
inline const std::string kMovingColumns =
    "profile, settings, settings_hash, sidecar, priority, size_bytes, sha256, spool, outbox, shelf, "
    "bound_for, took, spooled, tag, task_id, intent_at, "
    "submitted_at, "
    "task_status, attempts, transient_failures, "
    "possible_duplicates, polls, not_found, empty_reads, pages, delivered_name, original_name, "
    "original_pruned, "
    "error_stage, "
    "error_code, error_message, asked, wanted_profile, wanted_settings, may_resubmit, revision, reused_from, "
    "earlier_tasks";
/// All of a job.
inline const std::string kJobColumns = kFixedColumns + ", " + kGuardColumns + ", " + kMovingColumns;

/// "?, ?, ?": one for each of `columns`.
std::string placeholders(const std::string& columns);

/// Fills the parameters of a statement one after the other. Does not copy: what is bound must live until
/// the statement has run.
class Parameters {
 public:
  explicit Parameters(SQLite::Statement& statement) : statement_(statement) {}

  Parameters& text(const std::string& value);
  Parameters& bytes(const std::string& value);
  Parameters& number(std::int64_t value);
  Parameters& number(const std::optional<int>& value);
  Parameters& state(State value) { return number(static_cast<std::int64_t>(value)); }
  Parameters& time(WallTime value) { return number(value.time_since_epoch().count()); }
  Parameters& time(const std::optional<WallTime>& value);

  Parameters& fixed_columns(const Job& job);
  Parameters& moving_columns(const Job& job);

 private:
  SQLite::Statement& statement_;
  int next_ = 1;
};

/// The time in a column, milliseconds since 1970; nothing for NULL.
std::optional<WallTime> time_in(const SQLite::Column& column);

/// The job in the row that `statement` stands on; its columns from `first` on are kJobColumns.
Job read_job(SQLite::Statement& statement, int first = 0);

}  // namespace chunkrd::queue
