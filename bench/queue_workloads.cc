// Durable state changes, one and many a commit, beside as many fdatasync of a plain file.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "bench/workload.h"
#include "core/durable.h"
#include "queue/sqlite/sqlite_store.h"

namespace chunkrd::bench {
namespace {

constexpr WallTime kNow{std::chrono::milliseconds(1'700'000'000'000)};

class Jobs {
 public:
  explicit Jobs(const std::filesystem::path& file) : store_(file) {
    for (int i = 0; i < 1024; ++i) {
      queue::Job job;
      job.id = fmt::format("{:026}", i);
      job.inbox = "/inbox";
      job.name = fmt::format("{}.pdf", i);
      job.source_identity = job.name;
      job.state = queue::State::submitted;
      job.profile = "default";
      job.settings = "{}";
      store_.apply(std::array{queue::Change(queue::Insertion{job, {"found", ""}})}, kNow);
      jobs_.push_back(job);
    }
  }

  // One transaction that polls the next `count` jobs.
  void commit(std::size_t count) {
    std::vector<queue::Change> changes;
    for (std::size_t i = 0; i < count; ++i) {
      queue::Job& job = jobs_[next_++ % jobs_.size()];
      job.polls += 1;
      changes.emplace_back(queue::Transition{job.state, job, {"polled", "Processing: Page 2/7"}});
      job.lease += 1;
    }
    store_.apply(changes, kNow);
  }

 private:
  queue::SqliteStore store_;
  std::vector<queue::Job> jobs_;
  std::size_t next_ = 0;
};

double bare_syncs(const std::filesystem::path& file, int count) {
  const auto fd = durable::open(file, O_WRONLY | O_CREAT);
  const std::string page(4096, 'x');
  for (int i = 0; i < count; ++i) {
    if (::pwrite(fd.get(), page.data(), page.size(), 0) < 0) throw std::runtime_error("pwrite");
    if (::fdatasync(fd.get()) != 0) throw std::runtime_error("fdatasync");
  }
  return count;
}

}  // namespace

std::vector<Workload> queue_workloads(const std::filesystem::path& folder) {
  auto jobs = std::make_shared<Jobs>(folder / "queue.sqlite");
  const auto bare = [folder] { return bare_syncs(folder / "bare", 400); };
  const auto in_groups_of = [jobs](std::size_t size) {
    return [jobs, size] {
      const int commits = size == 1 ? 400 : 60;
      for (int i = 0; i < commits; ++i) jobs->commit(size);
      return static_cast<double>(commits) * static_cast<double>(size);
    };
  };
  return {{"queue, 1 change a commit", "change", "fdatasync of a page", in_groups_of(1), bare},
          {"queue, 64 changes a commit", "change", "fdatasync of a page", in_groups_of(64), bare}};
}

}  // namespace chunkrd::bench
