#pragma once

#include <sys/types.h>

#include "core/fd.h"

namespace chunkrd::local::server {

/// A process group that does not outlive this program, however that ends, SIGKILL included: its leader is a
/// small process that waits for the end of a pipe whose other end only this program has, and then kills the
/// group. It is there before anything else is in the group, so there is no moment in which nobody watches.
class GroupGuard {
 public:
  /// Throws std::system_error.
  GroupGuard();
  /// Kills what is left of the group.
  ~GroupGuard();
  GroupGuard(const GroupGuard&) = delete;
  GroupGuard& operator=(const GroupGuard&) = delete;

  pid_t group() const noexcept { return leader_; }

  /// Kills all that is in the group. Safe to repeat.
  void kill() noexcept;

 private:
  FileDescriptor lifeline_;
  pid_t leader_ = -1;
};

}  // namespace chunkrd::local::server
