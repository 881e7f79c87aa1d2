#include "metrics/folder_metrics.h"

#include "core/escape.h"

namespace chunkrd::metrics {

FolderMetrics::FolderMetrics(prometheus::Registry& r)
    : available_(gauge(r, "chunkrd_folder_available",
                       "1 if the folder is there and its file system answers, 0 if not (not mounted, or a "
                       "mount that hangs). Looked at every 15 seconds.")),
      free_bytes_(gauge(r, "chunkrd_folder_free_bytes",
                        "Space on the folder's file system that the daemon may use; absent while the folder "
                        "is not available.")),
      total_bytes_(gauge(r, "chunkrd_folder_size_bytes", "Size of the folder's file system.")),
      free_inodes_(gauge(r, "chunkrd_folder_free_inodes",
                         "Inodes left on the folder's file system; absent where it does not count them.")),
      total_inodes_(gauge(r, "chunkrd_folder_inodes", "All inodes of the folder's file system.")) {}

FolderMetrics::Series& FolderMetrics::series(const Folder& folder) {
  if (const auto known = by_folder_.find(folder); known != by_folder_.end()) return known->second;
  // Labels are UTF-8; a folder's name may be any bytes.
  const prometheus::Labels labels{{"folder", folder.first}, {"path", printable(folder.second)}};
  return by_folder_
      .try_emplace(folder, Series{available_.Add(labels),
                                  {free_bytes_, labels},
                                  {total_bytes_, labels},
                                  {free_inodes_, labels},
                                  {total_inodes_, labels}})
      .first->second;
}

void FolderMetrics::set(const Folder& folder, const std::optional<Space>& space) {
  Series& its = series(folder);
  its.available.Set(space ? 1 : 0);
  const auto put = [](SometimesGauge& gauge, std::optional<std::uint64_t> value) {
    if (value)
      gauge.set(static_cast<double>(*value));
    else
      gauge.clear();
  };
  const bool counts_inodes = space && space->total_inodes > 0;
  put(its.free_bytes, space ? std::optional(space->free_bytes) : std::nullopt);
  put(its.total_bytes, space ? std::optional(space->total_bytes) : std::nullopt);
  put(its.free_inodes, counts_inodes ? std::optional(space->free_inodes) : std::nullopt);
  put(its.total_inodes, counts_inodes ? std::optional(space->total_inodes) : std::nullopt);
}

void FolderMetrics::forget(const Folder& folder) {
  const auto known = by_folder_.find(folder);
  if (known == by_folder_.end()) return;
  set(folder, std::nullopt);
  available_.Remove(&known->second.available);
  by_folder_.erase(known);
}

}  // namespace chunkrd::metrics
