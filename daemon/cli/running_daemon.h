#pragma once

#include <optional>

#include "cli/daemon_status.h"
#include "config/settings.h"
#include "queue/store.h"

namespace chunkrd::cli {

/// What can be known of a daemon from outside.
struct RunningDaemon {
  bool runs = false;
  std::optional<DaemonStatus> status;        ///< what it has told of itself last
  std::optional<DaemonStatus::Pause> queue;  ///< the queue cannot be used: also among the status's pauses
};

/// Of the one that works the queue in `settings.state`; `store` is that queue. Throws queue::StoreError,
/// std::system_error.
RunningDaemon running_daemon(queue::Store& store, const config::Settings& settings);

}  // namespace chunkrd::cli
