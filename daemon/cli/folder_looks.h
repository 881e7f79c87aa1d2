#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

#include "core/file_pools.h"
#include "metrics/folder_metrics.h"
#include "pipeline/place.h"

namespace chunkrd::cli {

/// Looks at the space of the configured folders, for the metrics. Each is looked at on threads of its own
/// file system's, one look at a time: a mount that hangs holds up nothing but the look at it, and is told as
/// not available. Event-loop thread.
class FolderLooks {
 public:
  /// All of them must outlive it; looks that are under way end with the loop. A look that takes longer than
  /// `patience` has met a file system that does not answer.
  FolderLooks(Executor loop, FilePools& files, metrics::FolderMetrics& metrics,
              std::chrono::milliseconds patience = std::chrono::seconds(10))
      : loop_(std::move(loop)), files_(files), metrics_(metrics), patience_(patience) {}

  /// Begins a look at each of `folders` whose last one has ended; forgets those that are no longer among
  /// them. To be called again and again.
  void look(const std::vector<pipeline::Folder>& folders);

 private:
  using Name = metrics::FolderMetrics::Folder;

  awaitable<void> look_at(Name name, FileSystems on);

  Executor loop_;
  FilePools& files_;
  metrics::FolderMetrics& metrics_;
  const std::chrono::milliseconds patience_;
  /// Since when a look is under way, by folder.
  std::map<Name, std::optional<std::chrono::steady_clock::time_point>> looks_;
};

/// What the file system of `folder` has; nothing if it cannot be looked at. Blocking.
std::optional<metrics::Space> space_of(const std::filesystem::path& folder);

}  // namespace chunkrd::cli
