#pragma once

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include "queue/sqlite/rows.h"

namespace chunkrd::queue {

/// One run of a prepared statement. Ends it on every way out: a statement that stands on a row keeps its
/// read transaction open, and the write-ahead log could never be emptied.
class Run {
 public:
  explicit Run(SQLite::Statement& statement) : statement_(statement) {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() { statement_.tryReset(); }

  Parameters parameters() { return Parameters(statement_); }
  bool next_row() { return statement_.executeStep(); }
  SQLite::Column column(int index) { return statement_.getColumn(index); }
  int columns() const { return statement_.getColumnCount(); }
  Job job() { return read_job(statement_); }

 private:
  SQLite::Statement& statement_;
};

}  // namespace chunkrd::queue
