#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"

namespace chunkrd::cli {

/// What the daemon tells about itself, as a note in the queue, so that commands can show it without asking
/// it: it says how things were when it was written, and may be from a daemon that runs no more.
struct DaemonStatus {
  /// The queue's note that it is kept under, as JSON.
  static constexpr const char* kNote = "daemon";

  struct Pause {
    std::string cause;  ///< auth, quota, disk, budget, operator, breaker, queue, folder, profile, storage
    WallTime since;
    std::optional<WallTime> until;  ///< when it is tried again; nothing where only something else ends it
    std::string detail;             ///< for people: why, and what ends it
    bool operator==(const Pause&) const = default;
  };

  struct Inbox {
    std::string path;           ///< printable()
    std::size_t unclaimed = 0;  ///< inbox::Statistics
    std::string spool;  ///< printable(): where it takes documents to; empty in an earlier version's note
    bool operator==(const Inbox&) const = default;
  };

  int pid = 0;
  std::string version;
  WallTime started_at;
  std::vector<Pause> pauses;
  double rate = 0;  ///< submits a second that are allowed now
  bool draining = false;
  std::vector<Inbox> inboxes;
  bool operator==(const DaemonStatus&) const = default;
};

std::string to_json(const DaemonStatus& status);

/// Nothing when `text` is not what to_json() writes. Unknown members of a later version are passed over, and
/// an earlier one's note has no inboxes.
std::optional<DaemonStatus> daemon_status_from(std::string_view text);

}  // namespace chunkrd::cli
