#include "queue/sqlite/salvage.h"

#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "queue/sqlite/contradiction.h"
#include "queue/sqlite/damaged_table.h"
#include "queue/sqlite/open.h"
#include "queue/sqlite/rows.h"
#include "queue/sqlite/schema.h"
#include "queue/sqlite/schema_pages.h"

namespace chunkrd::queue {
namespace {

namespace fs = std::filesystem;

// One row of the damaged table: `seq`, then the columns.
constexpr int kFirstColumn = 1;

SQLite::Database open_damaged(const fs::path& copy) {
  SQLite::Database database(copy.native(), SQLite::OPEN_READWRITE);
  // A schema that does not fit its table, or a file that is too short, shall hide nothing else.
  database.tryExec("PRAGMA writable_schema = ON");
  database.tryExec("PRAGMA cell_size_check = ON");
  return database;
}

bool shows_its_jobs(const fs::path& copy) {
  try {
    SQLite::Database database = open_damaged(copy);
    return SQLite::Statement(database, "SELECT 1 FROM pragma_table_info('jobs')").executeStep();
  } catch (const SQLite::Exception&) {
    return false;
  }
}

bool has_type(const SQLite::Column& value, const TableColumn& column) {
  if (value.isNull()) return !column.not_null;
  if (column.type == "INTEGER") return value.isInteger();
  return column.type == "BLOB" ? value.isBlob() : value.isText();
}

void bind(SQLite::Statement& statement, int index, const SQLite::Column& value) {
  if (value.isNull()) return statement.bind(index);
  if (value.isInteger()) return statement.bind(index, value.getInt64());
  // No bytes are no NULL: SQLite has no address for them.
  if (value.isBlob())
    return statement.bind(index, value.getBytes() > 0 ? value.getBlob() : "", value.getBytes());
  statement.bind(index, value.getString());
}

// The columns of a job first, in the order of read_job().
std::vector<TableColumn> columns_of_jobs(SQLite::Database& into) {
  std::map<std::string, TableColumn> by_name;
  for (TableColumn& column : columns_of(into, "jobs")) by_name.emplace(column.name, std::move(column));
  std::vector<TableColumn> columns;
  for (std::size_t at = 0; at < kJobColumns.size();) {
    const std::size_t end = std::min(kJobColumns.find(", ", at), kJobColumns.size());
    columns.push_back(by_name.at(kJobColumns.substr(at, end - at)));
    at = end + 2;
  }
  columns.push_back(by_name.at("seq"));
  return columns;
}

// Brings rows of one damaged table into the same table of the new queue.
class Transfer {
 public:
  Transfer(SQLite::Database& into, const std::string& table, std::vector<TableColumn> columns)
      : columns_(std::move(columns)), insert_(into, insert_into(table, columns_)) {}

  const std::vector<TableColumn>& columns() const { return columns_; }
  std::int64_t taken() const { return taken_; }
  std::int64_t refused() const { return refused_; }

  bool is_well_typed(SQLite::Statement& row) const {
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (!has_type(row.getColumn(kFirstColumn + static_cast<int>(i)), columns_[i])) return false;
    return true;
  }

  void refuse() { ++refused_; }

  void take(SQLite::Statement& row) {
    if (!is_well_typed(row)) return refuse();
    insert_.reset();
    for (int i = 0; i < static_cast<int>(columns_.size()); ++i)
      bind(insert_, i + 1, row.getColumn(kFirstColumn + i));
    taken_ += insert_.exec();
  }

 private:
  static std::string insert_into(const std::string& table, const std::vector<TableColumn>& columns) {
    std::string names;
    for (const TableColumn& column : columns) names += (names.empty() ? "" : ", ") + column.name;
    return fmt::format("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING", table, names,
                       placeholders(names));
  }

  std::vector<TableColumn> columns_;
  SQLite::Statement insert_;
  std::int64_t taken_ = 0, refused_ = 0;
};

class Salvaging {
 public:
  Salvaging(SQLite::Database& damaged, SQLite::Database& into) : damaged_(damaged), into_(into) {}

  Salvage run() {
    found_.whole = true;
    take_jobs();
    // Of a job that did not come back nothing is told: its number may be given to another.
    has_job_.emplace(into_, "SELECT 1 FROM jobs WHERE seq = ?");
    found_.events =
        take_numbered("events", [this](SQLite::Statement& row, int job) { return belongs(row, job); });
    found_.commands = take_numbered("commands", [](SQLite::Statement&, int) { return true; });
    found_.notes = take_keyed("notes", "key");
    found_.days = take_keyed("spending", "day");
    take_keyed("forgotten", "id");
    return found_;
  }

 private:
  void take_jobs() {
    Transfer transfer(into_, "jobs", columns_of_jobs(into_));
    DamagedTable table(damaged_, "jobs", transfer.columns());
    const auto missed = table.read_by_seq([&](SQLite::Statement& row) {
      if (transfer.is_well_typed(row) && contradiction_in(read_job(row, kFirstColumn)).empty())
        transfer.take(row);
      else
        transfer.refuse();
    });
    found_.jobs = transfer.taken();
    count(transfer);
    found_.whole = found_.whole && missed == 0;
    find_lost();
  }

  // Triggers have counted them. Where the counts are damaged themselves nobody knows.
  void find_lost() {
    std::int64_t counted = 0;
    DamagedTable counts(damaged_, "counts", columns_of(into_, "counts"));
    const bool read =
        counts.read_by_key("state", [&](SQLite::Statement& row) { counted += row.getColumn(2).getInt64(); });
    if (read) found_.lost = std::max<std::int64_t>(0, counted - found_.jobs);
  }

  template <class Belongs>
  std::int64_t take_numbered(const std::string& name, Belongs belongs) {
    Transfer transfer(into_, name, columns_of(into_, name));
    const auto& columns = transfer.columns();
    const auto job = std::ranges::find(columns, "job", &TableColumn::name) - columns.begin();
    const auto missed = DamagedTable(damaged_, name, columns).read_by_seq([&](SQLite::Statement& row) {
      if (belongs(row, kFirstColumn + static_cast<int>(job))) transfer.take(row);
    });
    count(transfer);
    found_.whole = found_.whole && missed == 0;
    return transfer.taken();
  }

  std::int64_t take_keyed(const std::string& name, const std::string& key) {
    Transfer transfer(into_, name, columns_of(into_, name));
    const bool read =
        DamagedTable(damaged_, name, transfer.columns()).read_by_key(key, [&](SQLite::Statement& row) {
          transfer.take(row);
        });
    count(transfer);
    found_.whole = found_.whole && read;
    return transfer.taken();
  }

  bool belongs(SQLite::Statement& event, int job) {
    has_job_->reset();
    has_job_->bind(1, event.getColumn(job).getInt64());
    return has_job_->executeStep();
  }

  void count(const Transfer& transfer) {
    found_.contradictory += transfer.refused();
    found_.whole = found_.whole && transfer.refused() == 0;
  }

  SQLite::Database& damaged_;
  SQLite::Database& into_;
  std::optional<SQLite::Statement> has_job_;
  Salvage found_;
};

}  // namespace

Salvage salvage(const fs::path& copy, const fs::path& into) {
  SQLite::Database queue = open_database(into, {.durability = Durability::none});
  if (!fs::exists(copy)) return {};
  try {
    if (!shows_its_jobs(copy)) lend_schema(queue, copy);
    SQLite::Database damaged = open_damaged(copy);
    SQLite::Transaction transaction(queue);
    const Salvage found = Salvaging(damaged, queue).run();
    transaction.commit();
    return found;
  } catch (const SQLite::Exception& error) {
    throw_store_error(into, "writing", error, 0);
  }
}

}  // namespace chunkrd::queue
