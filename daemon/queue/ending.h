#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "queue/job.h"

namespace chunkrd::queue {

/// A document that came to an end (done, failed, cancelled), as it was then: its row may have gone on since,
/// or may have been forgotten.
struct Ending {
  /// Later ends have higher numbers, and none is ever given twice in one queue: see Store::queue_id().
  std::int64_t seq = 0;
  WallTime at;  ///< Mark::date
  Job job;      ///< of it only what Ending's table has: what people are told of an end
};

/// Somebody is still to be told of an end.
struct Notification {
  std::int64_t seq = 0;
  Ending ending;
  WallTime since;    ///< when it was to be told first
  int attempts = 0;  ///< that came to nothing
  WallTime due;      ///< not to be tried before
  std::string body;  ///< what was told, so that every attempt tells the same; empty before the first
};

/// Whoever is to be told of an end (bytes: a hook's name).
struct Notice {
  std::int64_t ending = 0;
  std::string hook;
};

/// The note of the last Announcing: taken back by an empty text, as if there had been none.
inline constexpr const char* kAnnouncedNote = "announced";

/// Of all ends up to `upto` it is known who is to be told; `notices` are those. Refused (false) when `from`
/// is not the last `upto`: see Store::announced().
struct Announcing {
  std::int64_t from = 0;
  std::int64_t upto = 0;
  std::vector<Notice> notices;
};

/// This notification is over: told, or given up.
struct Told {
  std::int64_t seq = 0;
};

/// It came to nothing, and is to be tried again.
struct PutOff {
  std::int64_t seq = 0;
  WallTime due;
  std::string body;
  std::string why;  ///< for people
};

/// How one hook's notifications stand.
struct HookStanding {
  std::string hook;
  std::int64_t waiting = 0;
  WallTime oldest;           ///< since when the one waits that waits longest
  int attempts = 0;          ///< of the one that came to nothing most often
  std::string last_failure;  ///< why that one did; empty where none was tried
};

}  // namespace chunkrd::queue
