#include "cli/job_text.h"

#include <fmt/format.h>

#include "cli/job_json.h"
#include "cli/times.h"

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

std::string next_or_error(const queue::Job& job, WallTime now) {
  if (job.state == State::failed || job.state == State::cancelled) return job.error_code;
  const auto step = next_step(job.state);
  if (step.empty()) return {};
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
