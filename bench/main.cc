// The benchmark: each workload beside its reference, in the same run, because these figures only mean
// something as ratios. Rounds are taken in turn (ours, bare, ours, bare, ...); the medians are printed.
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/workload.h"

namespace {

using chunkrd::bench::Workload;

constexpr int kRounds = 5;

double rate(const std::function<double()>& round) {
  const auto begin = std::chrono::steady_clock::now();
  const double units = round();
  return units / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void run(const Workload& workload) {
  std::vector<double> ours, bare, ratios;
  rate(workload.ours);  // warm-up
  rate(workload.bare);
  for (int i = 0; i < kRounds; ++i) {
    ours.push_back(rate(workload.ours));
    bare.push_back(rate(workload.bare));
    ratios.push_back(ours.back() / bare.back());
  }
  fmt::print("| {} | {:.4g} {}/s | {:.4g} {}/s | {} | {:.2f} |\n", workload.name, median(ours), workload.unit,
             median(bare), workload.unit, workload.reference, median(ratios));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_level(spdlog::level::off);
  const std::string only = argc > 1 ? argv[1] : "";
  std::string folder = std::filesystem::temp_directory_path() / "chunkrd-bench.XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  std::vector<Workload> workloads = chunkrd::bench::queue_workloads(folder);
  for (auto make : {chunkrd::bench::result_workloads, chunkrd::bench::submit_workloads})
    std::ranges::move(make(folder), std::back_inserter(workloads));
  fmt::print("| workload | chunkrd | reference | which is | ratio |\n|---|---|---|---|---|\n");
  for (const Workload& workload : workloads)
    if (workload.name.find(only) != std::string::npos) run(workload);
  std::filesystem::remove_all(folder);
}
