#include "queue/sqlite/sqlite_store.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <functional>
#include <iterator>
#include <limits>
#include <set>
#include <utility>

#include "core/escape.h"
#include "core/ids.h"
#include "core/iso_time.h"
#include "queue/sqlite/ending_log.h"
#include "queue/sqlite/forgetter.h"
#include "queue/sqlite/run.h"
#include "queue/sqlite/sql.h"

namespace chunkrd::queue {
namespace {

// After every id that begins with `prefix`: ids are of [0-9a-z-].
std::string end_of(const std::string& prefix) {
  return prefix + '~';
}

std::vector<State> every_state() {
  std::vector<State> states;
  for (int i = 1; i <= kStateCount; ++i) states.push_back(static_cast<State>(i));
  return states;
}

std::int64_t row_limit(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, std::numeric_limits<std::int32_t>::max()));
}

constexpr std::int64_t kAllRows = -1;

// Up to `limit` of what `query` finds, without those that are held.
void take_rows(Run& query, std::size_t limit, const Held& held, std::vector<Job>& into) {
  constexpr int kInboxColumn = 1;  // of kJobColumns: there may be many rows to pass over
  while (into.size() < limit && query.next_row()) {
    if (!held.inboxes.empty() && held.inboxes.contains(query.column(kInboxColumn).getString())) continue;
    Job job = query.job();
    if (held.profiles.empty() || !held.profiles.contains(profile_at_work(job)))
      into.push_back(std::move(job));
  }
}

constexpr const char* kClockNote = "clock";
// birth_of() the file that this was written into.
constexpr const char* kBirthNote = "birth";

// Nothing is made to wait for longer: it is policy's longest Retry-After, and some more.
constexpr Duration kLongestWait = std::chrono::hours(2);

HighWater::Write writing(Access access) {
  if (access == Access::own) return HighWater::Write::always;
  return access == Access::change ? HighWater::Write::if_there : HighWater::Write::never;
}

// Nothing where there is no such file.
std::pair<dev_t, ino_t> inode_of(const std::filesystem::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

// The day of `moment`, UTC: "2026-11-24".
std::string day_of(WallTime moment) {
  return to_iso(moment).substr(0, 10);
}

}  // namespace

struct SqliteStore::Statements {
  explicit Statements(SQLite::Database& database)
      : insert(database, sql::kInsert),
        transition(database, sql::kTransition),
        add_event(database, sql::kAddEvent),
        due_ready(database, sql::kDueReady),
        ready_profiles(database, sql::kReadyProfiles),
        due(database, sql::kDue),
        next_due(database, sql::kNextDue),
        find(database, sql::kFind),
        of_file(database, sql::kOfFile),
        claimed(database, sql::kClaimed),
        events(database, sql::kEvents),
        counts(database, sql::kCounts),
        oldest_unfinished(database, sql::kOldestUnfinished),
        oldest_unfinished_job(database, sql::kOldestUnfinishedJob),
        oldest_in(database, sql::kOldestIn),
        latest_in(database, sql::kLatestIn),
        next_inbox(database, sql::kNextInbox),
        next_profile(database, sql::kNextProfile),
        claimed_original(database, sql::kClaimedOriginal),
        next_error(database, sql::kNextError),
        listed(database, sql::kListed),
        listed_by_error(database, sql::kListedByError),
        with_prefix(database, sql::kWithPrefix),
        named(database, sql::kNamed),
        named_and_put_as(database, sql::kNamedAndPutAs),
        delivered_like(database, sql::kDeliveredLike),
        delivered_as(database, sql::kDeliveredAs),
        link_has_task(database, sql::kLinkHasTask),
        links_in_doubt(database, sql::kLinksInDoubt),
        add_spent(database, sql::kAddSpent),
        raise_spent(database, sql::kRaiseSpent),
        spent(database, sql::kSpent),
        ask(database, sql::kAsk),
        answer(database, sql::kAnswer),
        pending_commands(database, sql::kPendingCommands),
        command_answer(database, sql::kCommandAnswer),
        delay_deadlines(database, sql::kDelayDeadlines),
        due_too_late(database, sql::kDueTooLate),
        note(database, sql::kNote),
        set_note(database, sql::kSetNote) {}

  SQLite::Statement insert, transition, add_event, due_ready, ready_profiles, due, next_due, find, of_file,
      claimed, events, counts, oldest_unfinished, oldest_unfinished_job, oldest_in, latest_in, next_inbox,
      next_profile, claimed_original, next_error, listed, listed_by_error, with_prefix, named,
      named_and_put_as, delivered_like, delivered_as, link_has_task, links_in_doubt, add_spent, raise_spent,
      spent, ask, answer, pending_commands, command_answer, delay_deadlines, due_too_late, note, set_note;
};

// Runs `work` and turns what SQLite throws into a StoreError that names the file.
template <class Work>
auto SqliteStore::run(std::string_view doing, Work work) {
  try {
    return work();
  } catch (const SQLite::Exception& error) {
    throw_store_error(file_, doing, error, sqlite3_system_errno(database_.getHandle()));
  }
}

SqliteStore::SqliteStore(std::filesystem::path file, SqliteOptions options)
    : file_(std::move(file)),
      database_(open_database(file_, options)),
      inode_(inode_of(file_)),
      high_water_(file_, writing(options.access)) {
  owned_ = options.access == Access::own;
  run("opening", [&] { statements_ = std::make_unique<Statements>(database_); });
  run("opening", [&] { forgetter_ = std::make_unique<Forgetter>(database_); });
  run("opening", [&] { ending_log_ = std::make_unique<EndingLog>(database_); });
  queue_id_ = queue_id();
  if (options.access != Access::read) note_if_older();
}

SqliteStore::~SqliteStore() = default;

// In this order: another process may commit meanwhile.
void SqliteStore::note_if_older() {
  const auto was = high_water_.read();
  const auto is = clock();
  const bool is_behind = was && (was->queue_id != queue_id_ || !is || is->date < was->date);
  const std::string born = birth_of(file_), known = note(kBirthNote).value_or("");
  const bool is_copy = !born.empty() && !known.empty() && born != known;
  if (is_behind || is_copy) set_note(kOlderNote, is_behind ? to_iso(was->date) : "a copy");
  if (born != known && (owned_ || is_copy)) set_note(kBirthNote, born);
}

// What is written into a file that has no name is gone when the process ends: nothing more is, and what is
// known goes back to its place. The log beside it is the taken one's.
void SqliteStore::refuse_if_taken_away() {
  if (!owned_ || inode_of(file_) == inode_) return;
  if (struct stat status{}; ::stat(file_.c_str(), &status) != 0 && errno != ENOENT) return;  // nobody knows
  const bool is_free = inode_of(file_) == std::pair<dev_t, ino_t>();
  const std::filesystem::path into = is_free ? file_ : std::filesystem::path(file_.native() + ".taken-away");
  for (const char* beside : {"-wal", "-shm"})
    if (is_free) std::filesystem::remove(file_.native() + beside);
  const std::filesystem::path saving = file_.native() + ".saving";
  std::filesystem::remove(saving);
  run("saving", [&] {
    SQLite::Statement save(database_, "VACUUM INTO ?");
    save.bind(1, saving.native());
    save.exec();
  });
  std::filesystem::rename(saving, into);
  throw StoreError(fmt::format(
      "queue: {}: was {} while it was in use; what it held is saved as {}. {}", printable(file_.native()),
      is_free ? "removed" : "replaced by another file", printable(into.native()),
      is_free ? "Start again"
              : "Put that back in its place, or leave the other there and `chunkrd rebuild --force`"));
}

std::vector<bool> SqliteStore::apply(std::span<const Change> changes, const Mark& now) {
  refuse_if_taken_away();
  return run("writing", [&] {
    std::vector<bool> applied;
    applied.reserve(changes.size());
    SQLite::Transaction transaction(database_, SQLite::TransactionBehavior::IMMEDIATE);
    keep(now);
    for (const Change& change : changes)
      applied.push_back(std::visit([&](const auto& one) { return apply_one(one, now); }, change));
    transaction.commit();
    high_water_.rise(queue_id_, now.date);
    return applied;
  });
}

std::optional<Mark> SqliteStore::clock() {
  return mark_from(note(kClockNote).value_or(""));
}

// A clock that was set to another day must not make room in the budget: what was paid for goes along.
void SqliteStore::keep(const Mark& now) {
  if (const auto last = clock()) {
    const WallTime unless_set = now.date + (last->wall - last->date);
    using Days = std::chrono::days;
    if (std::chrono::floor<Days>(now.wall) != std::chrono::floor<Days>(unless_set))
      raise_spent(now.wall, spent_on(unless_set));
  }
  set_note(kClockNote, to_text(now));
}

void SqliteStore::go_on(const Mark& now, Duration not_lived) {
  run("writing", [&] {
    SQLite::Transaction transaction(database_, SQLite::TransactionBehavior::IMMEDIATE);
    keep(now);
    {
      Run delay(statements_->delay_deadlines);
      delay.parameters().number(not_lived.count()).time(now.date);
      delay.next_row();
    }
    for (const State state : every_state()) {
      const bool end = is_end(state);
      Run clamp(statements_->due_too_late);
      clamp.parameters()
          .time(end ? now.lived : now.date)
          .state(state)
          .time(end ? now.lived : now.date + kLongestWait);
      clamp.next_row();
    }
    ending_log_->clamp(now.date + kLongestWait);
    transaction.commit();
    high_water_.rise(queue_id_, now.date);
  });
}

bool SqliteStore::apply_one(const Insertion& insertion, const Mark& now) {
  const Job& job = insertion.job;
  std::int64_t seq = 0;
  {
    Run insert(statements_->insert);
    insert.parameters()
        .fixed_columns(job)
        .state(job.state)
        .time(job.due)
        .number(job.lease)
        .time(now.date)
        .moving_columns(job)
        .number(insertion.earlier);
    if (!insert.next_row()) return false;
    seq = insert.column(0).getInt64();
  }
  add_event(seq, insertion.event, now.date);
  return true;
}

bool SqliteStore::apply_one(const Transition& transition, const Mark& now) {
  const Job& after = transition.after;
  const bool ends = is_end(after.state) && !is_end(transition.from);
  std::int64_t seq = 0;
  {
    Run update(statements_->transition);
    update.parameters()
        .state(after.state)
        .time(now.date)
        .state(after.state)
        .time(ends ? now.lived : after.due)
        .moving_columns(after)
        .text(after.id)
        .state(transition.from)
        .number(after.lease);
    if (!update.next_row()) return false;
    seq = update.column(0).getInt64();
  }
  if (!transition.event.what.empty()) add_event(seq, transition.event, now.date);
  ending_log_->note(transition, now);
  if (transition.spent != Spent{}) {
    const std::string day = day_of(now.wall);
    Run add(statements_->add_spent);
    add.parameters().text(day).number(transition.spent.documents).number(transition.spent.pages);
    add.next_row();
  }
  return true;
}

bool SqliteStore::apply_one(const Answering& answering, const Mark& now) {
  {
    Run answered(statements_->command_answer);
    answered.parameters().number(answering.seq);
    if (answered.next_row()) return false;
  }
  if (answering.transition && !apply_one(*answering.transition, now)) return false;
  const std::string outcome(to_string(answering.answer.outcome));
  Run answer(statements_->answer);
  answer.parameters().time(now.date).text(outcome).text(answering.answer.text).number(answering.seq);
  return answer.next_row();
}

bool SqliteStore::apply_one(const Forgetting& forgetting, const Mark&) {
  return forgetter_->forget(forgetting);
}

bool SqliteStore::apply_one(const Announcing& announcing, const Mark& now) {
  if (announced().value_or(announcing.from) != announcing.from) return false;
  for (const Notice& notice : announcing.notices) ending_log_->notify(notice, now.date);
  set_note(kAnnouncedNote, queue_id() + "." + std::to_string(announcing.upto));
  return true;
}

bool SqliteStore::apply_one(const Told& told, const Mark&) {
  return ending_log_->told(told);
}

bool SqliteStore::apply_one(const PutOff& put_off, const Mark&) {
  return ending_log_->put_off(put_off);
}

void SqliteStore::add_event(std::int64_t job_seq, const Event& event, WallTime now) {
  if (event.what.empty()) return;
  Run insert(statements_->add_event);
  insert.parameters().number(job_seq).time(now).text(event.what).text(event.detail);
  insert.next_row();
}

std::vector<Job> SqliteStore::due(State state, WallTime now, std::size_t limit, const Held& held) {
  if (state == State::ready) {
    std::vector<Job> jobs;
    for (auto& [profile, of_profile] : ready_by_profile(now, limit, held))
      std::ranges::move(of_profile, std::back_inserter(jobs));
    std::ranges::sort(jobs, [](const Job& a, const Job& b) {
      return a.priority != b.priority ? a.priority > b.priority : a.id < b.id;
    });
    jobs.resize(std::min(limit, jobs.size()));
    return jobs;
  }
  return run("reading", [&] {
    std::vector<Job> jobs;
    Run query(statements_->due);
    query.parameters().state(state).time(now).number(held.empty() ? row_limit(limit) : kAllRows);
    take_rows(query, limit, held, jobs);
    return jobs;
  });
}

std::map<std::string, std::vector<Job>> SqliteStore::ready_by_profile(WallTime now, std::size_t limit,
                                                                      const Held& held) {
  return run("reading", [&] {
    std::map<std::string, std::vector<Job>> jobs;
    {
      Run query(statements_->ready_profiles);
      while (query.next_row()) jobs[query.column(0).getString()];
    }
    for (auto& [profile, of_profile] : jobs) {
      Run query(statements_->due_ready);
      query.parameters().text(profile).time(now).number(held.empty() ? row_limit(limit) : kAllRows);
      take_rows(query, limit, held, of_profile);
    }
    return jobs;
  });
}

std::optional<WallTime> SqliteStore::next_due(State state, WallTime after) {
  return run("reading", [&] {
    Run query(statements_->next_due);
    query.parameters().state(state).time(after);
    query.next_row();
    return time_in(query.column(0));
  });
}

std::optional<Job> SqliteStore::find(const std::string& id) {
  return run("reading", [&]() -> std::optional<Job> {
    Run query(statements_->find);
    query.parameters().text(id);
    if (!query.next_row()) return std::nullopt;
    return query.job();
  });
}

Standing SqliteStore::standing_of(const std::string& inbox, const std::string& name,
                                  const std::string& identity) {
  return run("reading", [&] {
    Standing standing;
    SQLite::Transaction one_view(database_);
    {
      Run query(statements_->of_file);
      query.parameters().bytes(inbox).bytes(name).text(identity);
      for (; query.next_row(); ++standing.rows)
        if (!standing.latest || is_end(standing.latest->state)) standing.latest = query.job();
    }
    Run query(statements_->claimed);
    query.parameters().bytes(inbox).bytes(name).text(identity);
    standing.name_is_claimed = query.next_row();
    return standing;
  });
}

std::vector<StoredEvent> SqliteStore::events(const std::string& id) {
  return run("reading", [&] {
    std::vector<StoredEvent> story;
    Run query(statements_->events);
    query.parameters().text(id);
    while (query.next_row())
      story.push_back({WallTime(Duration(query.column(0).getInt64())),
                       {query.column(1).getString(), query.column(2).getString()}});
    return story;
  });
}

StateCounts SqliteStore::counts() {
  refuse_if_taken_away();
  return run("reading", [&] {
    StateCounts counts{};
    Run query(statements_->counts);
    while (query.next_row())
      counts.at(static_cast<std::size_t>(query.column(0).getInt())) = query.column(1).getInt64();
    return counts;
  });
}

std::optional<WallTime> SqliteStore::oldest_unfinished() {
  return run("reading", [&] {
    Run query(statements_->oldest_unfinished);
    query.next_row();
    return time_in(query.column(0));
  });
}

std::optional<Job> SqliteStore::oldest_unfinished_job() {
  return run("reading", [&]() -> std::optional<Job> {
    Run query(statements_->oldest_unfinished_job);
    if (!query.next_row()) return std::nullopt;
    return query.job();
  });
}

OldestByState SqliteStore::oldest_by_state() {
  return run("reading", [&] {
    OldestByState oldest;
    for (int i = 1; i <= kStateCount; ++i) {
      if (is_end(static_cast<State>(i))) continue;
      Run query(statements_->oldest_in);
      query.parameters().state(static_cast<State>(i));
      query.next_row();
      oldest[static_cast<std::size_t>(i)] = time_in(query.column(0));
    }
    return oldest;
  });
}

std::vector<Job> SqliteStore::latest_in(State state, std::size_t limit) {
  return run("reading", [&] {
    std::vector<Job> jobs;
    Run query(statements_->latest_in);
    query.parameters().state(state).number(row_limit(limit));
    while (query.next_row()) jobs.push_back(query.job());
    return jobs;
  });
}

// One step in the index for each.
std::vector<std::string> SqliteStore::inboxes() {
  return run("reading", [&] {
    std::vector<std::string> found;
    std::string last;
    while (true) {
      Run query(statements_->next_inbox);
      query.parameters().bytes(last);
      query.next_row();
      if (query.column(0).isNull()) return found;
      last = query.column(0).getString();
      found.push_back(last);
    }
  });
}

std::vector<std::string> SqliteStore::profiles() {
  return run("reading", [&] {
    std::vector<std::string> found;
    std::string last;
    while (true) {
      Run query(statements_->next_profile);
      query.parameters().text(last);
      query.next_row();
      if (query.column(0).isNull()) return found;
      last = query.column(0).getString();
      found.push_back(last);
    }
  });
}

// Whatever is asked for, it is a few ranges of an index, each in the order of the ids: one for each inbox and
// state. Of each at most `limit` entries are read, and those only down to the ids that are in the page
// already; so the work is bounded by (inboxes x states) searches and never depends on how rare the jobs asked
// for are.
std::vector<Job> SqliteStore::list(const Filter& filter, const std::string& before, std::size_t limit) {
  return run("reading", [&] {
    std::vector<Job> jobs;
    if (limit == 0) return jobs;
    SQLite::Transaction one_view(database_);
    const std::string end = before.empty() ? end_of(before) : before;
    std::string begin = filter.since ? first_job_id_at(*filter.since) : std::string();
    std::set<std::string, std::greater<>> page;
    for (const std::string& inbox : filter.inbox ? std::vector{*filter.inbox} : inboxes())
      for (const State state : filter.states.empty() ? every_state() : filter.states) {
        Run range(filter.error_code ? statements_->listed_by_error : statements_->listed);
        auto parameters = range.parameters();
        if (filter.error_code) parameters.text(*filter.error_code);
        parameters.bytes(inbox).state(state).text(begin).text(end).number(static_cast<std::int64_t>(
            std::min<std::size_t>(limit, std::numeric_limits<std::int32_t>::max())));
        while (range.next_row()) page.insert(range.column(0).getString());
        while (page.size() > limit) page.erase(std::prev(page.end()));
        if (page.size() == limit) begin = *page.rbegin();
      }
    for (const std::string& id : page) {
      Run query(statements_->find);
      query.parameters().text(id);
      if (query.next_row()) jobs.push_back(query.job());
    }
    return jobs;
  });
}

std::vector<std::string> SqliteStore::error_codes() {
  return run("reading", [&] {
    std::vector<std::string> found;
    std::string last;
    while (true) {
      Run query(statements_->next_error);
      query.parameters().text(last);
      query.next_row();
      if (query.column(0).isNull()) return found;
      last = query.column(0).getString();
      found.push_back(last);
    }
  });
}

std::vector<Job> SqliteStore::with_prefix(const std::string& prefix, std::size_t limit) {
  return run("reading", [&] {
    std::vector<Job> jobs;
    const std::string end = end_of(prefix);
    Run query(statements_->with_prefix);
    query.parameters().text(prefix).text(end).number(static_cast<std::int64_t>(limit));
    while (query.next_row()) jobs.push_back(query.job());
    return jobs;
  });
}

std::optional<Job> SqliteStore::named(const std::string& inbox, const std::string& name) {
  return run("reading", [&]() -> std::optional<Job> {
    Run query(statements_->named);
    query.parameters().bytes(inbox).bytes(name);
    // An aggregate has a row even where there is nothing.
    if (!query.next_row() || query.column(0).isNull()) return std::nullopt;
    return query.job();
  });
}

std::optional<Job> SqliteStore::named(const std::string& inbox, const std::string& name,
                                      const std::string& put_as) {
  return run("reading", [&]() -> std::optional<Job> {
    Run query(statements_->named_and_put_as);
    query.parameters().bytes(inbox).bytes(name).bytes(put_as).bytes(put_as);
    if (!query.next_row() || query.column(0).isNull()) return std::nullopt;
    return query.job();
  });
}

std::vector<Job> SqliteStore::delivered_like(const std::string& sha256, const std::string& settings_hash,
                                             std::size_t limit) {
  return run("reading", [&] {
    std::vector<Job> jobs;
    Run query(statements_->delivered_like);
    query.parameters().text(sha256).text(settings_hash).number(row_limit(limit));
    while (query.next_row()) jobs.push_back(query.job());
    return jobs;
  });
}

bool SqliteStore::is_claimed_by_another(const Job& job, const std::string& shelf, const std::string& name) {
  return run("reading", [&] {
    Run query(statements_->claimed_original);
    const std::string bytes = job.error_code.empty() ? job.sha256 : std::string();
    query.parameters().bytes(name).bytes(shelf).text(job.id).bytes(job.inbox).text(bytes);
    return query.next_row();
  });
}

std::optional<Job> SqliteStore::delivered_as(const std::string& inbox, const std::string& name,
                                             const std::string& id) {
  return run("reading", [&]() -> std::optional<Job> {
    Run query(statements_->delivered_as);
    query.parameters().bytes(inbox).bytes(name).text(id);
    if (!query.next_row() || query.column(0).isNull()) return std::nullopt;
    return query.job();
  });
}

bool SqliteStore::link_has_task(const std::string& task_id) {
  return run("reading", [&] {
    Run query(statements_->link_has_task);
    query.parameters().text(task_id).text(task_id);
    return query.next_row();
  });
}

std::vector<Job> SqliteStore::links_in_doubt(WallTime from, WallTime to) {
  return run("reading", [&] {
    std::vector<Job> jobs;
    Run query(statements_->links_in_doubt);
    query.parameters().time(to).time(from);
    while (query.next_row()) jobs.push_back(query.job());
    return jobs;
  });
}

Spent SqliteStore::spent_on(WallTime moment) {
  return run("reading", [&] {
    const std::string day = day_of(moment);
    Run query(statements_->spent);
    query.parameters().text(day);
    if (!query.next_row()) return Spent{};
    return Spent{query.column(0).getInt(), query.column(1).getInt()};
  });
}

std::vector<Ended> SqliteStore::ended(Endings which, const EndMark& after, std::size_t limit) {
  return run("reading", [&] { return forgetter_->ended(which, after, row_limit(limit)); });
}

std::int64_t SqliteStore::archived() {
  return run("reading", [&] { return forgetter_->archived(); });
}

std::vector<Forgotten> SqliteStore::forgotten(std::size_t limit) {
  return run("reading", [&] { return forgetter_->forgotten(row_limit(limit)); });
}

void SqliteStore::nothing_left(std::span<const Forgotten> documents) {
  run("writing", [&] {
    SQLite::Transaction transaction(database_, SQLite::TransactionBehavior::IMMEDIATE);
    for (const Forgotten& document : documents) forgetter_->nothing_left(document);
    transaction.commit();
  });
}

std::size_t SqliteStore::forget_commands(WallTime before, std::size_t limit) {
  return run("writing", [&] { return forgetter_->forget_commands(before, row_limit(limit)); });
}

std::size_t SqliteStore::forget_spending(WallTime before) {
  return run("writing", [&] { return forgetter_->forget_spending(day_of(before)); });
}

void SqliteStore::raise_spent(WallTime moment, const Spent& at_least) {
  run("writing", [&] {
    const std::string day = day_of(moment);
    Run raise(statements_->raise_spent);
    raise.parameters().text(day).number(at_least.documents).number(at_least.pages);
    raise.next_row();
  });
}

std::vector<Ending> SqliteStore::endings(std::int64_t after, std::size_t limit) {
  return run("reading", [&] { return ending_log_->endings(after, row_limit(limit)); });
}

std::int64_t SqliteStore::oldest_ending() {
  return run("reading", [&] { return ending_log_->oldest(); });
}

std::int64_t SqliteStore::newest_ending() {
  return run("reading", [&] { return ending_log_->newest(); });
}

std::size_t SqliteStore::forget_endings(std::optional<WallTime> before, std::int64_t keep,
                                        std::size_t limit) {
  return run("writing", [&] { return ending_log_->forget(before, keep, row_limit(limit)); });
}

// A rebuilt queue may have the note of the one before, whose numbers mean nothing here.
std::optional<std::int64_t> SqliteStore::announced() {
  const std::string text = note(kAnnouncedNote).value_or(""), ours = queue_id() + ".";
  std::int64_t upto = 0;
  if (!text.starts_with(ours) ||
      std::from_chars(text.data() + ours.size(), text.data() + text.size(), upto).ec != std::errc())
    return std::nullopt;
  return upto;
}

std::vector<Notification> SqliteStore::notifications(const std::string& hook, WallTime now,
                                                     std::size_t limit) {
  return run("reading", [&] { return ending_log_->notifications(hook, now, row_limit(limit)); });
}

std::optional<WallTime> SqliteStore::next_notification(const std::string& hook, WallTime after) {
  return run("reading", [&] { return ending_log_->next(hook, after); });
}

std::size_t SqliteStore::give_up_notifications(const std::string& hook, WallTime since, std::size_t limit) {
  return run("writing", [&] { return ending_log_->give_up(hook, since, row_limit(limit)); });
}

std::vector<HookStanding> SqliteStore::hooks() {
  return run("reading", [&] { return ending_log_->hooks(); });
}

std::string SqliteStore::queue_id() {
  return run("reading", [&] { return ending_log_->queue_id(); });
}

std::int64_t SqliteStore::ask(const Command& command) {
  return run("writing", [&] {
    const std::string kind(to_string(command.kind));
    Run insert(statements_->ask);
    insert.parameters().time(command.asked_at).text(kind).text(command.job).text(command.arguments);
    insert.next_row();
    return database_.getLastInsertRowid();
  });
}

std::vector<Command> SqliteStore::pending_commands(std::size_t limit) {
  return run("reading", [&] {
    std::vector<Command> commands;
    Run query(statements_->pending_commands);
    query.parameters().number(static_cast<std::int64_t>(limit));
    while (query.next_row()) {
      const auto kind = command_from(query.column(2).getString());
      if (!kind) continue;
      commands.push_back({query.column(0).getInt64(), WallTime(Duration(query.column(1).getInt64())), *kind,
                          query.column(3).getString(), query.column(4).getString()});
    }
    return commands;
  });
}

std::optional<CommandAnswer> SqliteStore::answer_of(std::int64_t seq) {
  return run("reading", [&]() -> std::optional<CommandAnswer> {
    Run query(statements_->command_answer);
    query.parameters().number(seq);
    if (!query.next_row()) return std::nullopt;
    CommandAnswer answer;
    for (const auto outcome :
         {CommandAnswer::Outcome::done, CommandAnswer::Outcome::accepted, CommandAnswer::Outcome::refused})
      if (query.column(0).getString() == to_string(outcome)) answer.outcome = outcome;
    answer.text = query.column(1).getString();
    return answer;
  });
}

std::optional<std::string> SqliteStore::note(const std::string& key) {
  return run("reading", [&]() -> std::optional<std::string> {
    Run query(statements_->note);
    query.parameters().text(key);
    if (!query.next_row()) return std::nullopt;
    return query.column(0).getString();
  });
}

void SqliteStore::set_note(const std::string& key, const std::string& value) {
  run("writing", [&] {
    Run insert(statements_->set_note);
    insert.parameters().text(key).text(value);
    insert.next_row();
  });
}

}  // namespace chunkrd::queue
