#include "cli/folder_looks.h"

#include <sys/statvfs.h>

#include <boost/asio/detached.hpp>
#include <set>

namespace chunkrd::cli {
namespace {

using Steady = std::chrono::steady_clock;

}  // namespace

std::optional<metrics::Space> space_of(const std::filesystem::path& folder) {
  struct statvfs about{};
  if (::statvfs(folder.c_str(), &about) != 0) return std::nullopt;
  return metrics::Space{.free_bytes = about.f_bavail * about.f_frsize,
                        .total_bytes = about.f_blocks * about.f_frsize,
                        .free_inodes = about.f_favail,
                        .total_inodes = about.f_files};
}

void FolderLooks::look(const std::vector<pipeline::Folder>& folders) {
  std::set<Name> wanted;
  for (const pipeline::Folder& folder : folders) {
    Name name{folder.role, folder.path.native()};
    if (!wanted.insert(name).second) continue;
    auto& since = looks_[name];
    if (!since) {
      since = Steady::now();
      asio::co_spawn(loop_, look_at(std::move(name), folder.on), asio::detached);
    } else if (Steady::now() - *since >= patience_) {
      metrics_.set(name, std::nullopt);
    }
  }
  std::erase_if(looks_, [&](const auto& look) {
    const auto& [name, since] = look;
    if (wanted.contains(name)) return false;
    metrics_.forget(name);
    return !since;  // one that is under way ends first
  });
}

awaitable<void> FolderLooks::look_at(Name name, FileSystems on) {
  std::optional<metrics::Space> space;
  try {
    space = co_await files_.run(std::move(on), "space of " + name.second,
                                [path = std::filesystem::path(name.second)] { return space_of(path); });
  } catch (const std::exception&) {
    // No more threads, or the daemon ends: it has not been looked at.
  }
  const auto known = looks_.find(name);
  if (known == looks_.end()) co_return;
  known->second.reset();
  metrics_.set(name, space);
}

}  // namespace chunkrd::cli
