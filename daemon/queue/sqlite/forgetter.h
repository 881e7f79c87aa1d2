#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <string>
#include <vector>

#include "queue/store.h"

namespace chunkrd::queue {

/// What SqliteStore does for retention: finds what came to its end long ago, and deletes it. Its methods
/// promise what those of Store do. Throws SQLite::Exception.
class Forgetter {
 public:
  explicit Forgetter(SQLite::Database& database);

  std::vector<Ended> ended(Endings which, const EndMark& after, std::int64_t limit);
  std::int64_t archived();
  bool forget(const Forgetting& forgetting);
  std::vector<Forgotten> forgotten(std::int64_t limit);
  void nothing_left(const Forgotten& document);
  std::size_t forget_commands(WallTime before, std::int64_t limit);
  /// `day` as the table has it: "2026-11-24".
  std::size_t forget_spending(const std::string& day);

 private:
  SQLite::Statement ended_, ended_failed_, ended_archived_, archived_count_, forgettable_, note_forgotten_,
      forget_events_, forget_, forgotten_, nothing_left_, forget_commands_, forget_spending_;
};

}  // namespace chunkrd::queue
