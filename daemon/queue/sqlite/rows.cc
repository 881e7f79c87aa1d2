#include "queue/sqlite/rows.h"

#include <SQLiteCpp/Column.h>

#include <algorithm>

namespace chunkrd::queue {
namespace {

// Reads the columns of a row one after the other.
class Columns {
 public:
  Columns(SQLite::Statement& statement, int first) : statement_(statement), next_(first) {}

  SQLite::Column next() { return statement_.getColumn(next_++); }
  std::string text() { return next().getString(); }
  std::int64_t number() { return next().getInt64(); }
  int small() { return next().getInt(); }
  WallTime time() { return WallTime(Duration(number())); }

 private:
  SQLite::Statement& statement_;
  int next_;
};

std::optional<int> small_in(const SQLite::Column& column) {
  if (column.isNull()) return std::nullopt;
  return column.getInt();
}

}  // namespace

std::string placeholders(const std::string& columns) {
  std::string text = "?";
  for (auto more = std::ranges::count(columns, ','); more > 0; --more) text += ", ?";
  return text;
}

Parameters& Parameters::text(const std::string& value) {
  statement_.bindNoCopy(next_++, value);
  return *this;
}

Parameters& Parameters::bytes(const std::string& value) {
  statement_.bindNoCopy(next_++, static_cast<const void*>(value.data()), static_cast<int>(value.size()));
  return *this;
}

Parameters& Parameters::number(std::int64_t value) {
  statement_.bind(next_++, value);
  return *this;
}

Parameters& Parameters::number(const std::optional<int>& value) {
  if (value) return number(std::int64_t{*value});
  statement_.bind(next_++);
  return *this;
}

Parameters& Parameters::time(const std::optional<WallTime>& value) {
  if (value) return time(*value);
  statement_.bind(next_++);
  return *this;
}

Parameters& Parameters::fixed_columns(const Job& job) {
  return text(job.id).bytes(job.inbox).bytes(job.name).text(job.source_identity).time(job.found_at);
}

Parameters& Parameters::moving_columns(const Job& job) {
  return text(job.profile)
      .text(job.settings)
      .text(job.settings_hash)
      .text(job.sidecar)
      .number(std::int64_t{job.priority})
      .number(static_cast<std::int64_t>(job.size_bytes))
      .text(job.sha256)
      .bytes(job.spool)
      .bytes(job.outbox)
      .bytes(job.shelf)
      .bytes(job.bound_for)
      .number(static_cast<std::int64_t>(job.took))
      .text(job.spooled)
      .text(job.tag)
      .text(job.task_id)
      .time(job.intent_at)
      .time(job.submitted_at)
      .text(job.task_status)
      .number(std::int64_t{job.attempts})
      .number(std::int64_t{job.transient_failures})
      .number(std::int64_t{job.possible_duplicates})
      .number(std::int64_t{job.polls})
      .number(std::int64_t{job.not_found})
      .number(std::int64_t{job.empty_reads})
      .number(job.pages)
      .bytes(job.delivered_name)
      .bytes(job.original_name)
      .number(std::int64_t{job.original_pruned})
      .text(job.error_stage)
      .text(job.error_code)
      .text(job.error_message)
      .number(static_cast<std::int64_t>(job.asked))
      .text(job.wanted_profile)
      .text(job.wanted_settings)
      .number(std::int64_t{job.may_resubmit})
      .number(std::int64_t{job.revision})
      .text(job.reused_from)
      .text(job.earlier_tasks);
}

std::optional<WallTime> time_in(const SQLite::Column& column) {
  if (column.isNull()) return std::nullopt;
  return WallTime(Duration(column.getInt64()));
}

Job read_job(SQLite::Statement& statement, int first) {
  Columns row(statement, first);
  Job job;
  job.id = row.text();
  job.inbox = row.text();
  job.name = row.text();
  job.source_identity = row.text();
  job.found_at = row.time();
  job.state = static_cast<State>(row.small());
  job.due = row.time();
  job.lease = row.number();
  job.state_since = row.time();
  job.profile = row.text();
  job.settings = row.text();
  job.settings_hash = row.text();
  job.sidecar = row.text();
  job.priority = row.small();
  job.size_bytes = static_cast<std::uint64_t>(row.number());
  job.sha256 = row.text();
  job.spool = row.text();
  job.outbox = row.text();
  job.shelf = row.text();
  job.bound_for = row.text();
  job.took = static_cast<Took>(row.small());
  job.spooled = row.text();
  job.tag = row.text();
  job.task_id = row.text();
  job.intent_at = time_in(row.next());
  job.submitted_at = time_in(row.next());
  job.task_status = row.text();
  job.attempts = row.small();
  job.transient_failures = row.small();
  job.possible_duplicates = row.small();
  job.polls = row.small();
  job.not_found = row.small();
  job.empty_reads = row.small();
  job.pages = small_in(row.next());
  job.delivered_name = row.text();
  job.original_name = row.text();
  job.original_pruned = row.small() != 0;
  job.error_stage = row.text();
  job.error_code = row.text();
  job.error_message = row.text();
  job.asked = static_cast<Asked>(row.small());
  job.wanted_profile = row.text();
  job.wanted_settings = row.text();
  job.may_resubmit = row.small() != 0;
  job.revision = row.small();
  job.reused_from = row.text();
  job.earlier_tasks = row.text();
  return job;
}

}  // namespace chunkrd::queue
