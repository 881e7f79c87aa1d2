#include "cli/job_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/job_json.h"
#include "cli/running_daemon.h"
#include "cli/times.h"
#include "core/escape.h"

namespace chunkrd::cli {

using queue::State;

Look look_of(State state) noexcept {
  switch (state) {
    case State::done:
      return Look::good;
    case State::failed:
      return Look::bad;
    case State::burying:
    case State::cancelled:
      return Look::warning;
    case State::vanished:
      return Look::dim;
    default:
      return Look::busy;
  }
}

Holding holding_of(queue::Store& store, const config::Settings& settings) {
  const RunningDaemon daemon = running_daemon(store, settings);
  if (!daemon.runs) return {.all = "the daemon does not run", .submits = {}};
  if (daemon.queue) return {.all = fmt::format("paused ({})", daemon.queue->cause), .submits = {}};
  if (!daemon.status || daemon.status->pauses.empty()) return {};
  std::vector<std::string> causes;
  for (const auto& pause : daemon.status->pauses) causes.push_back(harmless(pause.cause));
  return {.all = {}, .submits = fmt::format("paused ({})", fmt::join(causes, ", "))};
}

std::string next_or_error(const queue::Job& job, WallTime now, const Holding& holding) {
  if (job.state == State::failed || job.state == State::cancelled)
    return job.error_message.empty() ? job.error_code
                                     : fmt::format("{}: {}", job.error_code, harmless(job.error_message));
  const auto step = next_step(job.state);
  if (step.empty()) return {};
  const bool paid = job.state == State::ready || job.state == State::updating;
  for (const std::string& why : {holding.all, paid ? holding.submits : ""})
    if (!why.empty()) return fmt::format("{}: {}", step, why);
  if (job.due <= now) return fmt::format("{} now", step);
  return fmt::format("{} in {}", step, brief(job.due - now));
}

std::string size_text(std::uint64_t bytes) {
  constexpr double kStep = 1000;
  if (bytes < 1000) return fmt::format("{} bytes", bytes);
  double size = static_cast<double>(bytes) / kStep;
  for (const char* unit : {"kB", "MB", "GB"}) {
    if (size < kStep) return fmt::format("{:.1f} {}", size, unit);
    size /= kStep;
  }
  return fmt::format("{:.1f} TB", size);
}

}  // namespace chunkrd::cli
