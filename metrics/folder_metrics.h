#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "metrics/families.h"

namespace chunkrd::metrics {

/// What the file system of a folder has.
struct Space {
  std::uint64_t free_bytes = 0;  ///< for those who are not root
  std::uint64_t total_bytes = 0;
  std::uint64_t free_inodes = 0;
  std::uint64_t total_inodes = 0;  ///< 0 where the file system does not count them
};

/// chunkrd_folder_*{folder,path}: one series for each configured folder. Event-loop thread.
class FolderMetrics {
 public:
  explicit FolderMetrics(prometheus::Registry& registry);

  /// By its role (outbox) and its path.
  using Folder = std::pair<std::string, std::string>;

  /// What a look has found; nothing: it cannot be looked at, or does not answer.
  void set(const Folder& folder, const std::optional<Space>& space);

  /// It is no longer configured: its series end.
  void forget(const Folder& folder);

 private:
  struct Series {
    prometheus::Gauge& available;
    SometimesGauge free_bytes, total_bytes, free_inodes, total_inodes;
  };
  Series& series(const Folder& folder);

  prometheus::Family<prometheus::Gauge>& available_;
  prometheus::Family<prometheus::Gauge>& free_bytes_;
  prometheus::Family<prometheus::Gauge>& total_bytes_;
  prometheus::Family<prometheus::Gauge>& free_inodes_;
  prometheus::Family<prometheus::Gauge>& total_inodes_;
  std::map<Folder, Series> by_folder_;
};

}  // namespace chunkrd::metrics
