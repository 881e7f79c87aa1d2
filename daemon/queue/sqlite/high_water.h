#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/fd.h"

namespace chunkrd::queue {

/// How far a queue had come, kept in a small file beside it (queue.latest): a queue that is not that far, or
/// another one, is a copy of an earlier day, or has lost its log. Written after each commit, without a sync:
/// after a power cut it may say less than the queue, never more. It has not the queue's name in front, so
/// that who puts `queue.sqlite*` back does not put it back, too.
///
/// Best effort: where it cannot be written it says less. One thread at a time.
class HighWater {
 public:
  enum class Write { never, if_there, always };
  HighWater(const std::filesystem::path& queue, Write write);

  struct Known {
    std::string queue_id;
    WallTime date;  ///< of the last commit
  };
  /// Nothing where there is no such file, or none that can be read.
  std::optional<Known> read() const;

  void rise(const std::string& queue_id, WallTime date) const;

  /// For who puts another queue in the place of the one that it speaks of.
  static void remove(const std::filesystem::path& queue);

 private:
  FileDescriptor file_;
};

/// What tells this file from every copy of it: its inode, and when that was made. Empty where the filesystem
/// does not know the latter: an inode alone is used again.
std::string birth_of(const std::filesystem::path& file);

}  // namespace chunkrd::queue
