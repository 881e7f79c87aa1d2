#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "queue/store.h"

namespace chunkrd::queue {

/// What SqliteStore does for those who want to know what has ended: writes the list of ends, and knows who is
/// still to be told of which. Its methods promise what those of Store do. Throws SQLite::Exception.
class EndingLog {
 public:
  explicit EndingLog(SQLite::Database& database);

  /// Part of every transition, in its transaction.
  void note(const Transition& transition, const Mark& now);

  std::vector<Ending> endings(std::int64_t after, std::int64_t limit);
  std::int64_t oldest();
  std::int64_t newest();
  std::size_t forget(std::optional<WallTime> before, std::int64_t keep, std::int64_t limit);

  /// Who is to be told of `notice.ending`, for the first time at `now`.
  void notify(const Notice& notice, WallTime now);
  bool told(const Told& told);
  bool put_off(const PutOff& put_off);
  /// None is due later than this.
  void clamp(WallTime latest);
  std::vector<Notification> notifications(const std::string& hook, WallTime now, std::int64_t limit);
  std::optional<WallTime> next(const std::string& hook, WallTime after);
  std::size_t give_up(const std::string& hook, WallTime since, std::int64_t limit);
  std::vector<HookStanding> hooks();

  std::string queue_id();

 private:
  SQLite::Statement add_, over_, endings_, oldest_, newest_, forget_, notify_, told_, put_off_, clamp_,
      notifications_, next_, give_up_, hooks_, hook_failure_, queue_id_;
};

}  // namespace chunkrd::queue
