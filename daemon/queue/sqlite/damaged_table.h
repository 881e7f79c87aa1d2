#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace chunkrd::queue {

/// A column of a table as this program's schema has it.
struct TableColumn {
  std::string name;
  std::string type;  ///< TEXT, INTEGER, BLOB
  bool not_null = false;
  std::string otherwise;  ///< its DEFAULT as SQL, for a table that is older than the column
};

/// Those of a table in a database that is whole. Throws SQLite::Exception.
std::vector<TableColumn> columns_of(SQLite::Database& database, const std::string& table);

/// Rows of one table of a database that is damaged. Where a page cannot be read its rows are passed over, and
/// no others. Whatever is wrong with the database, nothing is thrown for it.
class DamagedTable {
 public:
  /// Gets a statement that stands on a row with `columns` in their order; values that have another type than
  /// their column are not told from others here. What it throws ends the reading.
  using OnRow = std::function<void(SQLite::Statement& row)>;

  DamagedTable(SQLite::Database& database, std::string table, std::vector<TableColumn> columns);

  /// Of a table whose key is the number `seq`: in its order. Returns how many numbers in a row at most could
  /// not be looked up; 0 for a table without damage.
  std::int64_t read_by_seq(const OnRow& on_row);

  /// Of a small table with the key `key`: from both ends up to what cannot be read, so that a row may come
  /// twice. False when something could not be read.
  bool read_by_key(const std::string& key, const OnRow& on_row);

 private:
  struct Range;
  std::int64_t last_seq();
  std::int64_t read_range(SQLite::Statement& rows, const Range& range, const OnRow& on_row);

  SQLite::Database& database_;
  std::string table_, selected_;
};

}  // namespace chunkrd::queue
