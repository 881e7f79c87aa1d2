#include "core/file_pools.h"

#include <sys/stat.h>

#include <system_error>

namespace chunkrd {

FileSystems file_systems_of(const std::vector<std::filesystem::path>& folders) {
  FileSystems systems;
  for (std::filesystem::path folder : folders) {
    struct stat status{};
    while (::stat(folder.c_str(), &status) != 0 && folder.has_relative_path()) folder = folder.parent_path();
    systems.insert(status.st_dev);
  }
  return systems;
}

FilePools::FilePools(std::size_t threads_each) : threads_each_(threads_each) {
  pools_.emplace(std::pair{Use::steps, FileSystems{}}, std::make_unique<Threads>(threads_each_));
}

FilePools::~FilePools() {
  join();
}

void FilePools::join() {
  for (const auto& [what_for, pool] : pools_) pool->join();
}

Executor FilePools::of(Use use, const FileSystems& systems) {
  if (one_) return one_;
  const std::pair what_for{use, systems};
  const auto there = pools_.find(what_for);
  if (there != pools_.end()) return there->second->executor();
  try {
    return pools_.emplace(what_for, std::make_unique<Threads>(threads_each_)).first->second->executor();
  } catch (const std::system_error&) {
    return pools_.at({Use::steps, {}})->executor();
  }
}

std::optional<std::chrono::steady_clock::time_point> FilePools::waiting_since(const std::string& whom) const {
  const auto first = waiting_->lower_bound(whom);  // equal keys are in the order in which they came
  if (first == waiting_->end() || first->first != whom) return std::nullopt;
  return first->second;
}

}  // namespace chunkrd
