#include "queue/sqlite/forgetter.h"

#include "queue/sqlite/run.h"
#include "queue/sqlite/sql.h"

namespace chunkrd::queue {

Forgetter::Forgetter(SQLite::Database& database)
    : ended_(database, sql::kEnded),
      ended_failed_(database, sql::kEndedFailed),
      ended_archived_(database, sql::kArchived),
      archived_count_(database, sql::kArchivedCount),
      forgettable_(database, sql::kForgettable),
      note_forgotten_(database, sql::kNoteForgotten),
      forget_events_(database, sql::kForgetEvents),
      forget_(database, sql::kForget),
      forgotten_(database, sql::kForgotten),
      nothing_left_(database, sql::kNothingLeft),
      forget_commands_(database, sql::kForgetCommands),
      forget_spending_(database, sql::kForgetSpending) {}

std::vector<Ended> Forgetter::ended(Endings which, const EndMark& after, std::int64_t limit) {
  std::vector<Ended> found;
  Run query(which == Endings::all ? ended_ : which == Endings::failed ? ended_failed_ : ended_archived_);
  query.parameters().time(after.at).number(after.seq).number(limit);
  const int seq = query.columns() - 1;
  while (query.next_row()) {
    Job job = query.job();
    const EndMark mark{job.due, query.column(seq).getInt64()};
    found.push_back({mark, std::move(job)});
  }
  return found;
}

std::int64_t Forgetter::archived() {
  Run query(archived_count_);
  query.next_row();
  return query.column(0).getInt64();
}

// The story first: its rows refer to the document's.
bool Forgetter::forget(const Forgetting& forgetting) {
  std::int64_t seq = 0;
  {
    Run query(forgettable_);
    query.parameters().text(forgetting.id).state(forgetting.state).number(forgetting.lease);
    if (!query.next_row()) return false;
    seq = query.column(0).getInt64();
  }
  for (SQLite::Statement* const statement : {&note_forgotten_, &forget_events_, &forget_}) {
    Run forget(*statement);
    forget.parameters().number(seq);
    forget.next_row();
  }
  return true;
}

std::vector<Forgotten> Forgetter::forgotten(std::int64_t limit) {
  std::vector<Forgotten> found;
  Run query(forgotten_);
  query.parameters().number(limit);
  while (query.next_row()) found.push_back({query.column(0).getString(), query.column(1).getString()});
  return found;
}

void Forgetter::nothing_left(const Forgotten& document) {
  Run erase(nothing_left_);
  erase.parameters().text(document.id);
  erase.next_row();
}

std::size_t Forgetter::forget_commands(WallTime before, std::int64_t limit) {
  Run forget(forget_commands_);
  forget.parameters().time(before).number(limit);
  std::size_t forgotten = 0;
  while (forget.next_row()) ++forgotten;
  return forgotten;
}

std::size_t Forgetter::forget_spending(const std::string& day) {
  Run forget(forget_spending_);
  forget.parameters().text(day);
  std::size_t forgotten = 0;
  while (forget.next_row()) ++forgotten;
  return forgotten;
}

}  // namespace chunkrd::queue
