#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace chunkrd::bench {

/// Something we do, beside the same thing done as barely as possible. Both do one round and return how many
/// units (documents, commits, bytes) they did; the program times them in turn.
struct Workload {
  std::string name;
  std::string unit;
  std::string reference;  ///< what it is compared with
  std::function<double()> ours;
  std::function<double()> bare;
};

/// Folders and files are made below `folder`, which outlives the workloads.
std::vector<Workload> queue_workloads(const std::filesystem::path& folder);
std::vector<Workload> result_workloads(const std::filesystem::path& folder);
std::vector<Workload> submit_workloads(const std::filesystem::path& folder);

}  // namespace chunkrd::bench
