#include "cli/running_daemon.h"

#include "cli/open_queue.h"
#include "cli/state_lock.h"
#include "pipeline/observer.h"
#include "queue/sqlite/availability.h"

namespace chunkrd::cli {
namespace {

// It cannot write it into the queue, and so says it otherwise.
std::optional<DaemonStatus::Pause> pause_for_queue(const config::Settings& settings) {
  const auto trouble = StateLock::told(settings.state);
  if (!trouble) return std::nullopt;
  return DaemonStatus::Pause{.cause = std::string(to_string(pipeline::Pause::queue)),
                             .since = trouble->since,
                             .until = std::nullopt,
                             .detail = queue::why_unavailable(trouble->cause, queue_file(settings)) +
                                       "; what is under way waits, nothing is lost"};
}

}  // namespace

RunningDaemon running_daemon(queue::Store& store, const config::Settings& settings) {
  RunningDaemon daemon{.runs = StateLock::is_held(settings.state), .status = {}, .queue = {}};
  if (!daemon.runs) return daemon;
  if (const auto note = store.note(DaemonStatus::kNote)) daemon.status = daemon_status_from(*note);
  daemon.queue = pause_for_queue(settings);
  if (!daemon.status) return daemon;
  auto& pauses = daemon.status->pauses;
  std::erase_if(pauses, [](const auto& pause) { return pause.cause == to_string(pipeline::Pause::queue); });
  if (daemon.queue) pauses.push_back(*daemon.queue);
  return daemon;
}

}  // namespace chunkrd::cli
