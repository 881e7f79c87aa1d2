#include "queue/sqlite/damaged_table.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace chunkrd::queue {
namespace {

// Nothing can be read any more after so many that could not, one after the other: a page that leads to the
// others is gone. More rows than that lie below no other kind of page.
constexpr std::int64_t kUnreadableMax = 200'000;

// No table has more rows than that for each page of its file.
constexpr std::int64_t kRowsAPage = 400;

bool next_row(SQLite::Statement& statement) noexcept {
  return statement.tryExecuteStep() == SQLITE_ROW;
}

std::set<std::string> names_of_columns(SQLite::Database& database, const std::string& table) {
  std::set<std::string> names;
  try {
    SQLite::Statement query(database, "SELECT name FROM pragma_table_info(?)");
    query.bind(1, table);
    while (query.executeStep()) names.insert(query.getColumn(0).getString());
  } catch (const SQLite::Exception&) {
    // What cannot be told is not there.
  }
  return names;
}

}  // namespace

std::vector<TableColumn> columns_of(SQLite::Database& database, const std::string& table) {
  std::vector<TableColumn> columns;
  SQLite::Statement query(database,
                          "SELECT name, type, \"notnull\", coalesce(dflt_value, 'NULL') FROM "
                          "pragma_table_info(?)");
  query.bind(1, table);
  while (query.executeStep())
    columns.push_back({query.getColumn(0).getString(), query.getColumn(1).getString(),
                       query.getColumn(2).getInt() != 0, query.getColumn(3).getString()});
  return columns;
}

DamagedTable::DamagedTable(SQLite::Database& database, std::string table, std::vector<TableColumn> columns)
    : database_(database), table_(std::move(table)) {
  const auto there = names_of_columns(database_, table_);
  if (there.empty()) return;
  for (const TableColumn& column : columns)
    selected_ +=
        (selected_.empty() ? "" : ", ") + (there.contains(column.name) ? column.name : column.otherwise);
}

struct DamagedTable::Range {
  std::int64_t first, last;
};

// The largest `seq`, or what it can at most be.
std::int64_t DamagedTable::last_seq() {
  try {
    SQLite::Statement last(database_, fmt::format("SELECT max(seq) FROM {}", table_));
    if (last.executeStep()) return last.getColumn(0).getInt64();
  } catch (const SQLite::Exception&) {
    // Its last page is damaged.
  }
  try {
    return database_.execAndGet("PRAGMA page_count").getInt64() * kRowsAPage;
  } catch (const SQLite::Exception&) {
    return 0;
  }
}

// Returns the first number that it has not come to.
std::int64_t DamagedTable::read_range(SQLite::Statement& rows, const Range& range, const OnRow& on_row) {
  std::int64_t next = range.first;
  rows.tryReset();
  rows.bind(1, range.first);
  rows.bind(2, range.last);
  while (next_row(rows)) {
    const std::int64_t seq = rows.getColumn(0).getInt64();
    if (seq < next || seq > range.last) return next;  // a page that belongs elsewhere
    on_row(rows);
    next = seq + 1;
  }
  return rows.isDone() ? range.last + 1 : next;
}

// A range that cannot be read to its end is read as two: so every row that SQLite can come to is found.
std::int64_t DamagedTable::read_by_seq(const OnRow& on_row) {
  if (selected_.empty()) return kUnreadableMax;
  std::optional<SQLite::Statement> rows;
  try {
    rows.emplace(database_,
                 fmt::format("SELECT seq, {} FROM {} NOT INDEXED WHERE seq BETWEEN ? AND ? ORDER BY seq",
                             selected_, table_));
  } catch (const SQLite::Exception&) {
    return kUnreadableMax;
  }
  std::int64_t unreadable = 0, worst = 0;
  std::vector<Range> to_read{{1, last_seq()}};
  while (!to_read.empty() && unreadable < kUnreadableMax) {
    const Range range = to_read.back();
    to_read.pop_back();
    const std::int64_t next = read_range(*rows, range, on_row);
    if (next > range.first) unreadable = 0;
    if (next > range.last) continue;
    if (next < range.last) {
      const std::int64_t middle = next + (range.last - next) / 2;
      to_read.push_back({middle + 1, range.last});
      to_read.push_back({next, middle});
    } else {
      worst = std::max(worst, ++unreadable);
    }
  }
  rows->tryReset();
  return worst;
}

bool DamagedTable::read_by_key(const std::string& key, const OnRow& on_row) {
  if (selected_.empty()) return false;
  for (const char* order : {"ASC", "DESC"}) {
    try {
      SQLite::Statement rows(
          database_, fmt::format("SELECT 0, {} FROM {} ORDER BY {} {}", selected_, table_, key, order));
      while (next_row(rows)) on_row(rows);
      if (rows.isDone()) return true;
    } catch (const SQLite::Exception&) {
      return false;
    }
  }
  return false;
}

}  // namespace chunkrd::queue
