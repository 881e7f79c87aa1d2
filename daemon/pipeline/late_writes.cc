#include "pipeline/late_writes.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <system_error>
#include <utility>

#include "core/lease.h"
#include "core/spawn.h"
#include "pipeline/about.h"
#include "pipeline/original.h"
#include "queue/store.h"

namespace chunkrd::pipeline {
namespace {

using namespace std::chrono_literals;
using queue::Job;
using queue::State;

// How old an end is when its document is looked at.
constexpr Duration kAges[] = {5s, 30s, 2min, 10min, 1h, 4h, 24h};

constexpr std::size_t kPage = 256;

bool may_be_written_to(const Job& job) {
  return job.state == State::failed && job.took == queue::Took::moved && !job.original_name.empty();
}

struct Look {
  std::string identity;     ///< of an original that is another one than was given up; else empty
  bool is_written = false;  ///< somebody has it open for that
};

// A changed one need not be whole.
bool is_changed(const Place& home, const Job& job, const FileDescriptor& file, const inbox::Identity& now) {
  const auto known = inbox::Identity::from(job.source_identity);
  if (!known || now.inode != known->inode || now.same_content(*known)) return false;
  if (!original::is_in_failed(home.failed, job.original_name, job, true)) return false;
  if (now.size_bytes != job.size_bytes) return true;
  return !job.sha256.empty() &&
         sha256_of(file.get(), "the original of job " + job.id, job.size_bytes).sha256 != job.sha256;
}

Look look_at_original(const Place& configured, const Job& job) {
  const Place home = home_of(configured, job);
  const auto file = home.failed.open_file(job.original_name);
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return {};
  const auto now = inbox::Identity::of(status);
  if (!is_changed(home, job, file, now)) return {};
  return {now.text(), ReadLease(file.get()).state() == ReadLease::State::written};
}

}  // namespace

awaitable<void> LateWrites::look() {
  const WallTime now = context_.clock.now();
  Jobs jobs;
  for (const auto& [id, look] : changed_)
    if (auto job = co_await context_.queue.find(id)) jobs[job->inbox].push_back(*std::move(job));
  if (!looked_) {
    co_await add_ended(now - std::end(kAges)[-1], now, jobs);
  } else {
    for (const Duration age : kAges) co_await add_ended(*looked_ - age, now - age, jobs);
  }
  looked_ = now;
  for (auto& [inbox, those] : jobs)
    if (looking_.insert(inbox).second) asio::co_spawn(loop_, look_at(inbox, std::move(those)), kOrEnd);
}

awaitable<void> LateWrites::add_ended(WallTime from, WallTime to, Jobs& jobs) {
  queue::EndMark at{.at = from, .seq = 0};
  while (true) {
    const auto page = co_await context_.queue.ended(queue::Endings::failed, at, kPage);
    for (const auto& [mark, job] : page) {
      if (mark.at > to) co_return;
      if (may_be_written_to(job) && !changed_.contains(job.id)) jobs[job.inbox].push_back(job);
      at = mark;
    }
    if (page.size() < kPage) co_return;
  }
}

awaitable<void> LateWrites::look_at(std::string inbox, std::vector<Job> jobs) {
  try {
    for (const Job& job : jobs) co_await look_at(job);
  } catch (const queue::StoreError& error) {
    spdlog::debug("documents in failed/ are not looked at any more: {}", error.what());
  } catch (const std::exception& error) {
    spdlog::debug("inbox {}: its documents in failed/ cannot be looked at: {}", inbox, error.what());
  }
  looking_.erase(inbox);
}

awaitable<void> LateWrites::look_at(const Job& job) {
  const auto place = context_.rules->places.find(job.inbox);
  Look look;
  if (place != context_.rules->places.end() && may_be_written_to(job))
    look = co_await context_.files.run(
        place->second->touched_in(State::burying, job), "late writes to " + job.id,
        [place = place->second, job] { return look_at_original(*place, job); });
  if (look.identity.empty()) {
    changed_.erase(job.id);
    co_return;
  }
  const std::string before = std::exchange(changed_[job.id], look.identity);
  if (before == look.identity && !look.is_written) co_await try_again(job);
}

// As if a person had asked for it. Who has asked for something meanwhile has moved the row.
awaitable<void> LateWrites::try_again(const Job& job) {
  changed_.erase(job.id);
  auto reply = lifecycle::asked(job, lifecycle::Retry{}, context_.clock.now());
  if (!reply.transition || scheduler_.is_busy(job.id)) co_return;
  reply.transition->event = {"written_to", "somebody went on writing to it in failed/: worked on once more"};
  const auto after = co_await context_.commit(*std::move(reply.transition));
  if (!after) co_return;
  log_about(spdlog::level::info, "written_to", about(*after),
            "somebody went on writing to it in failed/: worked on once more");
  scheduler_.expect(after->state, after->due);
}

}  // namespace chunkrd::pipeline
