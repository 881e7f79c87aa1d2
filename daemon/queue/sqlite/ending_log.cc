#include "queue/sqlite/ending_log.h"

#include <algorithm>
#include <limits>

#include "queue/sqlite/run.h"
#include "queue/sqlite/sql.h"

namespace chunkrd::queue {
namespace {

// What was said by somebody else: enough of it for people.
constexpr std::size_t kFailureBytes = 2000;

// The columns from `first` on: seq, at, kEndingColumns.
Ending ending_in(Run& query, int first) {
  int next = first;
  const auto text = [&] { return query.column(next++).getString(); };
  const auto number = [&] { return query.column(next++).getInt64(); };
  Ending ending;
  ending.seq = number();
  ending.at = WallTime(Duration(number()));
  Job& job = ending.job;
  job.id = text();
  job.inbox = text();
  job.name = text();
  job.found_at = WallTime(Duration(number()));
  job.profile = text();
  job.state = static_cast<State>(number());
  job.state_since = ending.at;
  job.revision = static_cast<int>(number());
  job.size_bytes = static_cast<std::uint64_t>(number());
  job.sha256 = text();
  if (const auto pages = query.column(next++); !pages.isNull()) job.pages = pages.getInt();
  job.task_id = text();
  job.outbox = text();
  job.delivered_name = text();
  job.error_stage = text();
  job.error_code = text();
  job.error_message = text();
  return ending;
}

}  // namespace

EndingLog::EndingLog(SQLite::Database& database)
    : add_(database, sql::kAddEnding),
      over_(database, sql::kEndingOver),
      endings_(database, sql::kEndings),
      oldest_(database, sql::kOldestEnding),
      newest_(database, sql::kNewestEnding),
      forget_(database, sql::kForgetEndings),
      notify_(database, sql::kNotify),
      told_(database, sql::kNotified),
      put_off_(database, sql::kPutOff),
      clamp_(database, sql::kNotificationsTooLate),
      notifications_(database, sql::kNotifications),
      next_(database, sql::kNextNotification),
      give_up_(database, sql::kGiveUp),
      hooks_(database, sql::kHooks),
      hook_failure_(database, sql::kHookFailure),
      queue_id_(database, sql::kQueueId) {}

// A document whose task is deleted after its end comes back to the same end: that is no news. Deleted on its
// way to the end, it is. A file that vanished was never a document of ours.
void EndingLog::note(const Transition& transition, const Mark& now) {
  const Job& job = transition.after;
  const bool ended_before = is_end(transition.from), ends = is_end(job.state);
  const bool from_removing = transition.from == State::removing;
  const bool goes_on = ended_before && !ends && job.state != State::removing;
  if (goes_on || (ends && !ended_before && !from_removing)) {
    Run over(over_);
    over.parameters().text(job.id);
    over.next_row();
  }
  if (!ends || ended_before || job.state == State::vanished) return;
  Run add(add_);
  add.parameters()
      .time(now.date)
      .time(now.lived)
      .text(job.id)
      .number(std::int64_t{from_removing ? 0 : 1})
      .bytes(job.inbox)
      .bytes(job.name)
      .time(job.found_at)
      .text(job.profile)
      .state(job.state)
      .number(std::int64_t{job.revision})
      .number(static_cast<std::int64_t>(job.size_bytes))
      .text(job.sha256)
      .number(job.pages)
      .text(job.task_id)
      .bytes(job.outbox)
      .bytes(job.delivered_name)
      .text(job.error_stage)
      .text(job.error_code)
      .text(job.error_message);
  add.next_row();
}

std::vector<Ending> EndingLog::endings(std::int64_t after, std::int64_t limit) {
  std::vector<Ending> found;
  Run query(endings_);
  query.parameters().number(after).number(limit);
  while (query.next_row()) found.push_back(ending_in(query, 0));
  return found;
}

std::int64_t EndingLog::oldest() {
  Run query(oldest_);
  query.next_row();
  return query.column(0).getInt64();
}

std::int64_t EndingLog::newest() {
  Run query(newest_);
  return query.next_row() ? query.column(0).getInt64() : 0;
}

// Never more than `limit` are looked at, from the oldest on.
std::size_t EndingLog::forget(std::optional<WallTime> before, std::int64_t keep, std::int64_t limit) {
  const std::int64_t too_many = keep > 0 ? newest() - keep : 0, first = oldest();
  if (first == 0) return 0;
  Run forget(forget_);
  forget.parameters()
      .time(before.value_or(WallTime::min()))
      .number(too_many)
      .number(first + limit - 1)
      .number(limit);
  std::size_t forgotten = 0;
  while (forget.next_row()) ++forgotten;
  return forgotten;
}

void EndingLog::notify(const Notice& notice, WallTime now) {
  Run insert(notify_);
  insert.parameters().number(notice.ending).bytes(notice.hook).time(now);
  insert.next_row();
}

bool EndingLog::told(const Told& told) {
  Run erase(told_);
  erase.parameters().number(told.seq);
  return erase.next_row();
}

bool EndingLog::put_off(const PutOff& put_off) {
  const std::string why = put_off.why.substr(0, kFailureBytes);
  Run update(put_off_);
  update.parameters().time(put_off.due).text(why).text(put_off.body).number(put_off.seq);
  return update.next_row();
}

void EndingLog::clamp(WallTime latest) {
  Run update(clamp_);
  update.parameters().time(latest).time(latest);
  update.next_row();
}

std::vector<Notification> EndingLog::notifications(const std::string& hook, WallTime now,
                                                   std::int64_t limit) {
  constexpr int kOwnColumns = 5;
  std::vector<Notification> found;
  Run query(notifications_);
  query.parameters().bytes(hook).time(now).number(limit);
  while (query.next_row())
    found.push_back({.seq = query.column(0).getInt64(),
                     .ending = ending_in(query, kOwnColumns),
                     .since = WallTime(Duration(query.column(1).getInt64())),
                     .attempts = query.column(3).getInt(),
                     .due = WallTime(Duration(query.column(2).getInt64())),
                     .body = query.column(4).getString()});
  return found;
}

std::size_t EndingLog::give_up(const std::string& hook, WallTime since, std::int64_t limit) {
  Run erase(give_up_);
  erase.parameters().bytes(hook).time(since).number(limit);
  std::size_t given_up = 0;
  while (erase.next_row()) ++given_up;
  return given_up;
}

std::optional<WallTime> EndingLog::next(const std::string& hook, WallTime after) {
  Run query(next_);
  query.parameters().bytes(hook).time(after);
  query.next_row();
  return time_in(query.column(0));
}

std::vector<HookStanding> EndingLog::hooks() {
  std::vector<HookStanding> found;
  {
    Run query(hooks_);
    while (query.next_row())
      found.push_back({.hook = query.column(0).getString(),
                       .waiting = query.column(1).getInt64(),
                       .oldest = WallTime(Duration(query.column(2).getInt64())),
                       .attempts = query.column(3).getInt(),
                       .last_failure = {}});
  }
  for (HookStanding& each : found) {
    Run query(hook_failure_);
    query.parameters().bytes(each.hook);
    if (query.next_row()) each.last_failure = query.column(0).getString();
  }
  return found;
}

std::string EndingLog::queue_id() {
  Run query(queue_id_);
  return query.next_row() ? query.column(0).getString() : std::string();
}

}  // namespace chunkrd::queue
