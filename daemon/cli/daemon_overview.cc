// What the daemon tells people on the page of its metrics endpoint.
#include <array>
#include <string_view>

#include "cli/daemon.h"
#include "cli/job_names.h"
#include "core/escape.h"

namespace chunkrd::cli {
namespace {

// Of each list, as many as fit on a page.
constexpr std::size_t kShown = 8;

std::string_view step_of(queue::State state) {
  switch (state) {
    case queue::State::claiming:
      return "taking";
    case queue::State::ready:
      return "submitting";
    case queue::State::submitting:
      return "looking for its task";
    case queue::State::submitted:
    case queue::State::reparsing:
      return "asking how it is doing";
    case queue::State::collecting:
      return "fetching its result";
    case queue::State::delivering:
      return "delivering";
    case queue::State::delivered:
      return "putting the original away";
    case queue::State::burying:
      return "moving it into failed/";
    case queue::State::removing:
      return "deleting its task";
    case queue::State::updating:
      return "sending new settings";
    case queue::State::retrying:
      return "bringing the original back";
    default:
      return "";
  }
}

metrics::Overview::Ended ended(const queue::Job& job, Duration ahead) {
  return {.name = printable(job.name),
          .id = std::string(short_id(job.id)),
          .at = job.state_since + ahead,
          .code = job.error_code,
          .message = job.error_message,
          .pages = job.pages};
}

}  // namespace

// What needs no look into the queue.
void Daemon::tell_now(metrics::Overview& overview, const std::vector<DaemonStatus::Pause>& pauses) {
  const auto steady = std::chrono::steady_clock::now();
  overview.now = wall(worker_.clock.now());
  overview.draining = draining_;
  overview.pauses.clear();
  // Folders that are missing are among the reasons that Health gives.
  for (const auto& pause : pauses)
    if (pause.cause != "folder")
      overview.pauses.push_back({pause.cause, pause.since, pause.until, pause.detail});
  overview.running_count = worker_.scheduler.steps_running();
  overview.running.clear();
  for (const auto& work : worker_.scheduler.longest_running(kShown))
    overview.running.push_back({std::string(step_of(work.state)), printable(work.name),
                                overview.now - std::chrono::duration_cast<Duration>(steady - work.since)});
  overview.inboxes.clear();
  for (const auto& [path, inbox] : inboxes_) {
    const inbox::Statistics about = inbox->statistics();
    overview.inboxes.push_back({printable(path), about.settling, about.unclaimed, about.available});
  }
}

awaitable<void> Daemon::tell_people(const queue::StateCounts& counts, std::optional<WallTime> oldest) {
  const auto steady = std::chrono::steady_clock::now();
  delivered_.look(steady, metrics_.documents(queue::State::delivered));
  failed_.look(steady, metrics_.documents(queue::State::failed));
  metrics::Overview overview;
  tell_now(overview, told_status_.pauses);
  const WallTime now = overview.now;
  overview.version = CHUNKRD_VERSION;
  overview.started_at = wall(started_at_);
  overview.counts = counts;
  if (oldest) overview.oldest = wall(*oldest);
  for (const queue::Job& job : co_await worker_.queue.latest_in(queue::State::failed, kShown))
    overview.failures.push_back(ended(job, worker_.clock.ahead()));
  for (const queue::Job& job : co_await worker_.queue.latest_in(queue::State::done, kShown))
    overview.deliveries.push_back(ended(job, worker_.clock.ahead()));
  overview.last_hour = {.length = std::min<Duration>(std::chrono::hours(1), now - overview.started_at),
                        .delivered = delivered_.grown(),
                        .failed = failed_.grown()};
  overview.today = worker_.gate.spent();
  overview.budget = {.documents = worker_.gate.budget().documents, .pages = worker_.gate.budget().pages};
  board_.put(std::move(overview));
}

}  // namespace chunkrd::cli
